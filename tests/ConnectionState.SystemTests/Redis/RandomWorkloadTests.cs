using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Histories;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>Three servers on one Redis behave as one service, whichever is called and whatever the network loses.</summary>
public sealed class RandomWorkloadTests(ITestOutputHelper log) : IAsyncLifetime
{
    private const int ServerCount = 3;
    private static readonly IReadOnlyList<int> RunSeeds = Seeds.Of(LongRun.Of(all: 20, usual: 2));
    private static readonly TimeSpan Length = LongRun.IsOn ? TimeSpan.FromSeconds(30) : TimeSpan.FromSeconds(5);

    private RedisServer redis = null!;

    public async Task InitializeAsync() => redis = await RedisServer.StartAsync();

    public async Task DisposeAsync() => await redis.DisposeAsync();

    [Fact]
    public async Task The_history_of_three_servers_under_concurrent_calls_is_linearizable()
    {
        await using var servers = await ServerGroup.StartAsync(ServerCount, redis.Configuration, CheckedWorkload.Arguments);
        var workload = new CheckedWorkload(servers.Clients, redis.Configuration);
        foreach (var seed in RunSeeds)
        {
            await RunAsync(workload, seed);
        }

        Report(workload, "no faults");
    }

    [Fact]
    public async Task A_request_whose_reply_was_lost_and_that_is_retried_through_another_server_is_applied_once()
    {
        var proxies = Enumerable.Range(0, ServerCount).Select(n => new FaultProxy(redis.Port, seed: RunSeeds[0] + n)).ToList();
        await using var servers = await ServerGroup.StartAsync(
            ServerCount, n => $"127.0.0.1:{proxies[n].Port}", attempts: 1, CheckedWorkload.Arguments);
        var workload = new CheckedWorkload(servers.Clients, redis.Configuration);

        // Only replies of scripts that have written: otherwise the handshake of a new connection would hardly ever succeed.
        proxies.ForEach(proxy => proxy.LoseReplies(0.2, reply => reply.AsSpan().StartsWith(":1\r\n"u8)));
        for (var seed = RunSeeds[0]; workload.Operations < LongRun.Of(all: 10_000, usual: 300); seed++)
        {
            await workload.RunAsync(seed, Options(seed) with { Workers = 12, CallsPerWorker = 30, Attempts = 30 }, CancellationToken.None);
        }

        Assert.True(workload.Unknown > workload.Operations / 20, $"Only {workload.Unknown} of {workload.Operations} were sent again.");
        Report(workload, $"{proxies.Sum(proxy => proxy.LostReplies)} replies lost, seeds {string.Join(' ', proxies.Select(proxy => proxy.Seed))}");
        foreach (var proxy in proxies)
        {
            await proxy.DisposeAsync();
        }
    }

    [Fact]
    public async Task Watches_keep_their_promises_when_notifications_are_dropped_duplicated_and_reordered()
    {
        await using var proxy = NotificationProxy.To(redis);
        await using var servers = await ServerGroup.StartAsync(ServerCount, $"127.0.0.1:{proxy.Port}", CheckedWorkload.Arguments);
        var workload = new CheckedWorkload(servers.Clients, redis.Configuration);

        (proxy.DropRate, proxy.DuplicateRate, proxy.ReorderRate) = (0.2, 0.2, 0.2);
        await RunAsync(workload, 1);
        (proxy.DropRate, proxy.DuplicateRate, proxy.ReorderRate) = (1, 0, 0);
        await RunAsync(workload, 2);

        Report(
            workload,
            $"{proxy.Messages} notifications, {proxy.Dropped} dropped, {proxy.Duplicated} duplicated, {proxy.Reordered} reordered, "
            + $"seed {proxy.Network.Seed}");
    }

    private static WorkloadOptions Options(int seed) => new() { SharedPages = seed % 2 == 1, Name = $"s{seed}-" };

    private static async Task RunAsync(CheckedWorkload workload, int seed)
    {
        using var end = new CancellationTokenSource(Length);
        await workload.RunAsync(seed, Options(seed), end.Token);
    }

    private void Report(CheckedWorkload workload, string what) =>
        log.WriteLine($"{workload.Operations} operations ({workload.Unknown} sent more than once), {workload.Streams} streams; {what}");
}
