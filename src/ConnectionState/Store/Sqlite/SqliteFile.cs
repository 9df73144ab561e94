using Microsoft.Data.Sqlite;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>The file of the embedded store: one process at a time.</summary>
internal sealed class SqliteFile : IDisposable
{
    // How Linux, macOS and Windows number "somebody else has the lock"; .NET hands the number through.
    private static readonly int[] LockedByAnother = [11, 35, unchecked((int)0x80070020)];

    private readonly FileStream ownership;

    private SqliteFile(string path, FileStream ownership)
    {
        Path = path;
        this.ownership = ownership;
    }

    public string Path { get; }

    /// <summary>Makes the folder if need be, and takes the file for this process.</summary>
    /// <exception cref="StoreRefusedException">Another process has it, or it cannot be used.</exception>
    public static SqliteFile Take(string configured)
    {
        var path = System.IO.Path.GetFullPath(configured);
        try
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
            path = File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreRefusedException($"The folder of {path} cannot be used: {e.Message}", e);
        }

        try
        {
            // The lock is a file of its own, held open: the system lets go of it when the process ends, however it ends.
            return new SqliteFile(path, new FileStream(path + ".lock", FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (LockedByAnother.Contains(e.HResult))
        {
            throw new StoreRefusedException(
                $"The file {path} is in use by another process. The embedded store serves one process; stop the other one, "
                + "or give this one another file with --Store:Path.",
                e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreRefusedException($"The file {path}.lock cannot be written: {e.Message}", e);
        }
    }

    /// <summary>A connection to the file that commits durably; the tables are there.</summary>
    /// <exception cref="StoreRefusedException">The file is another program's, or a newer version's; it is left as it is.</exception>
    public SqliteConnection OpenWriter()
    {
        var connection = Open(SqliteOpenMode.ReadWriteCreate);
        try
        {
            SqliteSchema.Check(connection, Path);
            SqliteSchema.Execute(connection, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
            SqliteSchema.Prepare(connection);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>A connection to the file that cannot write.</summary>
    public SqliteConnection OpenReader() => Open(SqliteOpenMode.ReadOnly);

    public void Dispose() => ownership.Dispose();

    private SqliteConnection Open(SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = Path, Mode = mode, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }
}
