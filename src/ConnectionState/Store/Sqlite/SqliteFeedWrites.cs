using Microsoft.Data.Sqlite;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>
/// Appends commits to the feed, and trims it. One lane has the commits of all partitions: they are in one order, because there is one writer. Used on
/// the writer thread, except <see cref="Published"/>.
/// </summary>
internal sealed class SqliteFeedWrites : IDisposable
{
    // How often the feed is trimmed, in entries.
    private const int TrimInterval = 256;

    private readonly SqliteConnection connection;
    private readonly SqliteStatement add;
    private readonly SqliteStatement trim;
    private readonly SqliteStatement newest;
    private readonly long kept;
    private long last;
    private long published;

    public SqliteFeedWrites(SqliteConnection connection, int keptCommits)
    {
        this.connection = connection;
        kept = (long)keptCommits * Partition.Count;
        add = new SqliteStatement(connection, "INSERT INTO feed (merchant, revision, commit_id) VALUES ($1, $2, $3)");
        trim = new SqliteStatement(connection, "DELETE FROM feed WHERE number <= $1");
        newest = new SqliteStatement(connection, "SELECT coalesce(max(number), 0) FROM feed");
        Reset();
    }

    /// <summary>The number of the newest entry whose commit is in the cache. Later entries are not read yet: the cache is behind them.</summary>
    public long Published => Volatile.Read(ref published);

    /// <summary>Reads the newest number from the file. Called at the start, and after another program has changed the file.</summary>
    public void Reset()
    {
        using var rows = newest.Query();
        last = rows.Read() ? rows.Integer(0) : 0;
        Publish();
    }

    /// <summary>Appends a commit.</summary>
    public void Add(PreparedCommit commit)
    {
        add.Bind(commit.MerchantId).Bind(commit.Stored.Record.Revision).Bind((long)commit.Stored.CommitId).Execute();
        last = SQLitePCL.raw.sqlite3_last_insert_rowid(connection.Handle);
        if (last % TrimInterval == 0)
        {
            trim.Bind(last - kept).Execute();
        }
    }

    /// <summary>Forgets the entries of a transaction that failed: their numbers are given again.</summary>
    public void Abandon() => last = published;

    /// <summary>Makes the entries readable, after their transaction was flushed and the cache has it.</summary>
    public void Publish() => Volatile.Write(ref published, last);

    public void Dispose()
    {
        add.Dispose();
        trim.Dispose();
        newest.Dispose();
    }
}
