using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace ConnectionState.Store.Sqlite;

/// <summary>
/// The one writer, on a thread of its own. What waits goes into one transaction, so that many callers share one flush to disk;
/// nobody is answered before that flush.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private const int BatchSize = 512;

    private readonly SqliteConnection connection;
    private readonly SqliteWrites writes;
    private readonly Channel<Write> waiting = Channel.CreateUnbounded<Write>(new() { SingleReader = true });
    private readonly Task loop;

    public SqliteWriter(SqliteConnection connection, int keptCommits)
    {
        this.connection = connection;
        writes = new SqliteWrites(connection, keptCommits);
        loop = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>Runs <paramref name="write"/> in a transaction and answers when it is on disk.</summary>
    /// <exception cref="StoreUnavailableException">It failed, or the writer is closed; whether it was stored is not known.</exception>
    public Task<T> WriteAsync<T>(Func<SqliteWrites, SqliteTransaction, T> write)
    {
        var item = new Write<T>(write);
        return waiting.Writer.TryWrite(item)
            ? item.Written
            : throw new StoreUnavailableException("The store is closed.");
    }

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
        var batch = new List<Write>(BatchSize);
        while (waiting.Reader.WaitToReadAsync().AsTask().GetAwaiter().GetResult())
        {
            while (batch.Count < BatchSize && waiting.Reader.TryRead(out var write))
            {
                batch.Add(write);
            }

            RunBatch(batch);
            batch.Clear();
        }
    }

    private void RunBatch(List<Write> batch)
    {
        try
        {
            using var transaction = connection.BeginTransaction();
            batch.ForEach(write => write.Run(writes, transaction));
            Commit(transaction);
        }
        catch (Exception e)
        {
            var failure = e is SqliteException ? new StoreUnavailableException($"The store could not write: {e.Message}", e) : e;
            batch.ForEach(write => write.Fail(failure));
            return;
        }

        batch.ForEach(write => write.Succeed());
    }

    private void Commit(SqliteTransaction transaction)
    {
        try
        {
            transaction.Commit();
        }
        catch (SqliteException) when (SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) != 0)
        {
            // When COMMIT fails because the disk does, SQLite has rolled back by itself. The driver does not know, fails to roll
            // back once more, and would take the transaction for open for ever: so it gets one that it can roll back.
            SqliteSchema.Execute(connection, "BEGIN");
            throw;
        }
    }

    private abstract class Write
    {
        public abstract void Run(SqliteWrites writes, SqliteTransaction transaction);

        public abstract void Succeed();

        public abstract void Fail(Exception failure);
    }

    private sealed class Write<T>(Func<SqliteWrites, SqliteTransaction, T> write) : Write
    {
        // Continuations must not run on the writer's thread: they would keep it from the next batch.
        private readonly TaskCompletionSource<T> written = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T? answer;

        public Task<T> Written => written.Task;

        public override void Run(SqliteWrites writes, SqliteTransaction transaction) => answer = write(writes, transaction);

        public override void Succeed() => written.SetResult(answer!);

        public override void Fail(Exception failure) => written.SetException(failure);
    }
}
