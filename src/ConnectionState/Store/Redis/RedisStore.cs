using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store.Records;
using ConnectionStateService.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>The store on Redis, shared by any number of processes. Every command is sent to a primary.</summary>
internal sealed class RedisStore : IConnectionStore, IAsyncDisposable
{
    // A lost notification delays a deadline by no more than this.
    private static readonly TimeSpan RecheckInterval = TimeSpan.FromSeconds(8);

    private readonly StoreOptions options;
    private readonly CommitSubscribers subscribers;
    private readonly MerchantCache cache;

    // Two connections, so that broken subscriptions can be replaced without interrupting commands.
    private readonly RedisConnection commands;
    private readonly RedisConnection subscriptions;
    private readonly RedisNotifications notifications;
    private readonly RedisClock clock;
    private readonly RedisPositions positions;
    private readonly RedisMerchants merchants;
    private readonly RedisFeed feed;
    private readonly RedisIndex index;
    private readonly RedisConsumers consumers;
    private readonly RedisMerchantIndex merchantIndex;
    private readonly RedisRegister register;
    private readonly DeadlineSchedule schedule;
    private readonly FleetMembership fleet;
    private readonly RedisDueQueue dueQueue;
    private readonly RedisClaims claims;
    private readonly RedisTokens tokens;
    private readonly WriteProbe writeProbe;
    private readonly RedisDeployment deployment;
    private bool disposed;

    /// <exception cref="StoreUnusableException">The connection string is invalid.</exception>
    public RedisStore(IOptions<StoreOptions> options, TimeProvider stopwatch, ILogger<RedisStore>? logger = null, Instruments? instruments = null)
    {
        var log = logger ?? (ILogger)NullLogger.Instance;
        this.options = options.Value;
        var configuration = RedisConfiguration.Build(this.options.Redis);
        subscribers = new CommitSubscribers(log);
        cache = new MerchantCache(this.options.CachedBytes);
        commands = new RedisConnection(configuration, log, instruments);
        subscriptions = new RedisConnection(configuration, log, instruments);
        clock = new RedisClock(stopwatch, AskServersForTime);
        schedule = new DeadlineSchedule(RedisKeys.PartitionCount, RecheckInterval, stopwatch);
        fleet = new FleetMembership(commands, clock, schedule, stopwatch, log);
        claims = new RedisClaims(commands, schedule, log);
        dueQueue = new RedisDueQueue(commands, clock, schedule, fleet, claims, log);
        tokens = new RedisTokens(commands, log);
        notifications = new RedisNotifications(subscriptions, new PubSubProbe(commands), subscribers, cache, dueQueue, claims, fleet, tokens, log);
        _ = subscribers.Add(_ => { }, onMissed: schedule.ExpectAll);
        positions = new RedisPositions(commands);
        merchants = new RedisMerchants(commands, cache, this.options);
        feed = new RedisFeed(commands);
        index = new RedisIndex(commands);
        consumers = new RedisConsumers(commands);
        merchantIndex = new RedisMerchantIndex(commands);
        register = new RedisRegister(commands);
        writeProbe = new WriteProbe(commands);
        deployment = new RedisDeployment(commands, notifications, writeProbe, log);
    }

