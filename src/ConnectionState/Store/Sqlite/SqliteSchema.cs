using Microsoft.Data.Sqlite;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>The tables of the embedded store. Times are whole milliseconds since 1970.</summary>
internal static class SqliteSchema
{
    /// <summary>The version that is written; kept in the file as <c>user_version</c>. A file with a newer one is refused.</summary>
    public const int Version = 1;

    // "CSt8": tells a file of ours from another program's.
    private const int ApplicationId = 0x43537438;

    private const string Tables = """
        CREATE TABLE merchant (
          id TEXT NOT NULL PRIMARY KEY,
          revision INTEGER NOT NULL,
          commit_id INTEGER NOT NULL,
          record BLOB NOT NULL,
          due INTEGER);
        CREATE INDEX merchant_due ON merchant (due, id) WHERE due IS NOT NULL;

        CREATE TABLE history (
          merchant TEXT NOT NULL,
          revision INTEGER NOT NULL,
          entry BLOB NOT NULL,
          PRIMARY KEY (merchant, revision)) WITHOUT ROWID;

        CREATE TABLE page (
          provider INTEGER NOT NULL,
          page_id TEXT NOT NULL,
          merchant TEXT NOT NULL,
          PRIMARY KEY (provider, page_id, merchant)) WITHOUT ROWID;

        CREATE TABLE claim (
          merchant TEXT NOT NULL,
          provider INTEGER NOT NULL,
          page_id TEXT NOT NULL,
          granted_at INTEGER NOT NULL,
          PRIMARY KEY (merchant, provider, page_id)) WITHOUT ROWID;
        CREATE INDEX claim_granted_at ON claim (granted_at);
        """;

    /// <summary>Refuses a file that is another program's or a newer version's; writes nothing.</summary>
    public static void Check(SqliteConnection connection, string path)
    {
        if (IsEmpty(connection))
        {
            return;
        }

        if (Read(connection, "PRAGMA application_id") != ApplicationId)
        {
            throw new StoreRefusedException($"The file {path} is a database, but not one of ConnectionState's. Name another file.");
        }

        var version = Read(connection, "PRAGMA user_version");
        if (version > Version)
        {
            throw new StoreRefusedException(
                $"The file {path} has schema version {version}; this version of ConnectionState knows up to {Version}. "
                + "Start the version that wrote it, or a newer one.");
        }
    }

    /// <summary>Makes the tables in a new file.</summary>
    public static void Prepare(SqliteConnection connection)
    {
        if (!IsEmpty(connection))
        {
            return;
        }

        using var transaction = connection.BeginTransaction();
        Execute(connection, Tables);
        Execute(connection, $"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {Version}");
        transaction.Commit();
    }

    /// <summary>Writes what is there already, to find out whether the disk takes it.</summary>
    public static void Rewrite(SqliteConnection connection) => Execute(connection, $"PRAGMA user_version = {Version}");

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
