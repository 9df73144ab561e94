using ConnectionState.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionState.SystemTests.Console;

/// <summary>How much the console loads, and how much it can show.</summary>
public sealed class SizeTests(ConsoleFixture console) : ConsoleTest(console)
{
    [Fact]
    public async Task The_first_load_is_under_200_KiB()
    {
        const int Most = 200 * 1024;
        List<Task<RequestSizesResult>> sizes = [];
        One.Tab.RequestFinished += (_, request) => sizes.Add(request.SizesAsync());

        await One.OpenAsync("pages");
        await Expect(One.Light).ToContainTextAsync("Live");
        await One.Tab.WaitForFunctionAsync("() => performance.getEntriesByType('resource').length >= 3");

        var all = await Task.WhenAll(sizes);
        var loaded = all.Sum(size => size.ResponseHeadersSize + size.ResponseBodySize);
        Assert.InRange(loaded, 10 * 1024, Most);
    }

    [Fact]
    public async Task Fifty_pages_are_all_in_the_list()
    {
        await Client.Plans.SetPlanAsync(new() { MerchantId = MerchantId, Plan = Plan.Standard, BoughtPages = 50 });
        string[] names = [.. Enumerable.Range(1, 50).Select(number => $"Page {number}")];
        foreach (var name in names)
        {
            await Merchant.ConnectAsync(Merchant.Facebook($"{MerchantId}-{name.Replace(' ', '-')}"), name);
        }

        await One.OpenAsync("pages");

        await One.ListsAsync(names);
        await One.ShowsAsync("50 of 53 pages used");
    }

    [Fact]
    public async Task Five_hundred_entries_of_the_history_are_all_there_the_newest_first()
    {
        for (var bought = 1; bought <= 500; bought++)
        {
            await Client.Plans.SetPlanAsync(new() { MerchantId = MerchantId, Plan = Plan.Standard, BoughtPages = bought });
        }

        await One.OpenAsync("history");

        var entries = One.Main.GetByRole(AriaRole.Listitem);
        await Expect(entries).ToHaveCountAsync(500);
        await Expect(entries.First).ToContainTextAsync("limit 503");
        await Expect(entries.Last).ToContainTextAsync("limit 4");
        await One.ShowsAsync("500 entries");
    }
}
