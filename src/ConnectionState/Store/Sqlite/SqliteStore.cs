using System.Collections.Concurrent;
using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store.Records;
using ConnectionStateService.Telemetry;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>The embedded store: one file, one process. Every acknowledged commit is on disk.</summary>
internal sealed class SqliteStore(
    IOptions<StoreOptions> options, TimeProvider time, ILogger<SqliteStore>? logger = null, Instruments? instruments = null)
    : IConnectionStore, IAsyncDisposable
{
    private const int MerchantsPerThread = 16;

    // Deadlines wait no longer than this after the clock of the machine was set forward, or the machine was suspended.
    private static readonly TimeSpan RecheckInterval = TimeSpan.FromSeconds(1);

    private readonly ILogger logger = logger ?? NullLogger<SqliteStore>.Instance;
    private readonly MonotonicClamp monotonic = new();
    private readonly ConcurrentBag<SqliteReader> readers = [];
    private readonly Lazy<SqliteCache> createdCache = new(() => new SqliteCache(options.Value.CachedBytes));
    private readonly CommitSubscribers subscribers = new(logger ?? NullLogger<SqliteStore>.Instance);
    private readonly CommitSubscribers revocationSubscribers = new(logger ?? NullLogger<SqliteStore>.Instance);
    private readonly DeadlineSchedule schedule = new(partitions: 1, RecheckInterval, time);
    private SqliteFile? file;
    private SqliteWriter? writer;
    private volatile bool closed;

    // The number of claims that this process has stored, and its value just before the last read that found none; -1 before the first. While they
    // are equal, there is no claim to find.
    private long storedClaims;
    private long storedClaimsWhenEmpty = -1;

    public string Description =>
        $"embedded, {file?.Path}; durability: a commit is acknowledged once it is on disk (SQLite, WAL, synchronous=FULL)";

    public Task OpenAsync(CancellationToken cancellationToken)
    {
        file = SqliteFile.Lock(options.Value.Path);
        try
        {
            var connection = file.OpenWriter();
            writer = new SqliteWriter(
                connection, options.Value.KeptCommits, Cache, logger, new WalCheckpointer(file.OpenCheckpointer(), logger), instruments,
                options.Value.KeptFeedCommits);
        }
        catch (SqliteException e)
        {
            throw new StoreUnusableException($"The file {file.Path} cannot be used: {e.Message}", e);
        }

        return Task.CompletedTask;
    }

    public Task CheckAsync(CancellationToken cancellationToken) => Writer.ProbeAsync(cancellationToken);

    public ValueTask<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken) => new(Now);

    public TimeSpan EstimateAge(DateTimeOffset time) => Now - time;

    public StoredMerchant? TryGetCached(string merchantId) => closed ? null : Cache.Find(merchantId)?.Stored;

    public ValueTask<StoredMerchant> ReadAsync(string merchantId, MerchantParts parts, CancellationToken cancellationToken) =>
        new(Find(merchantId, parts, cancellationToken));

    // Reads take place on the thread of their caller: so many merchants are worth another thread.
    public async ValueTask<ImmutableArray<MerchantRead>> ReadManyAsync(
        ImmutableArray<string> merchantIds, MerchantParts parts, CancellationToken cancellationToken)
    {
        var read = await Task.WhenAll(merchantIds.Chunk(MerchantsPerThread).Select(group => Task.Run(
            () => Array.ConvertAll(group, id => MerchantRead.Of(() => Find(id, parts, cancellationToken))), cancellationToken)));
        return [.. read.SelectMany(group => group)];
    }

    public async ValueTask<CommitResult> CommitAsync(CommitRequest request, CancellationToken cancellationToken)
    {
        var commit = new PreparedCommit(request);
        var written = await Writer.WriteAsync(
            writes => writes.Commit(commit),
            cancellationToken,
            committed: written => NotifyIf(written.Succeeded, request),
            size: commit.WrittenSize);
        var current = written.Current ?? Decode(commit.MerchantId, written.Row);
        return new CommitResult(
            written.Succeeded,
            written.Succeeded || current.Record.Parts.HasFlag(request.Needs)
                ? current
                : await ReadAsync(commit.MerchantId, request.Needs, cancellationToken));
    }

    public async ValueTask<bool> RemoveAsync(StoredMerchant erased, CancellationToken cancellationToken) => await Writer.WriteAsync(
        writes => writes.Remove(erased),
        cancellationToken,
        committed: _ => subscribers.Notify(erased.Record.MerchantId));

    public ValueTask<ImmutableArray<Commit>> ReadCommitsAsync(
        string merchantId, long afterRevision, int limit, CancellationToken cancellationToken)
    {
        var entries = Read(reader => reader.History(merchantId, afterRevision, limit), cancellationToken);
        Cache.Reveal(merchantId);
        return new([.. entries.Select(entry => RecordCodec.DecodeCommit(merchantId, entry))]);
    }

    public ValueTask<ImmutableArray<HistoryPosition?>> ReadPositionsAsync(ImmutableArray<string> merchantIds, CancellationToken cancellationToken) =>
        new(Read(reader => merchantIds.Select(id => (HistoryPosition?)ReadPosition(reader, id)).ToImmutableArray(), cancellationToken));

    public IDisposable Subscribe(Action<string> onCommit, Action onMissed) => subscribers.Add(onCommit, onMissed);

    // One lane for all partitions.
    public int FeedLanes => 1;

    public ValueTask<ImmutableArray<FeedEntry>> ReadFeedAsync(int lane, long from, int limit, CancellationToken cancellationToken) =>
        new(Read(reader => reader.Feed(from, Writer.PublishedFeed, limit), cancellationToken));

    public ValueTask<ImmutableArray<FeedSpan?>> ReadFeedSpansAsync(ImmutableArray<int> lanes, CancellationToken cancellationToken) =>
        new(lanes.IsEmpty ? [] : [Read(reader => reader.FeedSpan(Writer.PublishedFeed), cancellationToken)]);

    public ValueTask<ImmutableArray<string>> ReadDirectoryAsync(int partition, string after, int limit, CancellationToken cancellationToken)
    {
        var ids = Read(reader => reader.Directory(partition, after, limit), cancellationToken);
        Cache.Reveal(merchantId: null);
        return new(ids);
    }

    public ValueTask<ImmutableDictionary<ListedKind, long>> ReadTallyAsync(CancellationToken cancellationToken) =>
        new(Read(reader => reader.Tally(), cancellationToken));

    public ValueTask<ImmutableDictionary<LossDay, long>> ReadLossesAsync(DateOnly from, DateOnly to, CancellationToken cancellationToken) =>
        new(Read(reader => reader.Losses(from, to), cancellationToken));

    public ValueTask<ImmutableArray<string>> ReadMerchantIdsAsync(string prefix, string after, int limit, CancellationToken cancellationToken)
    {
        var ids = Read(reader => reader.MerchantIds(prefix, after, limit), cancellationToken);
        Cache.Reveal(merchantId: null);
        return new(ids);
    }

    public ValueTask<ImmutableArray<LostConnection>> ReadLostAsync(
        ImmutableArray<LostKind> kinds, LostConnection after, int limit, CancellationToken cancellationToken)
    {
        // One more of each kind: the connection itself may be one of them.
        var lost = Read(reader => kinds.SelectMany(kind => reader.Lost(kind, after, limit + 1)).ToList(), cancellationToken);
        Cache.Reveal(merchantId: null);
        return new([.. lost.Where(connection => connection.CompareTo(after) > 0).Order().Take(limit)]);
    }

    public ValueTask<byte[]> ReadConsumerAsync(string consumer, CancellationToken cancellationToken) =>
        new(Read(reader => reader.Consumer(consumer), cancellationToken));

    public async ValueTask<byte[]?> ReplaceConsumerAsync(string consumer, byte[] expected, byte[] replacement, CancellationToken cancellationToken) =>
        await Writer.WriteAsync(writes => writes.ReplaceConsumer(consumer, expected, replacement), cancellationToken);

    public ValueTask<ImmutableArray<(string Name, byte[] State)>> ReadConsumersAsync(string after, int limit, CancellationToken cancellationToken) =>
        new(Read(reader => reader.Consumers(after, limit), cancellationToken));

    public ValueTask<ImmutableArray<string>> FindMerchantsAsync(PageRef page, CancellationToken cancellationToken) =>
        FindMerchantsAsync(reader => reader.Merchants(page), cancellationToken);

    public ValueTask<ImmutableArray<string>> FindMerchantsAsync(AccountRef account, CancellationToken cancellationToken) =>
        FindMerchantsAsync(reader => reader.Merchants(account), cancellationToken);

    private ValueTask<ImmutableArray<string>> FindMerchantsAsync(
        Func<SqliteReader, ImmutableArray<string>> find, CancellationToken cancellationToken)
    {
        var merchants = Read(find, cancellationToken);

        // A merchant may be missing because of a commit that the cache does not have yet.
        Cache.Reveal(merchantId: null);
        return new(merchants);
    }

    public ValueTask<PageHold?> ReadHoldAsync(PageRef page, CancellationToken cancellationToken)
    {
        var hold = Read(reader => reader.Hold((int)page.Provider, page.PageId), cancellationToken);

        // A hold may be missing because of a commit that the cache does not have yet.
        Cache.Reveal(merchantId: null);
        return new(hold);
    }

    public async ValueTask<PageHold?> RegisterAsync(
        PageRef page, PageHold hold, ulong expectedHoldId, CancellationToken cancellationToken) =>
        await Writer.WriteAsync(writes => writes.Register(page, hold, expectedHoldId), cancellationToken);

    public ValueTask WaitForDueAsync(CancellationToken cancellationToken) => schedule.WaitAsync(cancellationToken);

    public ValueTask<ImmutableArray<DueMerchant>> FindDueAsync(int limit, CancellationToken cancellationToken)
    {
        var now = Now.ToUnixTimeMilliseconds();
        var (rows, next) = schedule.Look(() => ReadDue(now, limit, cancellationToken));

        // A deadline may belong to a commit that the cache does not have yet.
        Cache.Reveal(merchantId: null);
        Expect(rows.Length > 0 ? Now : next is { } at ? StoreTime.ToTime(at) : null);
        return new([.. rows.Select(row => new DueMerchant(row.Merchant, StoreTime.ToTime(row.Due)))]);
    }

    private (ImmutableArray<(string Merchant, long Due)> Rows, long? Next) ReadDue(long now, int limit, CancellationToken cancellationToken)
    {
        try
        {
            return Read(reader => (reader.Due(now, limit), reader.NextDue(now)), cancellationToken);
        }
        catch
        {
            Expect(Now);
            throw;
        }
    }

    public async ValueTask RescheduleAsync(DueMerchant due, DateTimeOffset? deadline, CancellationToken cancellationToken)
    {
        await WriteAsync(writes => writes.Reschedule(due, deadline), cancellationToken);
        Expect(deadline);
    }

    public IAsyncEnumerable<Claim> FindClaimsAsync(CancellationToken cancellationToken) => ReadClaims(cancellationToken).ToAsyncEnumerable();

    public ValueTask<bool> HasClaimAsync(string merchantId, PageRef page, CancellationToken cancellationToken)
    {
        var hasClaim = Read(reader => reader.HasClaim(merchantId, (int)page.Provider, page.PageId), cancellationToken);
        Cache.Reveal(merchantId);
        return new(hasClaim);
    }

    public async ValueTask RemoveClaimAsync(Claim claim, CancellationToken cancellationToken) =>
        await WriteAsync(writes => writes.RemoveClaim(claim), cancellationToken);

    public ValueTask<byte[]> ReadSigningKeysAsync(CancellationToken cancellationToken) =>
        new(Read(reader => reader.SigningKeys(), cancellationToken));

    public async ValueTask<byte[]> ReplaceSigningKeysAsync(byte[] expected, byte[] replacement, CancellationToken cancellationToken) =>
        await Writer.WriteAsync(writes => writes.ReplaceSigningKeys(expected, replacement), cancellationToken);

    public async ValueTask AddRevocationAsync(Revocation revocation, DateTimeOffset forgetBefore, CancellationToken cancellationToken)
    {
        await WriteAsync(writes => writes.AddRevocation(revocation, forgetBefore), cancellationToken);
        revocationSubscribers.Notify(revocation.MerchantId);
    }

    public ValueTask<ImmutableArray<Revocation>> ReadRevocationsAsync(CancellationToken cancellationToken) =>
        new(Read(reader => reader.Revocations(), cancellationToken));

    public IDisposable SubscribeRevocations(Action onRevoked) => revocationSubscribers.Add(_ => onRevoked(), onRevoked);

    /// <summary>Flushes queued writes, checkpoints the write-ahead log and closes the file. Can be called more than once.</summary>
    public async ValueTask DisposeAsync()
    {
        closed = true;
        schedule.Dispose();

        // The writer is closed last: SQLite checkpoints when its last connection closes, and only the writer's may write.
        while (readers.TryTake(out var reader))
        {
            reader.Dispose();
        }

        if (writer is not null)
        {
            await writer.DisposeAsync();
        }

        file?.Dispose();
    }

    private DateTimeOffset Now => monotonic.Advance(time.GetUtcNow());

    // Not created with the store: invalid options must not fail before the validation at start, which reports all of them.
    internal SqliteCache Cache => createdCache.Value;

    private SqliteWriter Writer => writer ?? throw new StoreUnavailableException("The store is not open.");

    // Loads the candidates, whether they are asked for or not: they are decoded once, when the merchant is not cached.
    private StoredMerchant Find(string merchantId, MerchantParts parts, CancellationToken cancellationToken)
    {
        ThrowIfUnavailable(cancellationToken);
        return Cache.Find(merchantId)?.Stored is { } cached && cached.Record.Parts.HasFlag(parts)
            ? cached
            : ReadFromFile(merchantId, parts, cancellationToken);
    }

    private StoredMerchant ReadFromFile(string merchantId, MerchantParts parts, CancellationToken cancellationToken)
    {
        var stamp = Cache.Stamp(merchantId);
        var row = Read(reader => reader.Merchant(merchantId, parts.HasFlag(MerchantParts.Requests)), cancellationToken);
        Cache.Reveal(merchantId);
        var stored = Decode(merchantId, row);
        if (row is { } found)
        {
            Cache.Fill(new CachedMerchant(stored, CacheSize.OfParts(stored.Record, found.PageList.Length), IsIndexed: false, Due: null), stamp);
        }

        return stored;
    }

    private HistoryPosition ReadPosition(SqliteReader reader, string merchantId)
    {
        if (Cache.Find(merchantId) is { } cached)
        {
            return cached.Stored.Position;
        }

        var position = reader.Position(merchantId);
        Cache.Reveal(merchantId);
        return position;
    }

    private static StoredMerchant Decode(string merchantId, MerchantRow? row) =>
        row?.Decode(merchantId) ?? new StoredMerchant(MerchantRecord.Unknown(merchantId), 0);

    private Claim[] ReadClaims(CancellationToken cancellationToken)
    {
        // Before the read: a claim that is stored during it makes the numbers differ, so the next call reads again.
        var stored = Volatile.Read(ref storedClaims);
        if (stored == Volatile.Read(ref storedClaimsWhenEmpty))
        {
            return [];
        }

        var rows = Read(reader => reader.Claims(), cancellationToken);

        // A claim may belong to a commit that the cache does not have yet: the merchant would seem not to hold the page.
        Cache.Reveal(merchantId: null);
        if (rows.Length == 0)
        {
            Volatile.Write(ref storedClaimsWhenEmpty, stored);
        }

        return [.. rows.Select(row => new Claim(
            row.Merchant, new PageRef((Provider)row.Provider, row.PageId), StoreTime.ToTime(row.GrantedAt)))];
    }

    private void NotifyIf(bool succeeded, CommitRequest request)
    {
        if (succeeded)
        {
            if (request.Claim is not null)
            {
                Interlocked.Increment(ref storedClaims);
            }

            Expect(request.Deadline);
            subscribers.Notify(request.Record.MerchantId);
        }
    }

    private void Expect(DateTimeOffset? deadline)
    {
        if (deadline is { } at)
        {
            schedule.Expect(partition: 0, at - Now);
        }
    }

    private Task<bool> WriteAsync(Action<SqliteWrites> write, CancellationToken cancellationToken) => Writer.WriteAsync(
        writes =>
        {
            write(writes);
            return true;
        },
        cancellationToken);

    private void ThrowIfUnavailable(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (closed)
        {
            throw new StoreUnavailableException("The store is closed.");
        }

        if (Writer.FileMoved)
        {
            throw new StoreUnavailableException("The database file was deleted or replaced.");
        }
    }

    // Reads take microseconds, mostly from memory, so they run on the caller's thread. Each uses a connection of its own.
    private T Read<T>(Func<SqliteReader, T> read, CancellationToken cancellationToken)
    {
        ThrowIfUnavailable(cancellationToken);
        SqliteReader? reader = null;
        try
        {
            if (!readers.TryTake(out reader))
            {
                reader = new SqliteReader(file!.OpenReader(), options.Value.KeptCommits);

                // The new connection must not have opened another file than the writer's.
                writer!.ThrowIfFileMoved();
            }

            var result = read(reader);
            Return(reader);
            return result;
        }
        catch (Exception e) when (e is SqliteException or ObjectDisposedException)
        {
            // ObjectDisposedException: the store was closed during the read.
            reader?.Dispose();
            instruments?.CountStoreError(WireNames.Of(StoreKind.Embedded), SqliteErrors.NameOf(e));
            throw new StoreUnavailableException($"The store could not read: {e.Message}", e);
        }
        catch (StoreUnavailableException)
        {
            reader?.Dispose();
            throw;
        }
    }

    private void Return(SqliteReader reader)
    {
        if (closed)
        {
            reader.Dispose();
        }
        else
        {
            readers.Add(reader);
        }
    }
}
