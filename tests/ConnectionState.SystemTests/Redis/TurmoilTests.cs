using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Histories;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>Three replicas over one Redis are one service: whatever is asked of which, and whatever gets lost on the way.</summary>
public sealed class TurmoilTests(ITestOutputHelper log) : IAsyncLifetime
{
    private const int ReplicaCount = 3;
    private static readonly int Seeds = LongRun.Of(all: 20, usual: 2);
    private static readonly TimeSpan Length = LongRun.IsOn ? TimeSpan.FromSeconds(30) : TimeSpan.FromSeconds(5);

    private RedisServer redis = null!;

    public async Task InitializeAsync() => redis = await RedisServer.StartAsync();

    public async Task DisposeAsync() => await redis.DisposeAsync();

    [Fact]
    public async Task What_three_replicas_do_at_once_could_have_been_done_by_one()
    {
        await using var replicas = await Replicas.StartAsync(ReplicaCount, redis.Configuration, Turmoil.Arguments);
        var turmoil = new Turmoil(replicas.Clients, redis.Configuration);
        for (var seed = 0; seed < Seeds; seed++)
        {
            await RunAsync(turmoil, seed);
        }

        Report(turmoil, "nothing else going on");
    }

    [Fact]
    public async Task What_is_answered_and_not_heard_and_sent_again_through_another_is_done_once()
    {
        var proxies = Enumerable.Range(0, ReplicaCount).Select(_ => new FaultProxy(redis.Port)).ToList();
        await using var replicas = await Replicas.StartAsync(
            ReplicaCount, n => $"127.0.0.1:{proxies[n].Port}", attempts: 1, Turmoil.Arguments);
        var turmoil = new Turmoil(replicas.Clients, redis.Configuration);

        // Answers to scripts that have written: the handshake of a new connection would hardly ever come through.
        proxies.ForEach(proxy => proxy.LoseReplies(0.2, answer => answer.AsSpan().StartsWith(":1\r\n"u8)));
        for (var seed = 0; turmoil.Operations < LongRun.Of(all: 10_000, usual: 300); seed++)
        {
            await turmoil.RunAsync(seed, Options(seed) with { Workers = 12, CallsPerWorker = 30, Attempts = 30 }, CancellationToken.None);
        }

        Assert.True(turmoil.Unknown > turmoil.Operations / 20, $"Only {turmoil.Unknown} of {turmoil.Operations} were sent again.");
        Report(turmoil, $"{proxies.Sum(proxy => proxy.LostReplies)} answers lost");
        proxies.ForEach(async proxy => await proxy.DisposeAsync());
    }

    [Fact]
    public async Task Notifications_that_are_dropped_doubled_and_swapped_cost_nothing_but_time()
    {
        await using var proxy = NotificationProxy.To(redis);
        await using var replicas = await Replicas.StartAsync(ReplicaCount, $"127.0.0.1:{proxy.Port}", Turmoil.Arguments);
        var turmoil = new Turmoil(replicas.Clients, redis.Configuration);

        (proxy.Drop, proxy.Double, proxy.Swap) = (0.2, 0.2, 0.2);
        await RunAsync(turmoil, 1);
        (proxy.Drop, proxy.Double, proxy.Swap) = (1, 0, 0);
        await RunAsync(turmoil, 2);

        Report(turmoil, $"{proxy.Seen} notifications, {proxy.Dropped} dropped, {proxy.Doubled} doubled, {proxy.Swapped} swapped");
    }

    private static WorkloadOptions Options(int seed) => new() { SharedPages = seed % 2 == 1, Name = $"s{seed}-" };

    private static async Task RunAsync(Turmoil turmoil, int seed)
    {
        using var end = new CancellationTokenSource(Length);
        await turmoil.RunAsync(seed, Options(seed), end.Token);
    }

    private void Report(Turmoil turmoil, string what) =>
        log.WriteLine($"{turmoil.Operations} operations ({turmoil.Unknown} sent more than once), {turmoil.Streams} streams; {what}");
}
