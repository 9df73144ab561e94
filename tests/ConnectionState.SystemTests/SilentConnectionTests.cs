using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests;

/// <summary>A connection that goes silent without an end, as when a cable is pulled or a firewall forgets it.</summary>
public sealed class SilentConnectionTests(ITestOutputHelper log) : IDisposable
{
    private const int Watches = 5;

    // Three checkpoints that do not come.
    private static readonly TimeSpan Watchdog = TimeSpan.FromSeconds(3);

    // Far more than it takes, and less than the 40 seconds after which the channel itself gives up a silent connection.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(1);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Silence_is_noticed_and_the_watch_is_live_again_over_a_new_connection(bool newOnesAreSilentToo)
    {
        await using var server = await ServerProcess.StartAsync(folder.File("cs.db"), "--Watch:CheckpointInterval=00:00:01");
        await using var proxy = new FaultProxy(server.Grpc.Port);
        using var committer = server.NewClient();
        using var client = new ConnectionStateClient(new() { Address = proxy.Address, WatchOpenTimeout = TimeSpan.FromSeconds(2) });
        using var hang = new CancellationTokenSource(Hang);
        var watches = Enumerable.Range(0, Watches)
            .Select(_ => client.Watcher.WatchAsync("m", cancellationToken: hang.Token).GetAsyncEnumerator()).ToList();
        Assert.All(await Task.WhenAll(watches.Select(watch => NextAsync(watch, _ => true))), update => Assert.True(update.IsLive));

        proxy.Swallow();
        var watch = Stopwatch.StartNew();
        if (!newOnesAreSilentToo)
        {
            proxy.Pass();
        }

        await Commits.MakeAsync(committer, "m", 1);
        var stale = await Task.WhenAll(watches.Select(watch => NextAsync(watch, update => !update.IsLive)));
        var noticed = watch.Elapsed;
        proxy.Pass();
        var live = await Task.WhenAll(watches.Select(watch => NextAsync(watch, update => update.IsLive)));

        var liveAgain = watch.Elapsed;
        log.WriteLine($"Noticed after {noticed.TotalSeconds:F1} s, live after {liveAgain.TotalSeconds:F1} s, {proxy.Connections} connections");
        Assert.InRange(noticed, Watchdog - TimeSpan.FromSeconds(1), Longest);
        Assert.InRange(liveAgain, noticed, Longest);
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
