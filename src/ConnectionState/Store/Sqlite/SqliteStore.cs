using System.Collections.Concurrent;
using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store.Records;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>The embedded store: one file, one process. Every acknowledged commit is on disk.</summary>
internal sealed class SqliteStore(IOptions<StoreOptions> options, TimeProvider time, ILogger<SqliteStore>? logger = null)
    : IConnectionStore, IAsyncDisposable
{
    private readonly ILogger logger = logger ?? NullLogger<SqliteStore>.Instance;
    private readonly MonotonicClamp monotonic = new();
    private readonly ConcurrentBag<SqliteReader> readers = [];
    private readonly CommitSubscribers subscribers = new(logger ?? NullLogger<SqliteStore>.Instance);
    private SqliteFile? file;
    private SqliteWriter? writer;
    private volatile bool closed;

    public string Description =>
        $"embedded, {file?.Path}; durability: a commit is acknowledged once it is on disk (SQLite, WAL, synchronous=FULL)";

    public Task OpenAsync(CancellationToken cancellationToken)
    {
        file = SqliteFile.Lock(options.Value.Path);
        try
        {
            writer = new SqliteWriter(file.OpenWriter(), options.Value.KeptCommits, logger);
        }
        catch (SqliteException e)
        {
            throw new StoreUnusableException($"The file {file.Path} cannot be used: {e.Message}", e);
        }

        return Task.CompletedTask;
    }

    public Task CheckAsync(CancellationToken cancellationToken) => Writer.ProbeAsync(cancellationToken);

    public ValueTask<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken) => new(Now);

    public ValueTask<StoredMerchant> ReadAsync(string merchantId, CancellationToken cancellationToken) =>
        new(Decode(merchantId, Read(reader => reader.Merchant(merchantId), cancellationToken)));

    public async ValueTask<CommitResult> CommitAsync(CommitRequest request, CancellationToken cancellationToken)
    {
        var merchantId = request.Record.MerchantId;
        var record = RecordCodec.Encode(request.Record);
        var entry = RecordCodec.Encode(merchantId, request.Commit);
        var (succeeded, current) = await Writer.WriteAsync(
            writes => writes.Commit(request, record, entry),
            cancellationToken,
            committed: written => NotifyIf(written.Succeeded, merchantId),
            size: record.Length + entry.Length);
        return succeeded
            ? new CommitResult(true, new StoredMerchant(request.Record, request.Commit.Id))
            : new CommitResult(false, Decode(merchantId, current));
    }

    public ValueTask<ImmutableArray<Commit>> ReadCommitsAsync(
        string merchantId, long afterRevision, int limit, CancellationToken cancellationToken)
    {
        var entries = Read(reader => reader.History(merchantId, afterRevision, limit), cancellationToken);
        return new([.. entries.Select(entry => RecordCodec.DecodeCommit(merchantId, entry))]);
    }

    public ValueTask<ImmutableArray<HistoryPosition?>> ReadPositionsAsync(ImmutableArray<string> merchantIds, CancellationToken cancellationToken) =>
        new(Read(reader => merchantIds.Select(id => (HistoryPosition?)reader.Position(id)).ToImmutableArray(), cancellationToken));

    public IDisposable Subscribe(Action<string> onCommit, Action onMissed) => subscribers.Add(onCommit, onMissed);

    public ValueTask<ImmutableArray<string>> FindMerchantsAsync(PageRef page, CancellationToken cancellationToken) =>
        new(Read(reader => reader.Merchants((int)page.Provider, page.PageId), cancellationToken));

    public ValueTask<PageHold?> ReadHoldAsync(PageRef page, CancellationToken cancellationToken) =>
        new(Read(reader => reader.Hold((int)page.Provider, page.PageId), cancellationToken));

    public async ValueTask<PageHold?> RegisterAsync(
        PageRef page, PageHold hold, ulong expectedHoldId, CancellationToken cancellationToken) =>
        await Writer.WriteAsync(writes => writes.Register(page, hold, expectedHoldId), cancellationToken);

    public ValueTask<ImmutableArray<DueMerchant>> FindDueAsync(int limit, CancellationToken cancellationToken)
    {
        var rows = Read(reader => reader.Due(Now.ToUnixTimeMilliseconds(), limit), cancellationToken);
        return new([.. rows.Select(row => new DueMerchant(row.Merchant, StoreTime.ToTime(row.Due)))]);
    }

    public async ValueTask RescheduleAsync(DueMerchant due, DateTimeOffset? deadline, CancellationToken cancellationToken) =>
        await WriteAsync(writes => writes.Reschedule(due, deadline), cancellationToken);

    public ValueTask<ImmutableArray<Claim>> FindClaimsAsync(
        DateTimeOffset grantedBefore, int limit, CancellationToken cancellationToken)
    {
        var rows = Read(reader => reader.Claims(grantedBefore.ToUnixTimeMilliseconds(), limit), cancellationToken);
        return new([.. rows.Select(row => new Claim(
            row.Merchant, new PageRef((Provider)row.Provider, row.PageId), StoreTime.ToTime(row.GrantedAt)))]);
    }

    public ValueTask<bool> HasClaimAsync(string merchantId, PageRef page, CancellationToken cancellationToken) =>
        new(Read(reader => reader.HasClaim(merchantId, (int)page.Provider, page.PageId), cancellationToken));

    public async ValueTask RemoveClaimAsync(Claim claim, CancellationToken cancellationToken) =>
        await WriteAsync(writes => writes.RemoveClaim(claim), cancellationToken);

    /// <summary>Flushes queued writes, checkpoints the write-ahead log and closes the file. Can be called more than once.</summary>
    public async ValueTask DisposeAsync()
    {
        closed = true;

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

    private SqliteWriter Writer => writer ?? throw new StoreUnavailableException("The store is not open.");

    private static StoredMerchant Decode(string merchantId, MerchantRow? row) => row is { } found
        ? new StoredMerchant(RecordCodec.DecodeRecord(merchantId, found.Revision, found.Record), found.CommitId)
        : new StoredMerchant(MerchantRecord.Unknown(merchantId), 0);

    private void NotifyIf(bool succeeded, string merchantId)
    {
        if (succeeded)
        {
            subscribers.Notify(merchantId);
        }
    }

    private Task<bool> WriteAsync(Action<SqliteWrites> write, CancellationToken cancellationToken) => Writer.WriteAsync(
        writes =>
        {
            write(writes);
            return true;
        },
        cancellationToken);

    // Reads take microseconds, mostly from memory, so they run on the caller's thread. Each uses a connection of its own.
    private T Read<T>(Func<SqliteReader, T> read, CancellationToken cancellationToken)
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

        SqliteReader? reader = null;
        try
        {
            if (!readers.TryTake(out reader))
            {
                reader = new SqliteReader(file!.OpenReader());

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
