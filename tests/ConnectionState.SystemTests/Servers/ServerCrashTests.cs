using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Xunit.Abstractions;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.SystemTests.Servers;

/// <summary>Servers are killed one after the other under load; watches resume through the others.</summary>
public sealed class ServerCrashTests(ITestOutputHelper log) : IAsyncLifetime, IDisposable
{
    private const int MerchantCount = 20;
    private const int Watchers = 5;
    private static readonly int Kills = LongRun.Of(all: 20, usual: 3);
    private static readonly TimeSpan BetweenKills = LongRun.IsOn ? TimeSpan.FromSeconds(5) : TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(1);

    private readonly CancellationTokenSource ending = new();
    private RedisServer redis = null!;
    private ServerGroup servers = null!;
    private Balancer balancer = null!;

    public async Task InitializeAsync()
    {
        redis = await RedisServer.StartAsync();
        servers = await ServerGroup.StartAsync(3, redis.Configuration, "--Store:KeptCommits=1000000", "--Watch:BufferedChanges=1000");
        balancer = new Balancer(servers.Servers.Select(server => server.Grpc));
    }

    public void Dispose() => ending.Dispose();

    public async Task DisposeAsync()
    {
        await balancer.DisposeAsync();
        await servers.DisposeAsync();
        await redis.DisposeAsync();
    }

    [Fact]
    public async Task Watches_resume_through_other_servers_and_keep_every_promise()
    {
        using var client = NewClient();
        var watchers = Enumerable.Range(0, Watchers).Select(_ => NewClient()).ToList();
        var fleets = watchers.Select(watcher => new Fleet(watcher, MerchantCount, MerchantCount)).ToList();
        var writers = Enumerable.Range(0, MerchantCount).Select(m => Task.Run(() => WriteAsync(client, $"merchant-{m}"))).ToList();
        var readers = Enumerable.Range(0, MerchantCount).Select(_ => new WatchLog()).ToList();
        var reading = readers.Select((reader, m) => Task.Run(() => ReadAsync(client, $"merchant-{m}", reader))).ToList();
        await Task.WhenAll(fleets.Select(fleet => fleet.UntilLiveAsync(MerchantCount, Hang)));

        for (var kill = 0; kill < Kills; kill++)
        {
            await servers.KillAsync(kill % 3);
            await Task.Delay(BetweenKills);
            await servers.RestartAsync(kill % 3);
        }

        await Task.WhenAll(fleets.Select(fleet => fleet.UntilLiveAsync(MerchantCount, Hang)));
        await ending.CancelAsync();
        await Task.WhenAll([.. writers, .. reading]);
        await CheckAsync(client, readers);
        Report(fleets.SelectMany(fleet => fleet.Transitions));
        foreach (var (fleet, watcher) in fleets.Zip(watchers))
        {
            await fleet.DisposeAsync();
            watcher.Dispose();
        }
    }

    private ConnectionStateClient NewClient() =>
        new(new() { Address = balancer.Address, MaxAttempts = 20, RetryBudget = 500, Deadline = Eventually.Patience });

    private async Task WriteAsync(ConnectionStateClient client, string merchantId)
    {
        for (var number = 1; !ending.IsCancellationRequested; number++)
        {
            await Commits.MakeAsync(client, merchantId, number % 10_000);
        }
    }

    private async Task ReadAsync(ConnectionStateClient client, string merchantId, WatchLog reader)
    {
        while (!ending.IsCancellationRequested)
        {
            using var stream = RawWatchStream.Resume(client, merchantId, reader, ending.Token);
            try
            {
                await stream.ReadUntilFailureAsync();
            }
            catch (OperationCanceledException) when (ending.IsCancellationRequested)
            {
                return;
            }
        }
    }

    // Every reader has received the whole history once, over any number of streams.
    private static async Task CheckAsync(ConnectionStateClient client, List<WatchLog> readers)
    {
        for (var m = 0; m < readers.Count; m++)
        {
            var newest = (await client.Pages.GetPageListAsync(new() { MerchantId = $"merchant-{m}" })).PageList.Revision;
            using var stream = RawWatchStream.Resume(client, $"merchant-{m}", readers[m]);
            await stream.ReadUntilAsync(newest);

            Assert.Equal([Reason.Initial], readers[m].Snapshots);
            Assert.Equal(Enumerable.Range((int)(newest - readers[m].Changes.Count) + 1, readers[m].Changes.Count).Select(n => (long)n), readers[m].Changes.Select(c => c.Revision));
        }
    }

    // The durations of stale periods.
    private void Report(IEnumerable<IReadOnlyList<Fleet.Transition>> watches)
    {
        var outages = watches
            .SelectMany(turns => turns.Zip(turns.Skip(1)).Where(pair => !pair.First.Update.IsLive))
            .Select(pair => Stopwatch.GetElapsedTime(pair.First.At, pair.Second.At).TotalMilliseconds)
            .Order()
            .ToList();
        Assert.NotEmpty(outages);
        log.WriteLine(
            $"{Kills} kills, {outages.Count} resumes: p50 {outages[outages.Count / 2]:F0} ms, p99 {outages[outages.Count * 99 / 100]:F0} ms, "
            + $"max {outages[^1]:F0} ms");
        Assert.True(outages[^1] < Hang.TotalMilliseconds);
    }
}
