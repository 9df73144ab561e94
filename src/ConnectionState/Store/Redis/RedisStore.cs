using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store.Records;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>The store on Redis: any number of processes over one truth. Every command names the primary.</summary>
internal sealed class RedisStore : IConnectionStore, IAsyncDisposable
{
    private readonly StoreOptions options;
    private readonly CommitSubscribers listeners;
    private readonly RedisConnection connection;
    private readonly RedisNotifications notifications;
    private readonly MerchantCache memory;
    private readonly RedisClock clock;
    private readonly RedisPages pages;
    private readonly RedisDeadlines deadlines;
    private readonly RedisDeployment deployment;

    /// <exception cref="StoreRefusedException">The connection string is none.</exception>
    public RedisStore(IOptions<StoreOptions> options, TimeProvider stopwatch, ILogger<RedisStore>? logger = null)
    {
        var log = logger ?? (ILogger)NullLogger.Instance;
        this.options = options.Value;
        var configuration = RedisConfiguration.Build(this.options.Redis);
        listeners = new CommitSubscribers(log);
        memory = new MerchantCache(this.options.Redis.RememberedMerchants);
        clock = new RedisClock(stopwatch);
        connection = new RedisConnection(configuration, log);
        notifications = new RedisNotifications(connection, configuration, listeners, memory, log);
        pages = new RedisPages(connection);
        deadlines = new RedisDeadlines(connection, clock, log);
        deployment = new RedisDeployment(connection, notifications, log);
    }

    public string Description { get; private set; } = "Redis";

    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        Description = await deployment.OpenAsync(options.Redis.StartTimeout, cancellationToken);
        notifications.Watch();
    }

    public Task CheckAsync(CancellationToken cancellationToken) => deployment.CheckAsync(cancellationToken);

    public async ValueTask<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset now;
        while (!clock.TryTell(out now))
        {
            var time = await connection.AskAsync(db => db.ExecuteAsync("TIME", [], CommandFlags.DemandMaster), cancellationToken);
            var parts = (RedisValue[])time!;
            clock.Hear(((long)parts[0] * 1_000_000) + (long)parts[1]);
        }

        return now;
    }

    public StoredMerchant? TryGetCached(string merchantId) => memory.TryGetCached(merchantId);

    public async ValueTask<StoredMerchant> ReadAsync(string merchantId, CancellationToken cancellationToken)
    {
        var key = RedisKeys.Merchant(RedisKeys.PartitionOf(merchantId), merchantId);
        var value = await connection.AskAsync(db => db.StringGetAsync(key, CommandFlags.DemandMaster), cancellationToken, merchantId);
        return Decode(merchantId, value);
    }

    public async ValueTask<CommitResult> CommitAsync(CommitRequest request, CancellationToken cancellationToken)
    {
        var merchantId = request.Record.MerchantId;
        await pages.EnterAsync(request, cancellationToken);

        // Until it is known how this ends, nothing is known.
        memory.Forget(merchantId);
        var reply = await connection.AskAsync(db => RedisCommit.EvaluateAsync(db, request, options.KeptCommits), cancellationToken, merchantId);
        if (reply.Resp2Type is ResultType.Integer)
        {
            var stored = new StoredMerchant(request.Record, request.Commit.Id);
            memory.Remember(stored);
            await pages.LeaveAsync(request);
            return new CommitResult(true, stored);
        }

        var current = Decode(merchantId, (RedisValue)reply);
        await pages.LeaveAsync(request, current.Record);
        return new CommitResult(false, current);
    }

    public async ValueTask<ImmutableArray<Commit>> ReadCommitsAsync(
        string merchantId, long afterRevision, int limit, CancellationToken cancellationToken)
    {
        if (afterRevision == long.MaxValue)
        {
            return [];
        }

        var key = RedisKeys.Changes(RedisKeys.PartitionOf(merchantId), merchantId);
        var entries = await connection.AskAsync(
            db => db.StreamRangeAsync(key, $"{afterRevision + 1}-0", "+", limit, flags: CommandFlags.DemandMaster),
            cancellationToken,
            merchantId);
        return [.. entries.Select(entry => RecordCodec.DecodeCommit(merchantId, (byte[])entry.Values[0].Value!))];
    }

    public async ValueTask<ImmutableArray<HistoryPosition?>> ReadPositionsAsync(
        ImmutableArray<string> merchantIds, CancellationToken cancellationToken)
    {
        var answers = await Task.WhenAll(merchantIds.Select(id => TryReadPositionAsync(id, cancellationToken)));
        return answers.Length == 0 || answers.Any(answer => answer.Failure is null)
            ? [.. answers.Select(answer => answer.Position)]
            : throw answers[0].Failure!;
    }

    public IDisposable Listen(Action<string> heard, Action missed) => listeners.Add(heard, missed);

    public async ValueTask<ImmutableArray<string>> FindMerchantsAsync(PageRef page, CancellationToken cancellationToken) =>
        await pages.FindAsync(page, cancellationToken);

    public async ValueTask<ImmutableArray<DueMerchant>> FindDueAsync(int limit, CancellationToken cancellationToken) =>
        await deadlines.FindDueAsync(limit, cancellationToken);

    public async ValueTask RescheduleAsync(DueMerchant due, DateTimeOffset? deadline, CancellationToken cancellationToken) =>
        await deadlines.RescheduleAsync(due, deadline, cancellationToken);

    public async ValueTask<ImmutableArray<Claim>> FindClaimsAsync(
        DateTimeOffset grantedBefore, int limit, CancellationToken cancellationToken) =>
        await deadlines.FindClaimsAsync(grantedBefore, limit, cancellationToken);

    public async ValueTask RemoveClaimAsync(Claim claim, CancellationToken cancellationToken) =>
        await deadlines.RemoveClaimAsync(claim, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        await notifications.DisposeAsync();
        await connection.DisposeAsync();
        memory.Dispose();
    }

    private StoredMerchant Decode(string merchantId, RedisValue value)
    {
        try
        {
            var stored = RedisRecord.Decode(merchantId, (byte[]?)value);
            memory.Remember(stored);
            return stored;
        }
        catch (RecordUnreadableException)
        {
            // A commit on what is remembered would overwrite it.
            memory.Forget(merchantId);
            throw;
        }
    }

    private async Task<(HistoryPosition? Position, StoreUnavailableException? Failure)> TryReadPositionAsync(
        string merchantId, CancellationToken cancellationToken)
    {
        var key = RedisKeys.Merchant(RedisKeys.PartitionOf(merchantId), merchantId);
        try
        {
            var beginning = await connection.AskAsync(
                db => db.StringGetRangeAsync(key, 0, RedisRecord.MaxPositionLength - 1, CommandFlags.DemandMaster), cancellationToken, merchantId);
            return (RedisRecord.DecodePosition((byte[]?)beginning), null);
        }
        catch (StoreUnavailableException e)
        {
            return (null, e);
        }
        catch (RecordUnreadableException)
        {
            return (RedisRecord.Unreadable, null);
        }
    }
}