    public string Description { get; private set; } = "Redis";

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        Description = await deployment.OpenAsync(options.Redis.StartTimeout, cancellationToken);
        notifications.StartMonitoring();
    }

    public Task CheckAsync(CancellationToken cancellationToken) => writeProbe.CheckAsync(cancellationToken);

    public ValueTask<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken) => clock.GetTimeAsync(cancellationToken);

    public TimeSpan EstimateAge(DateTimeOffset time) => -clock.DelayUntil(time);

    public StoredMerchant? TryGetCached(string merchantId) => cache.TryGetCached(merchantId);

    public async ValueTask<StoredMerchant> ReadAsync(string merchantId, MerchantParts parts, CancellationToken cancellationToken) =>
        await merchants.ReadAsync(merchantId, parts, cancellationToken);

    public async ValueTask<ImmutableArray<MerchantRead>> ReadManyAsync(
        ImmutableArray<string> merchantIds, MerchantParts parts, CancellationToken cancellationToken) =>
        await merchants.ReadManyAsync(merchantIds, parts, cancellationToken);

    // What is written to the index of pages and accounts is written before the commit, by other commands.
    public bool KeepsOrder(CommitRequest request) => !RedisMerchantIndex.MayAdd(request);

    public async ValueTask<CommitResult> CommitAsync(CommitRequest request, CancellationToken cancellationToken)
    {
        await merchantIndex.AddAsync(request, cancellationToken);
        var result = await merchants.CommitAsync(request, cancellationToken);
        if (!result.Succeeded)
        {
            await merchantIndex.RemoveAsync(request, result.Current.Record);
            return result;
        }

        ExpectOwn(request);
        await merchantIndex.RemoveAsync(request);
        return result;
    }

    // The index first: what is left of the record leads to it.
    public async ValueTask<bool> RemoveAsync(StoredMerchant erased, CancellationToken cancellationToken)
    {
        await merchantIndex.RemoveAsync(erased.Record, cancellationToken);
        return await merchants.RemoveAsync(erased, cancellationToken);
    }

    public async ValueTask<ImmutableArray<Commit>> ReadCommitsAsync(
        string merchantId, long afterRevision, int limit, CancellationToken cancellationToken)
    {
        if (afterRevision == long.MaxValue)
        {
            return [];
        }

        // The history may have older entries than those that are kept, because their requests are remembered.
        if (options.KeptCommits < RetentionOptions.RequestCommits)
        {
            var newest = await merchants.ReadPositionAsync(merchantId, cancellationToken);
            afterRevision = Math.Max(afterRevision, newest.Revision - options.KeptCommits);
        }

        var key = RedisKeys.Changes(RedisKeys.PartitionOf(merchantId), merchantId);
        var entries = await commands.ExecuteAsync(
            db => db.StreamRangeAsync(key, $"{afterRevision + 1}-0", "+", limit, flags: CommandFlags.DemandMaster),
            cancellationToken,
            merchantId);
        return [.. entries.Select(entry => RecordCodec.DecodeCommit(merchantId, (byte[])entry.Values[0].Value!))];
    }

    public async ValueTask<ImmutableArray<HistoryPosition?>> ReadPositionsAsync(
        ImmutableArray<string> merchantIds, CancellationToken cancellationToken) =>
        await positions.ReadAsync(merchantIds, cancellationToken);

    public IDisposable Subscribe(Action<string> onCommit, Action onMissed) => subscribers.Add(onCommit, onMissed);

    public int FeedLanes => RedisKeys.PartitionCount;

    public async ValueTask<ImmutableArray<FeedEntry>> ReadFeedAsync(int lane, long from, int limit, CancellationToken cancellationToken) =>
        await feed.ReadAsync(lane, from, limit, cancellationToken);

    public async ValueTask<ImmutableArray<FeedSpan?>> ReadFeedSpansAsync(ImmutableArray<int> lanes, CancellationToken cancellationToken) =>
        await feed.ReadSpansAsync(lanes, cancellationToken);

    public async ValueTask<ImmutableArray<string>> ReadDirectoryAsync(int partition, string after, int limit, CancellationToken cancellationToken) =>
        await index.ReadDirectoryAsync(partition, after, limit, cancellationToken);

    public async ValueTask<ImmutableDictionary<ListedKind, long>> ReadTallyAsync(CancellationToken cancellationToken) =>
        await index.ReadTallyAsync(cancellationToken);

    public async ValueTask<ImmutableDictionary<LossDay, long>> ReadLossesAsync(DateOnly from, DateOnly to, CancellationToken cancellationToken) =>
        await index.ReadLossesAsync(from, to, cancellationToken);

    public async ValueTask<ImmutableArray<string>> ReadMerchantIdsAsync(
        string prefix, string after, int limit, CancellationToken cancellationToken) =>
        await index.ReadMerchantIdsAsync(prefix, after, limit, cancellationToken);

    public async ValueTask<ImmutableArray<LostConnection>> ReadLostAsync(
        ImmutableArray<LostKind> kinds, LostConnection after, int limit, CancellationToken cancellationToken) =>
        await index.ReadLostAsync(kinds, after, limit, cancellationToken);

    public async ValueTask<byte[]> ReadConsumerAsync(string consumer, CancellationToken cancellationToken) =>
        await consumers.ReadAsync(consumer, cancellationToken);

    public async ValueTask<byte[]?> ReplaceConsumerAsync(string consumer, byte[] expected, byte[] replacement, CancellationToken cancellationToken) =>
        await consumers.ReplaceAsync(consumer, expected, replacement, cancellationToken);

    public async ValueTask<ImmutableArray<(string Name, byte[] State)>> ReadConsumersAsync(
        string after, int limit, CancellationToken cancellationToken) => await consumers.ReadAsync(after, limit, cancellationToken);

    public async ValueTask<ImmutableArray<string>> FindMerchantsAsync(PageRef page, CancellationToken cancellationToken) =>
        await merchantIndex.FindAsync(page, cancellationToken);

    public async ValueTask<ImmutableArray<string>> FindMerchantsAsync(AccountRef account, CancellationToken cancellationToken) =>
        await merchantIndex.FindAsync(account, cancellationToken);

    public async ValueTask<PageHold?> ReadHoldAsync(PageRef page, CancellationToken cancellationToken) =>
        await register.ReadAsync(page, cancellationToken);

    public async ValueTask<PageHold?> RegisterAsync(
        PageRef page, PageHold hold, ulong expectedHoldId, CancellationToken cancellationToken) =>
        await register.RegisterAsync(page, hold, expectedHoldId, cancellationToken);

    public void Join() => fleet.Join();

    public Task LeaveAsync() => fleet.LeaveAsync();

    public ValueTask WaitForDueAsync(CancellationToken cancellationToken) => dueQueue.WaitAsync(cancellationToken);

    public async ValueTask<ImmutableArray<DueMerchant>> FindDueAsync(int limit, CancellationToken cancellationToken) =>
        await dueQueue.FindAsync(limit, cancellationToken);

    public async ValueTask RescheduleAsync(DueMerchant due, DateTimeOffset? deadline, CancellationToken cancellationToken) =>
        await dueQueue.RescheduleAsync(due, deadline, cancellationToken);

    public IAsyncEnumerable<Claim> FindClaimsAsync(CancellationToken cancellationToken) => claims.FindAsync(cancellationToken);

    public async ValueTask<bool> HasClaimAsync(string merchantId, PageRef page, CancellationToken cancellationToken) =>
        await claims.ContainsAsync(merchantId, page, cancellationToken);

    public async ValueTask RemoveClaimAsync(Claim claim, CancellationToken cancellationToken) =>
        await claims.RemoveAsync(claim, cancellationToken);

    public async ValueTask<byte[]> ReadSigningKeysAsync(CancellationToken cancellationToken) => await tokens.ReadSigningKeysAsync(cancellationToken);

    public async ValueTask<byte[]> ReplaceSigningKeysAsync(byte[] expected, byte[] replacement, CancellationToken cancellationToken) =>
        await tokens.ReplaceSigningKeysAsync(expected, replacement, cancellationToken);

    public async ValueTask AddRevocationAsync(Revocation revocation, DateTimeOffset forgetBefore, CancellationToken cancellationToken) =>
        await tokens.AddRevocationAsync(revocation, forgetBefore, cancellationToken);

    public async ValueTask<ImmutableArray<Revocation>> ReadRevocationsAsync(CancellationToken cancellationToken) =>
        await tokens.ReadRevocationsAsync(cancellationToken);

    public IDisposable SubscribeRevocations(Action onRevoked) => tokens.Subscribe(onRevoked);

    public async ValueTask DisposeAsync()
    {
        // The container disposes the store once for each of its interfaces.
        if (Interlocked.Exchange(ref disposed, true))
        {
            return;
        }

        await fleet.LeaveAsync();
        await notifications.DisposeAsync();
        await subscriptions.DisposeAsync();
        await fleet.DisposeAsync();
        await commands.DisposeAsync();
        schedule.Dispose();
    }

    // At once, although the notification of the commit tells it too: a deadline may be a moment away.
    private void ExpectOwn(CommitRequest request)
    {
        var partition = RedisKeys.PartitionOf(request.Record.MerchantId);
        dueQueue.Expect(partition, request.Deadline);
        if (request.Claim is not null)
        {
            claims.Expect(partition);
        }
    }

    // Without a connection to any primary, the client reports why.
    private IEnumerable<Task<long>> AskServersForTime() => commands is { IsCluster: true, Primaries: { Length: > 1 } primaries }
        ? primaries.Select(server => ReadTimeAsync(_ => server.ExecuteAsync("TIME")))
        : [ReadTimeAsync(db => db.ExecuteAsync("TIME", [], CommandFlags.DemandMaster))];

    private async Task<long> ReadTimeAsync(Func<IDatabase, Task<RedisResult>> command)
    {
        var parts = (RedisValue[])(await commands.ExecuteAsync(
            command, CancellationToken.None, timeout: commands.IsCluster ? RedisConnection.FleetTimeout : null))!;
        return ((long)parts[0] * 1_000_000) + (long)parts[1];
    }
}
