using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests;

/// <summary>A connection that goes silent without an error, as when a cable is pulled or a firewall drops it.</summary>
public sealed class SilentConnectionTests(ITestOutputHelper log) : IDisposable
{
    private const int Watches = 5;

    // Three missed checkpoints.
    private static readonly TimeSpan Watchdog = TimeSpan.FromSeconds(3);

    // Keep-alive pings close a silent connection after 15 seconds; the rest is the back-off of the watches.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_silent_connection_makes_watches_stale_and_they_come_back_over_a_new_connection(bool newConnectionsAreSilent)
    {
        await using var server = await ServerProcess.StartAsync(folder.File("cs.db"), "--Watch:CheckpointInterval=00:00:01");
        await using var proxy = new FaultProxy(server.Grpc.Port);
        using var committer = server.NewClient();
        using var client = new ConnectionStateClient(new() { Address = proxy.Address, WatchOpenTimeout = TimeSpan.FromSeconds(2) });
        using var hang = new CancellationTokenSource(Hang);
        var watches = Enumerable.Range(0, Watches)
            .Select(_ => client.Watcher.WatchAsync("m", cancellationToken: hang.Token).GetAsyncEnumerator()).ToList();
        await Task.WhenAll(watches.Select(watch => NextAsync(watch, update => update.IsLive)));

        proxy.Swallow();
        var watch = Stopwatch.StartNew();
        if (!newConnectionsAreSilent)
        {
            proxy.Pass();
        }

        await Commits.MakeAsync(committer, "m", 1);
        var stale = await Task.WhenAll(watches.Select(watch => NextAsync(watch, update => !update.IsLive)));
        var staleAfter = watch.Elapsed;
        proxy.Pass();
        var live = await Task.WhenAll(watches.Select(watch => NextAsync(watch, update => update.IsLive)));

        var liveAfter = watch.Elapsed;
        log.WriteLine($"Stale after {staleAfter.TotalSeconds:F1} s, live after {liveAfter.TotalSeconds:F1} s, {proxy.Connections} connections");
        Assert.InRange(staleAfter, Watchdog - TimeSpan.FromSeconds(1), Longest);
        Assert.InRange(liveAfter, staleAfter, Longest);
        Assert.All(stale, update => Assert.Equal(0, update.PageList!.Revision));
        Assert.All(live, update => Assert.Equal((PageListUpdateKind.Changes, 1), (update.Kind, update.Changes.Count)));
        Assert.All(live, update => Assert.Equal(1, update.PageList!.Quota.Bought));
        await Task.WhenAll(watches.Select(watch => watch.DisposeAsync().AsTask()));
    }

    private static async Task<PageListUpdate> NextAsync(IAsyncEnumerator<PageListUpdate> watch, Func<PageListUpdate, bool> wanted)
    {
        do
        {
            Assert.True(await watch.MoveNextAsync(), "The watch ended.");
        }
        while (!wanted(watch.Current));

        return watch.Current;
    }
}
