using Microsoft.Data.Sqlite;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>Finds out whether a process could open the embedded store, without opening it.</summary>
internal static class SqliteInspection
{
    /// <summary>Returns what is at the path. Leaves everything as it is.</summary>
    /// <exception cref="StoreUnusableException">The store could not be opened.</exception>
    public static string Describe(string configuredPath)
    {
        var path = Path.GetFullPath(configuredPath);
        if (!File.Exists(path))
        {
            RefuseIfNotWritable(FindExisting(Path.GetDirectoryName(path)!));
            return $"embedded, {path}; it does not exist yet and will be created";
        }

        RefuseIfNotWritable(Path.GetDirectoryName(path)!);
        try
        {
            using var connection = new SqliteConnection(
                new SqliteConnectionStringBuilder { DataSource = path, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
            connection.Open();
            SqliteSchema.Check(connection, path);
        }
        catch (SqliteException e)
        {
            throw new StoreUnusableException($"The file {path} cannot be used: {e.Message}", e);
        }

        return $"embedded, {path}{(IsLocked(path) ? "; a process serves it, and must stop before another can start" : "")}";
    }

    private static bool IsLocked(string path)
    {
        try
        {
            using var file = new FileStream(path + ".lock", FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static string FindExisting(string folder) =>
        Path.Exists(folder) ? folder : FindExisting(Path.GetDirectoryName(folder) ?? Path.GetPathRoot(folder)!);

    private static void RefuseIfNotWritable(string folder)
    {
        try
        {
            using var file = new FileStream(
                Path.Combine(folder, $".{Guid.NewGuid():N}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnusableException($"The folder {folder} cannot be written: {e.Message}", e);
        }
    }
}
