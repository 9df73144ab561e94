using System.Text.Json;
using ConnectionStateService.SystemTests.Support;
using Microsoft.Playwright;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>Runs the axe accessibility checks in a browser tab.</summary>
internal static class Axe
{
    private static readonly string Script = NpmPackages.PathOf("axe-core/axe.min.js");

    /// <summary>Adds axe to every page of a context. An init script bypasses the content security policy.</summary>
    public static Task AddAsync(IBrowserContext context)
    {
        NpmPackages.AssertInstalled();
        return context.AddInitScriptAsync(scriptPath: Script);
    }

    /// <summary>Returns the serious and critical findings for the current screen.</summary>
    /// <param name="tab">The tab.</param>
    /// <param name="rules">The rules to check; by default, all.</param>
    public static async Task<IReadOnlyList<string>> FindingsAsync(IPage tab, params string[] rules)
    {
        var found = await tab.EvaluateAsync<JsonElement>(
            "(rules) => axe.run(document, { resultTypes: ['violations'], ...(rules.length && { runOnly: rules }) })", rules);
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
