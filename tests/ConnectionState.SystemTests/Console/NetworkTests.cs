using System.Diagnostics;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The light tells the truth when the server or the network goes, and the list is right again without a reload.</summary>
public sealed class NetworkTests(ConsoleFixture console) : ConsoleTest(console), IDisposable
{
    private const string Checkpoints = "--Watch:CheckpointInterval=00:00:01";

    /// <summary>Three missed checkpoints.</summary>
    private static readonly TimeSpan Watchdog = TimeSpan.FromSeconds(3);

    /// <summary>What a busy machine may add.</summary>
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(10);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task After_the_server_was_killed_and_started_again_the_list_is_right_without_a_reload()
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

        await IsRightAgainAsync(tab);
    }

    [Fact]
    public async Task With_the_network_gone_the_light_is_stale_and_comes_back_with_it()
    {
        await using var server = await ConsoleFixture.StartServerAsync(folder.File("cs.db"), Checkpoints);
        var tab = await WatchAsync(server.Http, server);

        await tab.Tab.Context.SetOfflineAsync(true);
        await Expect(tab.Light).ToContainTextAsync("Stale");
        await ConnectAsync(server, "Beta");
        await tab.ListsAsync("Alpha");
        await tab.Tab.Context.SetOfflineAsync(false);

        await IsRightAgainAsync(tab);
    }

    [Fact]
    public async Task When_the_network_goes_silent_the_light_is_stale_within_the_watchdogs_time()
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

        await IsRightAgainAsync(tab);
    }

    [Theory]
    [InlineData("cut")]
    [InlineData("silent")]
    public async Task A_machine_that_slept_for_a_minute_finds_its_connection_dead_and_is_soon_right_again(string connection)
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

        await IsRightAgainAsync(tab);
    }

    [Fact]
    public async Task A_tab_that_nobody_sees_lets_go_of_its_stream_and_is_right_again_when_somebody_looks()
    {
        var tab = await WatchAsync(Console.Server.Http, Console.Server, before: opened => opened.Tab.Clock.InstallAsync());
        var (begun, letGo) = (0, new TaskCompletionSource());
        tab.Tab.Request += (_, request) => begun += request.Url.EndsWith("/WatchPageList", StringComparison.Ordinal) ? 1 : 0;
        tab.Tab.RequestFailed += (_, _) => letGo.TrySetResult();

        await BecomeAsync(tab, hidden: true);
        await tab.Tab.Clock.FastForwardAsync("00:30");
        await letGo.Task.WaitAsync(Slack);
        await Expect(tab.Light).ToContainTextAsync("Stale");
        await ConnectAsync(Console.Server, "Beta");
        await tab.Tab.EvaluateAsync("() => dispatchEvent(new Event('online'))");
        await tab.Tab.Clock.FastForwardAsync("10:00");
        await tab.ListsAsync("Alpha");
        Assert.Equal(0, begun);

        await BecomeAsync(tab, hidden: false);
        await IsRightAgainAsync(tab);
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

    private static async Task BecomeAsync(ConsolePage tab, bool hidden) => await tab.Tab.EvaluateAsync(
        """
        hidden => {
            Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
            Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => hidden ? 'hidden' : 'visible' });
            document.dispatchEvent(new Event('visibilitychange'));
        }
        """,
        hidden);

    private static async Task IsRightAgainAsync(ConsolePage tab)
    {
        await Expect(tab.Light).ToContainTextAsync("Live", new() { Timeout = 60_000 });
        await tab.ListsAsync("Alpha", "Beta");
        await Expect(tab.Main).Not.ToContainTextAsync("No word from the server.");
        Assert.True(await tab.Tab.EvaluateAsync<bool>("() => window.neverReloaded === true"));
    }
}
