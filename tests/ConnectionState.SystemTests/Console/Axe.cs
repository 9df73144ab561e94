using System.Text.Json;
using ConnectionStateService.SystemTests.Support;
using Microsoft.Playwright;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>What axe finds wrong for people who use assistive technology.</summary>
internal static class Axe
{
    private static readonly string Script = NpmPackages.PathOf("axe-core/axe.min.js");

    /// <summary>Brings axe into every page of a context, as a browser's developer would: the pages' policy does not allow scripts.</summary>
    public static Task AddAsync(IBrowserContext context)
    {
        NpmPackages.AssertInstalled();
        return context.AddInitScriptAsync(scriptPath: Script);
    }

    /// <summary>The serious and critical findings on what a tab shows.</summary>
    public static async Task<IReadOnlyList<string>> FindingsAsync(IPage tab)
    {
        var found = await tab.EvaluateAsync<JsonElement>("() => axe.run(document, { resultTypes: ['violations'] })");
        Assert.NotEqual(0, found.GetProperty("passes").GetArrayLength());
        return
        [
            .. from finding in found.GetProperty("violations").EnumerateArray()
               where finding.GetProperty("impact").GetString() is "serious" or "critical"
               from node in finding.GetProperty("nodes").EnumerateArray()
               select $"{finding.GetProperty("id")}: {node.GetProperty("html")} {node.GetProperty("failureSummary")}",
        ];
    }
}
