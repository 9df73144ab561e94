using Microsoft.Data.Sqlite;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>Names errors for metrics.</summary>
internal static class SqliteErrors
{
    /// <summary>Returns one of few names: the result code of SQLite, such as <c>SQLITE_13</c> for a full disk, or the type of the exception.</summary>
    public static string NameOf(Exception e) => e is SqliteException sqlite ? $"SQLITE_{sqlite.SqliteErrorCode}" : e.GetType().Name;
}
