using System.Collections.Concurrent;
using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store.Records;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>The embedded store: one file, one process, every acknowledged commit on disk.</summary>
internal sealed class SqliteStore(IOptions<StoreOptions> options, TimeProvider time, ILogger<SqliteStore>? logger = null)
    : IConnectionStore, IAsyncDisposable
{
    private readonly SteadyClock clock = new(time);
    private readonly ConcurrentBag<SqliteReader> readers = [];
    private readonly CommitSubscribers listeners = new(logger ?? NullLogger<SqliteStore>.Instance);
    private SqliteFile? file;
    private SqliteWriter? writer;
    private volatile bool closed;

    public string Description =>
        $"embedded, {file?.Path}; durability: a commit is acknowledged once it is on disk (SQLite, WAL, synchronous=FULL)";

    public Task OpenAsync(CancellationToken cancellationToken)
    {
        file = SqliteFile.Take(options.Value.Path);
        try
        {
            writer = new SqliteWriter(file.OpenWriter(), options.Value.KeptCommits);
        }
        catch (SqliteException e)
        {
            throw new StoreRefusedException($"The file {file.Path} cannot be used: {e.Message}", e);
        }

        return Task.CompletedTask;
    }

    public Task CheckAsync(CancellationToken cancellationToken) => Writer.ProbeAsync(cancellationToken);

    public ValueTask<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken) => new(clock.Now);

    public StoredMerchant? TryGetCached(string merchantId) => null;

    public ValueTask<StoredMerchant> ReadAsync(string merchantId, CancellationToken cancellationToken) =>
        new(Decode(merchantId, Read(reader => reader.Merchant(merchantId))));

    public async ValueTask<CommitResult> CommitAsync(CommitRequest request, CancellationToken cancellationToken)
    {
        var record = RecordCodec.Encode(request.Record);
        var entry = RecordCodec.Encode(request.Record.MerchantId, request.Commit);
        var (won, current) = await Writer.WriteAsync(
            writes => writes.Commit(request, record, entry),
            cancellationToken,
            written => Tell(written.Won, request.Record.MerchantId));
        return won
            ? new CommitResult(true, new StoredMerchant(request.Record, request.Commit.Id))
            : new CommitResult(false, Decode(request.Record.MerchantId, current));
    }

    public ValueTask<ImmutableArray<Commit>> ReadCommitsAsync(
        string merchantId, long afterRevision, int limit, CancellationToken cancellationToken)
    {
        var entries = Read(reader => reader.History(merchantId, afterRevision, limit));
        return new([.. entries.Select(entry => RecordCodec.DecodeCommit(merchantId, entry))]);
    }

    public ValueTask<ImmutableArray<HistoryPosition?>> ReadPositionsAsync(ImmutableArray<string> merchantIds, CancellationToken cancellationToken) =>
        new(Read(reader => merchantIds.Select(id => (HistoryPosition?)reader.Position(id)).ToImmutableArray()));

    public IDisposable Listen(Action<string> heard, Action missed) => listeners.Add(heard, missed);

    public ValueTask<ImmutableArray<string>> FindMerchantsAsync(PageRef page, CancellationToken cancellationToken) =>
        new(Read(reader => reader.Merchants((int)page.Provider, page.PageId)));

    public ValueTask<ImmutableArray<DueMerchant>> FindDueAsync(int limit, CancellationToken cancellationToken)
    {
        var rows = Read(reader => reader.Due(clock.Now.ToUnixTimeMilliseconds(), limit));
        return new([.. rows.Select(row => new DueMerchant(row.Merchant, StoreTime.ToTime(row.Due)))]);
    }

    public async ValueTask RescheduleAsync(DueMerchant due, DateTimeOffset? deadline, CancellationToken cancellationToken) =>
        await DoneAsync(writes => writes.Reschedule(due, deadline), cancellationToken);

    public ValueTask<ImmutableArray<Claim>> FindClaimsAsync(
        DateTimeOffset grantedBefore, int limit, CancellationToken cancellationToken)
    {
        var rows = Read(reader => reader.Claims(grantedBefore.ToUnixTimeMilliseconds(), limit));
        return new([.. rows.Select(row => new Claim(
            row.Merchant, new PageRef((Provider)row.Provider, row.PageId), StoreTime.ToTime(row.GrantedAt)))]);
    }

    public async ValueTask RemoveClaimAsync(Claim claim, CancellationToken cancellationToken) =>
        await DoneAsync(writes => writes.RemoveClaim(claim), cancellationToken);

    public async ValueTask DisposeAsync()
    {
        closed = true;

        // The writer goes last: only a connection that may write can tidy up the log when it is the last to close.
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

    private SqliteWriter Writer => writer ?? throw new StoreUnavailableException("The store is not open.");

    private void Tell(bool won, string merchantId)
    {
        if (won)
        {
            listeners.Tell(merchantId);
        }
    }

    private static StoredMerchant Decode(string merchantId, MerchantRow? row) => row is { } found
        ? new StoredMerchant(RecordCodec.DecodeRecord(merchantId, found.Revision, found.Record), found.CommitId)
        : new StoredMerchant(MerchantRecord.Unknown(merchantId), 0);

    private Task<bool> DoneAsync(Action<SqliteWrites> write, CancellationToken cancellationToken) => Writer.WriteAsync(
        writes =>
        {
            write(writes);
            return true;
        },
        cancellationToken);

    // Reads are short and from memory mostly, so they run on the caller's thread, each on a connection of its own.
    private T Read<T>(Func<SqliteReader, T> read)
    {
        if (closed)
        {
            throw new StoreUnavailableException("The store is closed.");
        }

        SqliteReader? reader = null;
        try
        {
            if (!readers.TryTake(out reader))
            {
                reader = new SqliteReader((file ?? throw new StoreUnavailableException("The store is not open.")).OpenReader());
            }

            var answer = read(reader);
            Return(reader);
            return answer;
        }
        catch (SqliteException e)
        {
            reader?.Dispose();
            throw new StoreUnavailableException($"The store could not read: {e.Message}", e);
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
