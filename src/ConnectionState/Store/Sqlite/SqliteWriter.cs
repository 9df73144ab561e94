using ConnectionStateService.Telemetry;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>
/// Executes all writes on one thread. Writes that are queued at the same time share a transaction, and so one flush to disk. A write
/// completes after that flush.
/// </summary>
internal sealed partial class SqliteWriter : IAsyncDisposable
{
    private const int BatchSize = 512;

    // A queue this long means that the disk does not respond. More waiting does not help.
    private const int MaxQueuedWrites = 16_384;
    private const long MaxQueuedBytes = 256 * 1024 * 1024;

    // A small commit changes up to two dozen pages: table and index pages, whatever its own size.
    private const long PageOverhead = 64 * 1024;
    private const long MaxProbeSize = 16 * 1024 * 1024;

    private readonly SqliteConnection connection;
    private readonly string path;
    private readonly SqliteCache cache;
    private readonly WalCheckpointer? checkpointer;
    private readonly SqliteWrites writes;
    private readonly ILogger logger;
    private readonly Instruments? instruments;
    private readonly SqliteStatement begin;
    private readonly SqliteStatement commit;
    private readonly SqliteStatement rollback;
    private readonly WriteQueue queue = new(MaxQueuedWrites, MaxQueuedBytes);
    private readonly Lock probeGate = new();
    private readonly Task loop;
    private QueuedWrite<bool>? queuedProbe;

    // The size of the largest batch that failed since the last successful probe; 0 if none. Used on the writer thread only.
    private long failedSize;

    // Whether a transaction was written since the last probe. Used on the writer thread only.
    private bool hasWritten;
    private bool fileMoved;

