using System.Diagnostics;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The connection light is correct while the server or the network is down, and the list recovers without a reload.</summary>
[Collection(nameof(ConsoleOfBrowsers))]
public sealed class NetworkTests(ConsoleFixture console) : ConsoleTest(console), IDisposable
{
    private const string Checkpoints = "--Watch:CheckpointInterval=00:00:01";

    /// <summary>Three missed checkpoints.</summary>
    private static readonly TimeSpan Watchdog = TimeSpan.FromSeconds(3);

    /// <summary>Allowance for a busy machine.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(10);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_list_recovers_without_a_reload_after_the_server_was_killed_and_restarted()
    {
        string[] place = [Checkpoints, $"--Listen:HttpPort={FreePort.Find()}"];
        var server = await ConsoleFixture.StartServerAsync(folder.File("cs.db"), place);
        var tab = await WatchAsync(server.Http, server);
        await server.DisposeAsync();
        await Expect(tab.Light).ToContainTextAsync("Stale");
        await tab.ListsAsync("Alpha");
        await tab.ShowsAsync("No word from the server.");

        await using var again = await ConsoleFixture.StartServerAsync(folder.File("cs.db"), place);
        await ConnectAsync(again, "Beta");

        await HasRecoveredAsync(tab);
    }

    [Fact]
    public async Task The_light_is_stale_while_the_browser_is_offline()
    {
        await using var server = await ConsoleFixture.StartServerAsync(folder.File("cs.db"), Checkpoints);
        var tab = await WatchAsync(server.Http, server);

        await tab.Tab.Context.SetOfflineAsync(true);
        await Expect(tab.Light).ToContainTextAsync("Stale");
        await ConnectAsync(server, "Beta");
        await tab.ListsAsync("Alpha");
        await tab.Tab.Context.SetOfflineAsync(false);

        await HasRecoveredAsync(tab);
    }

    [Fact]
    public async Task The_light_becomes_stale_within_the_watchdog_time_on_a_silent_network()
    {
        await using var server = await ConsoleFixture.StartServerAsync(folder.File("cs.db"), Checkpoints);
        await using var network = new FaultProxy(server.Http.Port);
        var tab = await WatchAsync(network.Address, server);

        var silent = Stopwatch.StartNew();
        network.Swallow();
        await Expect(tab.Light).ToContainTextAsync("Stale");
        Assert.InRange(silent.Elapsed, TimeSpan.Zero, Watchdog + Slack);
        await ConnectAsync(server, "Beta");
        network.Pass();
        network.Cut();

        await HasRecoveredAsync(tab);
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("silent")]
    public async Task The_console_reconnects_after_the_machine_was_asleep_for_a_minute(string connection)
    {
        await using var server = await ConsoleFixture.StartServerAsync(folder.File("cs.db"), "--Watch:CheckpointInterval=00:00:15");
        await using var network = new FaultProxy(server.Http.Port);
        var tab = await WatchAsync(network.Address, server, before: opened => opened.Tab.Clock.InstallAsync());

        var asleep = await tab.Tab.EvaluateAsync<DateTime>("() => new Date(Date.now() + 10_000)");
        network.Swallow();
        await tab.Tab.Clock.PauseAtAsync(asleep);
        await ConnectAsync(server, "Beta");
        await tab.Tab.Clock.SetSystemTimeAsync(asleep.AddMinutes(1));
        if (connection == "cut")
        {
            network.Cut();
        }

        await tab.Tab.Clock.ResumeAsync();
        await Expect(tab.Light).ToContainTextAsync("Stale", new() { Timeout = (float)Slack.TotalMilliseconds });
        network.Pass();
        network.Cut();

        await HasRecoveredAsync(tab);
    }

    [Fact]
    public async Task A_hidden_tab_closes_its_stream_and_opens_it_again_when_it_becomes_visible()
    {
        var tab = await WatchAsync(Console.Server.Http, Console.Server, before: opened => opened.Tab.Clock.InstallAsync());
        var (begun, letGo) = (0, new TaskCompletionSource());
        tab.Tab.Request += (_, request) => begun += request.Url.EndsWith("/WatchPageList", StringComparison.Ordinal) ? 1 : 0;
        tab.Tab.RequestFailed += (_, _) => letGo.TrySetResult();

        await SetVisibilityAsync(tab, hidden: true);
        await tab.Tab.Clock.FastForwardAsync("00:30");
        await letGo.Task.WaitAsync(Slack);
        await Expect(tab.Light).ToContainTextAsync("Stale");
        await ConnectAsync(Console.Server, "Beta");
        await tab.Tab.EvaluateAsync("() => dispatchEvent(new Event('online'))");
        await tab.Tab.Clock.FastForwardAsync("10:00");
        await tab.ListsAsync("Alpha");
        Assert.Equal(0, begun);

        await SetVisibilityAsync(tab, hidden: false);
        await HasRecoveredAsync(tab);
        Assert.Equal(1, begun);
    }

    private async Task<ConsolePage> WatchAsync(Uri address, ServerProcess server, Func<ConsolePage, Task>? before = null)
    {
        await ConnectAsync(server, "Alpha");
        var tab = await NewTabAsync(address);
        await (before?.Invoke(tab) ?? Task.CompletedTask);
        await tab.OpenAsync("pages");
        await Expect(tab.Light).ToContainTextAsync("Live");
        await tab.ListsAsync("Alpha");
        await tab.Tab.EvaluateAsync("() => { window.neverReloaded = true; }");
        return tab;
    }

    private async Task ConnectAsync(ServerProcess server, string name)
    {
        using var client = server.NewClient(attempts: 4);
        await new Merchant(client, MerchantId).ConnectAsync(Merchant.Facebook($"{MerchantId}-{name}"), name);
    }

    private static async Task SetVisibilityAsync(ConsolePage tab, bool hidden) => await tab.Tab.EvaluateAsync(
        """
        hidden => {
            Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
            Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => hidden ? 'hidden' : 'visible' });
            document.dispatchEvent(new Event('visibilitychange'));
        }
        """,
        hidden);

    private static async Task HasRecoveredAsync(ConsolePage tab)
    {
        await Expect(tab.Light).ToContainTextAsync("Live", new() { Timeout = 60_000 });
        await tab.ListsAsync("Alpha", "Beta");
        await Expect(tab.Main).Not.ToContainTextAsync("No word from the server.");
        Assert.True(await tab.Tab.EvaluateAsync<bool>("() => window.neverReloaded === true"));
    }
}
