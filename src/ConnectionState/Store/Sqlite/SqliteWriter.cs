using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>
/// The one writer, on a thread of its own. What waits goes into one transaction, so that many callers share one flush to disk;
/// nobody is answered before that flush.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private const int BatchSize = 512;

    // More than this waits only when the disk has stopped answering; then waiting longer helps nobody.
    private const int LongestQueue = 16_384;

    private readonly SqliteConnection connection;
    private readonly SqliteWrites writes;
    private readonly Channel<QueuedWrite> waiting =
        Channel.CreateBounded<QueuedWrite>(new BoundedChannelOptions(LongestQueue) { SingleReader = true });
    private readonly Task loop;
    private volatile bool lastFailed;

    public SqliteWriter(SqliteConnection connection, int keptCommits)
    {
        this.connection = connection;
        writes = new SqliteWrites(connection, keptCommits);
        loop = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>
    /// Runs <paramref name="write"/> in a transaction and answers when it is on disk; tells <paramref name="written"/> first, on the
    /// writer's thread.
    /// </summary>
    /// <exception cref="StoreUnavailableException">
    /// It failed, and whether it was stored is not known; or too much waits already, or the writer is closed.
    /// </exception>
    public Task<T> WriteAsync<T>(
        Func<SqliteWrites, T> write, CancellationToken cancellationToken, Action<T>? written = null)
    {
        var item = new QueuedWrite<T>(write, written, cancellationToken);
        return waiting.Writer.TryWrite(item)
            ? item.Done.WaitAsync(cancellationToken)
            : throw new StoreUnavailableException("The store is closed, or too much waits for it.");
    }

    /// <summary>Throws when nothing can be written. Really writes only if the last write failed: a full disk shows no other way.</summary>
    public Task ProbeAsync(CancellationToken cancellationToken) => WriteAsync(
        _ =>
        {
            if (lastFailed)
            {
                SqliteSchema.Rewrite(connection);
            }

            return true;
        },
        cancellationToken);

    public async ValueTask DisposeAsync()
    {
        waiting.Writer.TryComplete();
        await loop;
        writes.Dispose();
        await connection.DisposeAsync();
    }

    // Blocking is meant: SQLite is synchronous, and the thread is the writer's own.
    private void Run()
    {
        var batch = new List<QueuedWrite>(BatchSize);
        while (waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (batch.Count < BatchSize && waiting.Reader.TryRead(out var write))
            {
                if (write.IsAbandoned)
                {
                    write.Abandon();
                }
                else
                {
                    batch.Add(write);
                }
            }

            RunBatch(batch);
            batch.Clear();
        }
    }

    private void RunBatch(List<QueuedWrite> batch)
    {
        var running = false;
        try
        {
            SqliteSchema.Execute(connection, "BEGIN IMMEDIATE");
            running = true;
            batch.ForEach(write => write.Run(writes));
            running = false;
            SqliteSchema.Execute(connection, "COMMIT");
        }
        catch (Exception e)
        {
            RollBack();
            if (running && batch.Count > 1)
            {
                // One of the writes cannot be stored, and now none of them is. Each gets a transaction of its own, so that only the
                // bad one fails. A failed BEGIN or COMMIT is not retried: each write would wait for the file as long again.
                batch.ForEach(write => RunBatch([write]));
                return;
            }

            lastFailed = true;
            var failure = e is SqliteException ? new StoreUnavailableException($"The store could not write: {e.Message}", e) : e;
            batch.ForEach(write => write.Fail(failure));
            return;
        }

        lastFailed = false;
        batch.ForEach(write => write.Succeed());
    }

    // SQLite ends a transaction by itself when the disk fails. The statements are our own, and not a SqliteTransaction, because that
    // class then reports InvalidOperationException instead of the disk's error.
    private void RollBack()
    {
        if (SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) == 0)
        {
            SqliteSchema.Execute(connection, "ROLLBACK");
        }
    }
}
