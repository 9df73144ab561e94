using Microsoft.Data.Sqlite;

namespace ConnectionStateService.Tests.Support;

/// <summary>A separate connection to a database file, to inspect and to damage it.</summary>
internal sealed class RawDatabase : IDisposable
{
    private readonly SqliteConnection connection;

    public RawDatabase(string path)
    {
        connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = path, Pooling = false }.ToString());
        connection.Open();
    }

    /// <summary>Executes a statement with the parameters $1, $2 and so on.</summary>
    public void Execute(string sql, params object[] values)
    {
        using var command = Command(sql, values);
        command.ExecuteNonQuery();
    }

    public T Read<T>(string sql, params object[] values)
    {
        using var command = Command(sql, values);
        return (T)command.ExecuteScalar()!;
    }

    /// <summary>The stored bytes of a merchant's page list part.</summary>
    public byte[] Record(string merchantId) => Read<byte[]>("SELECT record FROM merchant WHERE id = $1", merchantId);

    /// <summary>Replaces the stored bytes of a merchant's page list part.</summary>
    public void Damage(string merchantId, Func<byte[], object> damage) =>
        Execute("UPDATE merchant SET record = $2 WHERE id = $1", merchantId, damage(Record(merchantId)));

    public void Dispose() => connection.Dispose();

    private SqliteCommand Command(string sql, object[] values)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters.AddWithValue($"${i + 1}", values[i]);
        }

        return command;
    }
}
