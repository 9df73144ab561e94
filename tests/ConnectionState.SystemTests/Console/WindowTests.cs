using System.Text.RegularExpressions;
using ConnectionStateService.SystemTests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>Windows of one browser, which has six connections to the server over HTTP/1.1.</summary>
[Collection(nameof(ConsoleOfBrowsers))]
public sealed class WindowTests(ConsoleFixture console) : ConsoleTest(console)
{
    [Fact]
    public async Task Eight_windows_of_one_browser_are_live_and_their_buttons_work_over_one_stream()
    {
        await Merchant.ConnectThreeAsync();
        List<ConsolePage> windows = [First];
        while (windows.Count < 8)
        {
            windows.Add(new ConsolePage(await First.Tab.Context.NewPageAsync(), Console.Server.Http, MerchantId));
        }

        await AllAsync(windows, window => window.OpenAsync("inbox"));
        await AllAsync(windows, window => window.IsAtInboxOfAsync("Alpha"));
        await AllAsync(windows, window => Expect(window.Light).ToContainTextAsync("Live"));
        Assert.Equal("http/1.1", await First.Tab.EvaluateAsync<string>("() => performance.getEntriesByType('navigation')[0].nextHopProtocol"));
        await HasStreamsAsync(1);

        // Every window reads the history, and one of them makes a change that all show.
        await AllAsync(windows, window => window.Section("History").ClickAsync());
        await AllAsync(windows, window => Expect(window.Main.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(6));
        await AllAsync(windows, window => window.Section("Inbox").ClickAsync());
        await AllAsync(windows, window => window.IsAtInboxOfAsync("Alpha"));
        await Merchant.ReportAsync(Merchant.Facebook($"{MerchantId}-a"), V1.Signal.PermissionRevoked);
        await AllAsync(windows, window => Expect(window.LostNotice).ToBeVisibleAsync());
        await windows[^1].AcknowledgeLossAsync();
        await windows[^1].IsAtInboxOfAsync("Beta");
        await AllAsync(windows, window => Expect(window.LostNotice).ToBeHiddenAsync());

        // Each is closed in turn, so that at some time it is the one that reads the stream. Another takes over.
        foreach (var window in windows[..7])
        {
            await window.Tab.CloseAsync();
        }

        await Expect(windows[^1].Light).ToContainTextAsync("Live");
        await HasStreamsAsync(1);
    }

    private static Task AllAsync(IEnumerable<ConsolePage> windows, Func<ConsolePage, Task> action) => Task.WhenAll(windows.Select(action));

    // The tests of a collection run one after the other, so that no others have streams, apart from those that are ending.
    private async Task HasStreamsAsync(int count)
    {
        using var http = new HttpClient();
        await Poll.UntilAsync($"{count} open streams", async () =>
        {
            var metrics = await http.GetStringAsync(new Uri(Console.Server.Http, "/metrics"));
            return Regex.Match(metrics, @"^connectionstate_watch_open\S* (\d+)", RegexOptions.Multiline).Groups[1].Value == $"{count}";
        });
    }
}
