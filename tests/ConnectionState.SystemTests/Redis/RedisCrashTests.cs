using System.Collections.Concurrent;
using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>Redis is killed under load and restarted; with <c>appendfsync always</c> no acknowledged commit is lost.</summary>
public sealed class RedisCrashTests(ITestOutputHelper log) : IAsyncLifetime, IDisposable
{
    private const int Writers = 32;
    private const int MerchantCount = 16;
    private const int CommitsBetweenKills = 200;
    private static readonly int Kills = LongRun.Of(all: 20, usual: 4);

    private readonly ConcurrentDictionary<string, string> acknowledged = new();
    private readonly CancellationTokenSource ending = new();
    private RedisServer redis = null!;
    private ServerGroup servers = null!;

    public async Task InitializeAsync()
    {
        redis = await RedisServer.StartAsync("--appendonly", "yes", "--appendfsync", "always");
        servers = await ServerGroup.StartAsync(2, redis.Configuration, "--Store:KeptCommits=1000000");
    }

    public void Dispose() => ending.Dispose();

    public async Task DisposeAsync()
    {
        await servers.DisposeAsync();
        await redis.DisposeAsync();
    }

    [Fact]
    public async Task No_acknowledged_commit_is_lost_and_none_is_applied_twice()
    {
        var writers = Enumerable.Range(0, Writers).Select(w => Task.Run(() => WriteAsync(w))).ToList();
        for (var kill = 0; kill < Kills; kill++)
        {
            var before = acknowledged.Count;
            await UntilAsync(() => acknowledged.Count >= before + CommitsBetweenKills, writers);
            await redis.KillAsync();
            await redis.RestartAsync();
        }

        var last = acknowledged.Count;
        await UntilAsync(() => acknowledged.Count >= last + CommitsBetweenKills, writers);
        await ending.CancelAsync();
        await Task.WhenAll(writers);
        await CheckAsync();
        log.WriteLine($"{acknowledged.Count} acknowledged over {Kills} kills");
    }

    // Retries each request until it is answered, alternating between the servers.
    private async Task WriteAsync(int writer)
    {
        var merchantId = $"merchant-{writer % MerchantCount}";
        while (!ending.IsCancellationRequested)
        {
            var request = new BeginConnectRequest { MerchantId = merchantId, Provider = Provider.Zalo, RequestId = Guid.NewGuid().ToString("N") };
            for (var attempt = writer; !await TryAsync(servers.Clients[attempt % 2], request); attempt++)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20));
            }

            acknowledged[request.RequestId] = merchantId;
        }
    }

    private static async Task<bool> TryAsync(ConnectionStateClient client, BeginConnectRequest request)
    {
        try
        {
            await client.Connect.BeginConnectAsync(request);
            return true;
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.Unavailable or StatusCode.Aborted)
        {
            return false;
        }
    }

    private async Task CheckAsync()
    {
        var stored = new List<string>();
        for (var m = 0; m < MerchantCount; m++)
        {
            // A commit may have two changes: the oldest session is removed for the newest.
            var changes = (await ChangesAsync($"merchant-{m}")).DistinctBy(c => c.Revision).ToList();
            Assert.Equal(Enumerable.Range(1, changes.Count).Select(n => (long)n), changes.Select(c => c.Revision));
            stored.AddRange(changes.Select(c => c.RequestId));
        }

        Assert.Equal(stored.Count, stored.Distinct().Count());
        Assert.Empty(acknowledged.Keys.Except(stored));
        Assert.Empty(stored.Except(acknowledged.Keys));
    }

    private async Task<List<Change>> ChangesAsync(string merchantId)
    {
        using var client = servers.Servers[0].NewClient(attempts: 20);
        var changes = new List<Change>();
        ListChangesResponse page;
        do
        {
            page = await client.Pages.ListChangesAsync(
                new() { MerchantId = merchantId, AfterRevision = changes.LastOrDefault()?.Revision ?? 0, Limit = 1_000 });
            changes.AddRange(page.Changes);
        }
        while (page.More);
        return changes;
    }

    private static async Task UntilAsync(Func<bool> condition, List<Task> writers)
    {
        using var hang = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (!condition())
        {
            Assert.False(Task.WhenAll(writers).IsFaulted, $"{Task.WhenAll(writers).Exception}");
            await Task.Delay(TimeSpan.FromMilliseconds(5), hang.Token);
        }
    }
}
