using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>
/// Copies the write-ahead log into the database on a thread of its own, so that commits do not wait for it. The log starts again at its beginning
/// only after all of it was copied, which never happens here while commits go on: so the writer copies the short rest itself.
/// </summary>
/// <param name="connection">A connection of its own.</param>
/// <param name="logger">The log.</param>
internal sealed partial class WalCheckpointer(SqliteConnection connection, ILogger logger) : IAsyncDisposable
{
    // 16 MiB. Pages that change often are copied once per checkpoint, so a larger log means less to copy, and a longer start after a crash.
    private const int Threshold = 16 * 1024 * 1024 / SqliteSchema.PageSize;

    // 64 MiB. The log is that large only if the disk copies more slowly than it appends; then commits wait.
    private const int MaxPages = 64 * 1024 * 1024 / SqliteSchema.PageSize;

    private const int Idle = 0;
    private const int Copying = 1;
    private const int RestIsLeft = 2;

    private int state;
    private long pages;
    private Task copying = Task.CompletedTask;

    /// <summary>Called on the writer thread after each transaction.</summary>
    /// <param name="writer">The writer's connection.</param>
    public void AfterCommit(sqlite3 writer)
    {
        // The pages that the connection wrote, all of them to the log.
        _ = raw.sqlite3_db_status(writer, raw.SQLITE_DBSTATUS_CACHE_WRITE, out var written, out _, resetFlg: 1);
        pages += written;
        switch (Volatile.Read(ref state))
        {
            case Idle when pages >= Threshold:
                state = Copying;
                copying = Task.Factory.StartNew(Copy, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                break;

            case Copying when pages >= MaxPages:
                copying.Wait();
                CopyRest(writer);
                break;

            case RestIsLeft:
                CopyRest(writer);
                break;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await copying;
        await connection.DisposeAsync();
    }

    private void Copy()
    {
        Checkpoint(connection.Handle!);
        Volatile.Write(ref state, RestIsLeft);
    }

    private void CopyRest(sqlite3 writer)
    {
        Checkpoint(writer);
        pages = 0;
        state = Idle;
    }

    // PASSIVE waits for nobody: while a reader needs an old state, as a backup does, the log grows and the next checkpoint copies more.
    private void Checkpoint(sqlite3 handle)
    {
        var result = raw.sqlite3_wal_checkpoint_v2(handle, "main", raw.SQLITE_CHECKPOINT_PASSIVE, out _, out _);
        if (result is not (raw.SQLITE_OK or raw.SQLITE_BUSY))
        {
            Log.CheckpointFailed(logger, raw.sqlite3_errmsg(handle).utf8_to_string());
        }
    }

    private static partial class Log
    {
        [LoggerMessage(6111, LogLevel.Error, "The write-ahead log could not be copied into the database, and grows: {Error}.")]
        public static partial void CheckpointFailed(ILogger logger, string error);
    }
}
