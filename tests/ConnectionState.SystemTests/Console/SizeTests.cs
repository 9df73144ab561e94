using System.Collections.Concurrent;
using ConnectionStateService.V1;
using Microsoft.Playwright;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>What the console loads: bytes at the first load, calls for a long page list and a long history.</summary>
[Collection(nameof(ConsoleOfBrowsers))]
public sealed class SizeTests(ConsoleFixture console, ITestOutputHelper log) : ConsoleTest(console)
{
    [Fact]
    public async Task The_first_load_is_under_100_KiB()
    {
        const int Most = 100 * 1024;
        ConcurrentBag<Task<RequestSizesResult>> sizes = [];
        First.Tab.RequestFinished += (_, request) => sizes.Add(request.SizesAsync());

        await First.OpenAsync("pages");
        await Expect(First.Light).ToContainTextAsync("Live");
        await First.Tab.WaitForFunctionAsync("() => performance.getEntriesByType('resource').length >= 3");

        var all = await Task.WhenAll(sizes);
        var loaded = all.Sum(size => size.ResponseHeadersSize + size.ResponseBodySize);
        log.WriteLine($"The first load: {loaded / 1024} KiB");
        Assert.InRange(loaded, 10 * 1024, Most);
    }

    [Fact]
    public async Task The_screens_of_operators_and_developers_are_loaded_when_one_is_opened()
    {
        ConcurrentBag<string> scripts = [];
        First.Tab.Request += (_, request) =>
        {
            if (request.ResourceType == "script")
            {
                scripts.Add(Path.GetFileName(new Uri(request.Url).AbsolutePath).Split('-')[0]);
            }
        };

        foreach (var screen in new[] { "pages", "add", "history" })
        {
            await First.OpenAsync(screen);
            await First.IsReadyAsync();
        }

        Assert.Equal(["app"], scripts.Distinct());
        await First.Section("Provider desk").ClickAsync();
        await First.HasTitleAsync("Provider desk");
        await First.Section("State machine").ClickAsync();
        await First.HasTitleAsync("State machine");
        await First.OpenFleetAsync();
        await First.HasTitleAsync("All merchants");
        Assert.Superset(new HashSet<string> { "Desk", "StateMachineScreen", "FleetScreen" }, scripts.ToHashSet());
    }

    [Fact]
    public async Task A_list_of_50_pages_is_shown_with_one_watch_and_no_further_call()
    {
        await Client.Plans.SetPlanAsync(new() { MerchantId = MerchantId, Plan = Plan.Standard, BoughtPages = 50 });
        string[] names = [.. Enumerable.Range(1, 50).Select(number => $"Page {number}")];
        foreach (var name in names)
        {
            await Merchant.ConnectAsync(Merchant.Facebook($"{MerchantId}-{name.Replace(' ', '-')}"), name);
        }

        List<string> calls = [];
        First.Tab.Request += (_, request) => calls.AddRange(
            request.Url.Contains("connectionstate.v1", StringComparison.Ordinal) ? [request.Url.Split('/')[^1]] : []);
        await First.OpenAsync("pages");

        await First.ListsAsync(names);
        await First.ShowsAsync("50 of 53 pages used");
        Assert.Equal(["WatchPageList"], calls);
    }

    [Fact]
    public async Task A_history_of_500_entries_is_shown_newest_first_and_read_in_at_most_2_calls()
    {
        for (var bought = 1; bought <= 500; bought++)
        {
            await Client.Plans.SetPlanAsync(new() { MerchantId = MerchantId, Plan = Plan.Standard, BoughtPages = bought });
        }

        var calls = 0;
        First.Tab.Request += (_, request) => calls += request.Url.EndsWith("/ListChanges", StringComparison.Ordinal) ? 1 : 0;
        await First.OpenAsync("pages");
        await First.Section("History").ClickAsync();

        var entries = First.Main.GetByRole(AriaRole.Listitem);
        await Expect(entries).ToHaveCountAsync(500);
        await Expect(entries.First).ToContainTextAsync("limit 503");
        await Expect(entries.Last).ToContainTextAsync("limit 4");
        await First.ShowsAsync("500 entries");
        Assert.InRange(calls, 1, 2);
    }
}
