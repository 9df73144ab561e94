using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace ConnectionStateService.Store.Sqlite;

/// <summary>
/// A statement that is prepared once, on first use. Not thread-safe. It calls SQLite directly: a commit is a few statements of a microsecond
/// each, and <see cref="SqliteCommand"/> adds about as much to each for its reader, its boxed parameters and its own retries.
/// </summary>
/// <remarks>Bind the parameters in their order, then call <see cref="Execute"/> or <see cref="Query"/>.</remarks>
internal sealed class SqliteStatement(SqliteConnection connection, string sql) : IDisposable
{
    private const int StackBytes = 512;

    private sqlite3_stmt? statement;
    private int bound;

    public SqliteStatement Bind(long value)
    {
        Check(raw.sqlite3_bind_int64(Prepared, ++bound, value));
        return this;
    }

    public SqliteStatement Bind(ReadOnlySpan<byte> value)
    {
        Check(raw.sqlite3_bind_blob(Prepared, ++bound, value));
        return this;
    }

    public SqliteStatement Bind(string value)
    {
        if (value.Length == 0)
        {
            // An empty span would bind NULL.
            Check(raw.sqlite3_bind_text(Prepared, ++bound, value));
            return this;
        }

        var size = Encoding.UTF8.GetMaxByteCount(value.Length);
        var buffer = size <= StackBytes ? stackalloc byte[StackBytes] : new byte[size];
        Check(raw.sqlite3_bind_text(Prepared, ++bound, buffer[..Encoding.UTF8.GetBytes(value, buffer)]));
        return this;
    }

    /// <summary>Executes a statement that changes rows, and returns their number.</summary>
    /// <exception cref="SqliteException">SQLite failed.</exception>
    public int Execute()
    {
        using (Query())
        {
            return raw.sqlite3_changes(Handle);
        }
    }

    /// <summary>Executes the statement. Dispose the rows before the next execution.</summary>
    /// <exception cref="SqliteException">SQLite failed.</exception>
    public Rows Query()
    {
        bound = 0;
        var rows = new Rows(this, Prepared);
        try
        {
            rows.Step();
            return rows;
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    public void Dispose() => statement?.Dispose();

    private sqlite3 Handle => connection.Handle ?? throw new ObjectDisposedException(nameof(SqliteConnection));

    private sqlite3_stmt Prepared => statement ??= Prepare();

    private sqlite3_stmt Prepare()
    {
        Check(raw.sqlite3_prepare_v3(Handle, sql, raw.SQLITE_PREPARE_PERSISTENT, out var prepared));
        return prepared;
    }

    private void Check(int result)
    {
        if (result != raw.SQLITE_OK)
        {
            bound = 0;
            SqliteException.ThrowExceptionForRC(result, Handle);
        }
    }

    /// <summary>The rows of a query. The first row has been read when the query returns.</summary>
    internal ref struct Rows(SqliteStatement owner, sqlite3_stmt statement)
    {
        private bool isFirst = true;
        private bool hasRow;

        /// <summary>Moves to the next row, and returns false after the last one.</summary>
        public bool Read()
        {
            if (!isFirst)
            {
                Step();
            }

            isFirst = false;
            return hasRow;
        }

        public readonly long Integer(int column) => raw.sqlite3_column_int64(statement, column);

        public readonly string Text(int column) => raw.sqlite3_column_text(statement, column).utf8_to_string();

        /// <summary>A copy of the bytes; empty if the value is not a BLOB, as after damage.</summary>
        public readonly byte[] Blob(int column) =>
            raw.sqlite3_column_type(statement, column) == raw.SQLITE_BLOB ? raw.sqlite3_column_blob(statement, column).ToArray() : [];

        // The result repeats the error that Step has thrown.
        public readonly void Dispose() => _ = raw.sqlite3_reset(statement);

        internal void Step()
        {
            var result = raw.sqlite3_step(statement);
            hasRow = result == raw.SQLITE_ROW;
            if (!hasRow && result != raw.SQLITE_DONE)
            {
                SqliteException.ThrowExceptionForRC(result, owner.Handle);
            }
        }
    }
}