    public SqliteWriter(
        SqliteConnection connection,
        int keptCommits,
        SqliteCache cache,
        ILogger? logger = null,
        WalCheckpointer? checkpointer = null,
        Instruments? instruments = null,
        int keptFeedCommits = 4_096)
    {
        this.instruments = instruments;
        this.checkpointer = checkpointer;
        this.connection = connection;
        this.cache = cache;
        path = connection.DataSource;
        this.logger = logger ?? NullLogger.Instance;
        writes = new SqliteWrites(connection, keptCommits, keptFeedCommits, cache);
        begin = new SqliteStatement(connection, "BEGIN IMMEDIATE");
        commit = new SqliteStatement(connection, "COMMIT");
        rollback = new SqliteStatement(connection, "ROLLBACK");
        loop = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>True if the last transaction or probe found the database file deleted or replaced.</summary>
    public bool FileMoved => Volatile.Read(ref fileMoved);

    /// <summary>The number of the newest feed entry that may be read.</summary>
    public long PublishedFeed => writes.PublishedFeed;

    /// <summary>Runs a write in a transaction and completes when it is on disk.</summary>
    /// <param name="write">The write; runs on the writer thread.</param>
    /// <param name="cancellationToken">Stops waiting, and cancels the write if it has not begun.</param>
    /// <param name="committed">Called on the writer thread after the commit, before the task completes.</param>
    /// <param name="size">The approximate size of the written data, in bytes.</param>
    /// <exception cref="StoreUnavailableException">
    /// The write failed and may or may not have been stored; or the queue is full, or the writer is closed.
    /// </exception>
    public Task<T> WriteAsync<T>(
        Func<SqliteWrites, T> write, CancellationToken cancellationToken, Action<T>? committed = null, int size = 0)
    {
        var queued = new QueuedWrite<T>(write, committed, size, cancellationToken);
        Enqueue(queued);
        return queued.Completion.WaitAsync(cancellationToken);
    }

    /// <summary>
    /// Checks whether commits succeed now. The probe runs right after the current transaction, before queued writes; concurrent calls
    /// share one probe. It writes as much as a small commit, or nothing if a commit was written since the last probe. After a failed
    /// transaction it writes as much as that one, so that a nearly full disk is not reported as available again until commits fit.
    /// </summary>
    /// <exception cref="StoreUnavailableException">Commits fail, or the writer is closed.</exception>
    public Task ProbeAsync(CancellationToken cancellationToken)
    {
        lock (probeGate)
        {
            if (queuedProbe is null)
            {
                // An empty write wakes the writer thread.
                Enqueue(new QueuedWrite<bool>(_ => true, committed: null, size: 0, new CancellationToken(canceled: true)));
                queuedProbe = new QueuedWrite<bool>(WriteProbe, committed: null, size: 0, CancellationToken.None);
            }

            return queuedProbe.Completion.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Throws if the database file was deleted or replaced since it was opened.</summary>
    /// <exception cref="StoreUnavailableException">The connection refers to a file that is no longer at its path.</exception>
    public void ThrowIfFileMoved()
    {
        // Readers call this at the same time as the writer; each change is logged once.
        var moved = SqliteFile.HasMoved(connection, path);
        var before = Interlocked.Exchange(ref fileMoved, moved);
        if (moved && !before)
        {
            Log.FileMoved(logger, path);
        }
        else if (!moved && before)
        {
            Log.FileRestored(logger, path);
        }

        if (moved)
        {
            cache.Clear();
            throw new StoreUnavailableException($"The database file {path} was deleted or replaced.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        queue.Complete();
        await loop;
        writes.Dispose();
        begin.Dispose();
        commit.Dispose();
        rollback.Dispose();
        if (checkpointer is not null)
        {
            await checkpointer.DisposeAsync();
        }

        if (SqliteFile.HasMoved(connection, path))
        {
            SqliteFile.KeepWriteAheadLog(connection);
        }

        await connection.DisposeAsync();
    }

    private void Enqueue(QueuedWrite write)
    {
        if (queue.TryAdd(write) is { } reason)
        {
            throw new StoreUnavailableException($"The write was not queued. {reason}");
        }
    }

    // Blocks, because SQLite is synchronous and this thread belongs to the writer.
    private void Run()
    {
        var batch = new List<QueuedWrite>(BatchSize);
        while (queue.Take() is { } taken)
        {
            // Also between the batches of a long queue. A probe is set together with the empty write that wakes this thread, so it is not missed.
            RunProbe();
            while (taken.TryDequeue(out var write))
            {
                if (write.IsCanceled)
                {
                    write.Cancel();
                }
                else
                {
                    batch.Add(write);
                }

                if (batch.Count == BatchSize || (taken.Count == 0 && batch.Count > 0))
                {
                    RunBatch(batch);
                    batch.Clear();
                    RunProbe();
                }
            }
        }

        RunProbe();
    }

    private void RunProbe()
    {
        QueuedWrite<bool>? probe;
        lock (probeGate)
        {
            (probe, queuedProbe) = (queuedProbe, null);
        }

        if (probe is null)
        {
            return;
        }

        if (RunBatch([probe]))
        {
            failedSize = 0;
        }

        hasWritten = false;
    }

    private bool WriteProbe(SqliteWrites written)
    {
        var size = Math.Max(failedSize, hasWritten ? 0 : PageOverhead);
        if (size > 0)
        {
            written.Probe(size);
        }

        return true;
    }

    private bool RunBatch(List<QueuedWrite> batch)
    {
        var running = false;
        try
        {
            ThrowIfFileMoved();
            begin.Execute();
            running = true;
            writes.Begin();
            var changes = SQLitePCL.raw.sqlite3_total_changes(connection.Handle);
            foreach (var write in batch)
            {
                write.Run(writes);
            }

            running = false;
            writes.Committing();
            commit.Execute();
            hasWritten |= SQLitePCL.raw.sqlite3_total_changes(connection.Handle) != changes;
        }
        catch (Exception e)
        {
            RollBack();
            writes.Failed();
            if (running && batch.Count > 1)
            {
                // One write cannot be stored. Give each write a transaction of its own, so that only that one fails. A failed BEGIN or
                // COMMIT is not retried: every write would fail again, after waiting for the file as long again.
                batch.ForEach(write => RunBatch([write]));
                return false;
            }

            instruments?.CountStoreError(WireNames.Of(StoreKind.Embedded), SqliteErrors.NameOf(e));
            failedSize = Math.Max(failedSize, Math.Min(batch.Sum(write => write.Size + PageOverhead), MaxProbeSize));
            var failure = e is SqliteException ? new StoreUnavailableException($"The store could not write: {e.Message}", e) : e;
            batch.ForEach(write => write.Fail(failure));
            return false;
        }

        writes.Committed();
        batch.ForEach(write => write.Succeed());
        checkpointer?.AfterCommit(connection.Handle!);
        return true;
    }

    // SQLite ends the transaction itself after some errors, such as a full disk. SqliteTransaction is not used because it then throws
    // InvalidOperationException in place of the disk's error.
    private void RollBack()
    {
        try
        {
            if (SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) == 0)
            {
                rollback.Execute();
            }
        }
        catch (SqliteException e)
        {
            // Not rethrown, because that would end the writer thread. BEGIN, and so every write, fails as long as the transaction is open.
            Log.RollbackFailed(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(6101, LogLevel.Critical, "The database file {Path} was deleted or replaced while the service is running. The store is "
            + "unavailable. Put the original file back, or restart the service to open the file that is there now.")]
        public static partial void FileMoved(ILogger logger, string path);

        [LoggerMessage(6102, LogLevel.Information, "The database file {Path} is back. The store is available again.")]
        public static partial void FileRestored(ILogger logger, string path);

        [LoggerMessage(6103, LogLevel.Error, "Could not roll back a failed transaction. Writes fail until it is rolled back.")]
        public static partial void RollbackFailed(ILogger logger, Exception exception);
    }
}
