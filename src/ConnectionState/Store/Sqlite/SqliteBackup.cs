using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>Copies the database file while the service runs, or while it does not.</summary>
internal static class SqliteBackup
{
    /// <summary>
    /// Writes a consistent copy: the file as it is at one moment between two transactions. Commits go on meanwhile; the write-ahead log grows
    /// until the copy is complete. The copy is checked, and on disk when this returns.
    /// </summary>
    /// <param name="database">The database file.</param>
    /// <param name="target">The file to write. It must not exist.</param>
    /// <returns>The number of merchants in the copy.</returns>
    /// <exception cref="StoreUnusableException">The database cannot be read, or the copy cannot be written.</exception>
    public static long Create(string database, string target)
    {
        var (source, copy) = (Path.GetFullPath(database), Path.GetFullPath(target));
        RefuseUnless(File.Exists(source), $"The database file {source} does not exist.");
        RefuseUnless(!Path.Exists(copy), $"The file {copy} exists already.");
        var partial = copy + ".partial";
        try
        {
            File.Delete(partial);
            Copy(source, partial);
            var merchants = Check(partial);
            Flush(partial);
            File.Move(partial, copy);
            FlushFolder(Path.GetDirectoryName(copy)!);
            return merchants;
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new StoreUnusableException($"{source} cannot be copied to {copy}: {e.Message}", e);
        }
        finally
        {
            DeleteIfPossible(partial);
        }
    }

    private static void Copy(string source, string target)
    {
        using var connection = Open(source);
        SqliteSchema.Check(connection, source);
        using var vacuum = connection.CreateCommand();
        vacuum.CommandText = "VACUUM INTO $target";
        vacuum.Parameters.AddWithValue("$target", target);

        // 0: no limit.
        vacuum.CommandTimeout = 0;
        vacuum.ExecuteNonQuery();
    }

    private static long Check(string copy)
    {
        using var connection = Open(copy);
        SqliteSchema.Check(connection, copy);
        var result = Read<string>(connection, "PRAGMA quick_check(1)");
        RefuseUnless(result == "ok", $"The database is damaged: {result}. No backup was made.");
        return Read<long>(connection, "SELECT count(*) FROM merchant");
    }

    private static T Read<T>(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 0;
        return (T)command.ExecuteScalar()!;
    }

    private static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }

    private static void Flush(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Flush(flushToDisk: true);
    }

    // The name of the file is on disk once its folder is. .NET does not open folders.
    private static void FlushFolder(string path)
    {
        const int ReadOnly = 0;
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        var folder = OpenFile(path, ReadOnly);
        var failed = folder < 0 || Sync(folder) != 0;
        _ = folder < 0 ? 0 : Close(folder);
        if (failed)
        {
            throw new IOException($"The folder {path} could not be written to disk.");
        }
    }

    private static void DeleteIfPossible(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
        }
    }

    private static void RefuseUnless(bool condition, string reason)
    {
        if (!condition)
        {
            throw new StoreUnusableException(reason);
        }
    }

    [DllImport("libc", EntryPoint = "open")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int OpenFile([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "fsync")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Sync(int file);

    [DllImport("libc", EntryPoint = "close")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Close(int file);
}
