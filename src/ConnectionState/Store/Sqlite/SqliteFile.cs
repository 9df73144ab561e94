using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>The database file of the embedded store, locked for this process.</summary>
internal sealed class SqliteFile : IDisposable
{
    // SQLITE_FCNTL_HAS_MOVED: asks whether the path still refers to the file that the connection has open.
    private const int HasMovedOperation = 20;

    // SQLITE_FCNTL_PERSIST_WAL: whether the last connection leaves the write-ahead log when it closes.
    private const int PersistWalOperation = 10;

    // Milliseconds.
    private const int BusyTimeout = 30_000;

    // The HResult of "locked by another process" on Linux, macOS and Windows.
    private static readonly int[] LockedByAnother = [11, 35, unchecked((int)0x80070020)];

    private readonly FileStream lockFile;

    private SqliteFile(string path, FileStream lockFile)
    {
        Path = path;
        this.lockFile = lockFile;
    }

    /// <summary>The absolute path, with symbolic links resolved.</summary>
    public string Path { get; }

    /// <summary>Locks the file for this process. Creates its folder if it does not exist.</summary>
    /// <exception cref="StoreUnusableException">Another process has the file locked, or the folder cannot be used.</exception>
    public static SqliteFile Lock(string configuredPath)
    {
        var path = System.IO.Path.GetFullPath(configuredPath);
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            path = File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnusableException($"The folder of {path} cannot be used: {e.Message}", e);
        }

        try
        {
            // A separate file, because SQLite has locks of its own on the database. The system releases it however the process ends.
            return new SqliteFile(path, new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (LockedByAnother.Contains(e.HResult))
        {
            throw new StoreUnusableException(
                $"The file {path} is in use by another process. The embedded store serves one process. Stop the other process, "
                + "or set another file with --Store:Path.",
                e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnusableException($"The file {path}.lock cannot be written: {e.Message}", e);
        }
    }

    /// <summary>Opens a connection that commits durably and never checkpoints by itself. Creates the tables that the file does not have.</summary>
    /// <exception cref="StoreUnusableException">The file belongs to another program or a newer version. It is left unchanged.</exception>
    public SqliteConnection OpenWriter()
    {
        var connection = Open(SqliteOpenMode.ReadWriteCreate);
        try
        {
            SqliteSchema.Check(connection, Path);
            SqliteSchema.Execute(connection, $"PRAGMA page_size = {SqliteSchema.PageSize}");
            SqliteSchema.Execute(connection, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0");
            SqliteSchema.Prepare(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Opens a connection that copies the write-ahead log into the database.</summary>
    public SqliteConnection OpenCheckpointer()
    {
        var connection = Open(SqliteOpenMode.ReadWrite);

        // A connection that has read nothing does not know that there is a log, and copies nothing.
        SqliteSchema.Execute(connection, "SELECT count(*) FROM sqlite_schema");
        return connection;
    }

    /// <summary>Opens a read-only connection.</summary>
    public SqliteConnection OpenReader() => Open(SqliteOpenMode.ReadOnly);

    /// <summary>Whether the database file was deleted or replaced, or its write-ahead log deleted, since the connection opened it.</summary>
    /// <remarks>On Windows, an open database file cannot be deleted. A closed connection has not moved.</remarks>
    public static bool HasMoved(SqliteConnection connection, string path)
    {
        if (connection.Handle is not { } handle)
        {
            return false;
        }

        var moved = 0;
        return (FileControl(handle, nint.Zero, HasMovedOperation, ref moved) == SQLitePCL.raw.SQLITE_OK && moved != 0)
            || !File.Exists(path + "-wal");
    }

    /// <summary>Keeps SQLite from deleting the write-ahead log by its path: the file there may now belong to another database.</summary>
    public static void KeepWriteAheadLog(SqliteConnection connection)
    {
        var persist = 1;
        _ = FileControl(connection.Handle!, nint.Zero, PersistWalOperation, ref persist);
    }

    public void Dispose() => lockFile.Dispose();

    private SqliteConnection Open(SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = Path, Mode = mode, Pooling = false }.ToString());
        connection.Open();

        // Another program that writes, such as a backup, holds up writes for its time.
        _ = SQLitePCL.raw.sqlite3_busy_timeout(connection.Handle, BusyTimeout);
        return connection;
    }

    // SQLitePCLRaw does not wrap this function.
    [DllImport("e_sqlite3", EntryPoint = "sqlite3_file_control")]
    private static extern int FileControl(SafeHandle connection, nint databaseName, int operation, ref int argument);
}
