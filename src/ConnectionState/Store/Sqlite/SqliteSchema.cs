using Microsoft.Data.Sqlite;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>The database schema. Times are whole milliseconds since 1970.</summary>
internal static class SqliteSchema
{
    /// <summary>The current schema version, stored as <c>user_version</c>. Files with another version are rejected.</summary>
    public const int Version = 4;

    /// <summary>
    /// The page size of new files, in bytes. A commit writes each page that it changes to the log as a whole: 2 KiB give 7 % more commits per second
    /// than SQLite's 4 KiB; 1 KiB give no more, because a merchant then takes several pages.
    /// </summary>
    public const int PageSize = 2048;

    // "CSt8". Distinguishes our files from other programs' databases.
    private const int ApplicationId = 0x43537438;

    // "record" is the page list part. The requests of the history entries from requests_from to requests_to are remembered.
    // The tables with large values keep their rowid: with ids as keys of a WITHOUT ROWID table, whole records would fill the inner pages of the
    // tree, so that a million merchants need nine levels in place of four. "due" is a table of its own because SQLite rewrites the index of a column
    // that an UPDATE sets, even to the same value.
    private const string Tables = """
        CREATE TABLE merchant (
          id TEXT NOT NULL PRIMARY KEY,
          revision INTEGER NOT NULL,
          commit_id INTEGER NOT NULL,
          requests_from INTEGER NOT NULL,
          requests_to INTEGER NOT NULL,
          record BLOB NOT NULL,
          partition INTEGER NOT NULL);
        CREATE INDEX merchant_partition ON merchant (partition, id);

        CREATE TABLE candidates (
          merchant TEXT NOT NULL,
          session TEXT NOT NULL,
          candidates BLOB NOT NULL,
          PRIMARY KEY (merchant, session));

        CREATE TABLE due (
          merchant TEXT NOT NULL PRIMARY KEY,
          at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX due_at ON due (at, merchant);

        CREATE TABLE history (
          merchant TEXT NOT NULL,
          revision INTEGER NOT NULL,
          entry BLOB NOT NULL,
          PRIMARY KEY (merchant, revision)) WITHOUT ROWID;

        -- One row per commit, in the order of the commits. The numbers are consecutive, because the newest row is never deleted.
        CREATE TABLE feed (
          number INTEGER PRIMARY KEY,
          merchant TEXT NOT NULL,
          revision INTEGER NOT NULL,
          commit_id INTEGER NOT NULL);

        -- The listed connections of all merchants, and how many there are.
        CREATE TABLE listed (
          merchant TEXT NOT NULL,
          provider INTEGER NOT NULL,
          page_id TEXT NOT NULL,
          state INTEGER NOT NULL,
          cause INTEGER NOT NULL,
          since INTEGER NOT NULL,
          PRIMARY KEY (merchant, provider, page_id)) WITHOUT ROWID;
        -- Of the lost ones: neither Pending nor Connected.
        CREATE INDEX lost ON listed (provider, state, since) WHERE state > 2;

        CREATE TABLE tally (
          provider INTEGER NOT NULL,
          state INTEGER NOT NULL,
          cause INTEGER NOT NULL,
          count INTEGER NOT NULL,
          PRIMARY KEY (provider, state, cause)) WITHOUT ROWID;

        -- How many connections that worked were lost on a day, in days since 1970.
        CREATE TABLE losses (
          day INTEGER NOT NULL,
          provider INTEGER NOT NULL,
          state INTEGER NOT NULL,
          cause INTEGER NOT NULL,
          count INTEGER NOT NULL,
          PRIMARY KEY (day, provider, state, cause)) WITHOUT ROWID;

        CREATE TABLE page (
          provider INTEGER NOT NULL,
          page_id TEXT NOT NULL,
          merchant TEXT NOT NULL,
          PRIMARY KEY (provider, page_id, merchant)) WITHOUT ROWID;

        -- The merchants with a listed connection that uses the account.
        CREATE TABLE account (
          provider INTEGER NOT NULL,
          account_id TEXT NOT NULL,
          merchant TEXT NOT NULL,
          PRIMARY KEY (provider, account_id, merchant)) WITHOUT ROWID;

        CREATE TABLE page_hold (
          provider INTEGER NOT NULL,
          page_id TEXT NOT NULL,
          merchant TEXT NOT NULL,
          hold_id INTEGER NOT NULL,
          PRIMARY KEY (provider, page_id)) WITHOUT ROWID;

        CREATE TABLE claim (
          merchant TEXT NOT NULL,
          provider INTEGER NOT NULL,
          page_id TEXT NOT NULL,
          granted_at INTEGER NOT NULL,
          PRIMARY KEY (merchant, provider, page_id)) WITHOUT ROWID;
        CREATE INDEX claim_granted_at ON claim (granted_at);

        -- What is kept of the consumers of the feed.
        CREATE TABLE feed_consumer (
          name TEXT NOT NULL PRIMARY KEY,
          state BLOB NOT NULL);

        -- The sealed keys that merchant tokens are signed with, in one row.
        CREATE TABLE signing_keys (
          id INTEGER PRIMARY KEY CHECK (id = 1),
          sealed BLOB NOT NULL);

        CREATE TABLE revocation (
          merchant TEXT NOT NULL PRIMARY KEY,
          until INTEGER NOT NULL) WITHOUT ROWID;

        -- Holds the filler of a readiness probe while it is written.
        CREATE TABLE probe (filler BLOB NOT NULL);
        """;

    /// <summary>Checks that the file is new or has a known schema. Writes nothing.</summary>
    /// <exception cref="StoreUnusableException">The file belongs to another program or another version.</exception>
    public static void Check(SqliteConnection connection, string path)
    {
        if (IsEmpty(connection))
        {
            return;
        }

        if (Read(connection, "PRAGMA application_id") != ApplicationId)
        {
            throw new StoreUnusableException($"The file {path} is a database of another program. Set another file with --Store:Path.");
        }

        var version = Read(connection, "PRAGMA user_version");
        if (version != Version)
        {
            throw new StoreUnusableException(
                $"The file {path} has schema version {version}; this version of ConnectionState supports version {Version}. "
                + "Start the version that wrote the file.");
        }
    }

    /// <summary>Creates the tables of a new file.</summary>
    public static void Prepare(SqliteConnection connection)
    {
        using var transaction = connection.BeginTransaction();
        if (IsEmpty(connection))
        {
            Execute(connection, Tables);
            Execute(connection, $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Version}");
        }

        transaction.Commit();
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static bool IsEmpty(SqliteConnection connection) =>
        Read(connection, "SELECT count(*) FROM sqlite_schema") == 0
        && Read(connection, "PRAGMA application_id") == 0 && Read(connection, "PRAGMA user_version") == 0;

    private static long Read(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
