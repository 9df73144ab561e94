using System.Collections.Concurrent;
using ConnectionStateService.V1;
using Microsoft.Playwright;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>How much the console loads, and how much it can show.</summary>
public sealed class SizeTests(ConsoleFixture console, ITestOutputHelper log) : ConsoleTest(console)
{
    // Notes when the number of items on the screen last changed, since the page was opened or something was clicked, and the longest
    // time for which the browser could answer nobody; it tells those of 50 ms and more.
    private const string Measure = """
        Object.assign(window, { since: 0, longest: 0, items: 0, grewAt: 0 });
        addEventListener('click', ({ timeStamp }) => Object.assign(window, { since: timeStamp, longest: 0 }), true);
        new PerformanceObserver((list) => { window.longest = Math.max(window.longest, ...list.getEntries().map(({ duration }) => duration)); })
          .observe({ type: 'longtask', buffered: true });
        (function look() {
          const items = document.querySelectorAll('main li').length;
          if (items !== window.items) Object.assign(window, { items, grewAt: performance.now() });
          requestAnimationFrame(look);
        })();
        """;

    public override async Task InitializeAsync()
    {
        await base.InitializeAsync();
        await One.Tab.AddInitScriptAsync(Measure);
    }

    [Fact]
    public async Task The_first_load_is_under_200_KiB()
    {
        const int Most = 200 * 1024;
        ConcurrentBag<Task<RequestSizesResult>> sizes = [];
        One.Tab.RequestFinished += (_, request) => sizes.Add(request.SizesAsync());

        await One.OpenAsync("pages");
        await Expect(One.Light).ToContainTextAsync("Live");
        await One.Tab.WaitForFunctionAsync("() => performance.getEntriesByType('resource').length >= 3");

        var all = await Task.WhenAll(sizes);
        var loaded = all.Sum(size => size.ResponseHeadersSize + size.ResponseBodySize);
        log.WriteLine($"The first load: {loaded / 1024} KiB");
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
        await TellAsync("50 pages, the console opened with them");
    }

    [Fact]
    public async Task Five_hundred_entries_of_the_history_are_all_there_the_newest_first()
    {
        for (var bought = 1; bought <= 500; bought++)
        {
            await Client.Plans.SetPlanAsync(new() { MerchantId = MerchantId, Plan = Plan.Standard, BoughtPages = bought });
        }

        await One.OpenAsync("pages");
        await One.Section("History").ClickAsync();

        var entries = One.Main.GetByRole(AriaRole.Listitem);
        await Expect(entries).ToHaveCountAsync(500);
        await Expect(entries.First).ToContainTextAsync("limit 503");
        await Expect(entries.Last).ToContainTextAsync("limit 4");
        await One.ShowsAsync("500 entries");
        await TellAsync("500 entries of the history, clicked for");
    }

    // How long it takes says something about the machine too: it is told, and docs/console.md has it; no test fails by it.
    private async Task TellAsync(string what)
    {
        var measured = await One.Tab.EvaluateAsync<double[]>("() => [window.grewAt - window.since, window.longest]");
        log.WriteLine($"{what}: the last is shown after {measured[0]:F0} ms; the longest task, if over 50 ms: {measured[1]:F0} ms");
        Assert.True(measured[0] > 0, "Nothing was measured.");
    }
}
