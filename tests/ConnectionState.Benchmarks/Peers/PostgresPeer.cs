using Npgsql;

namespace ConnectionStateService.Benchmarks.Peers;

/// <summary>
/// The work of a read and of a commit on PostgreSQL: a row per merchant, a row per change, and a notification, in one transaction. Each
/// caller keeps its connection, and the statements are prepared.
/// </summary>
internal sealed class PostgresPeer : IAsyncDisposable
{
    private const string Schema = """
        CREATE TABLE merchant (id text PRIMARY KEY, revision bigint NOT NULL, record bytea NOT NULL);
        CREATE TABLE change (merchant_id text NOT NULL, revision bigint NOT NULL, change bytea NOT NULL, PRIMARY KEY (merchant_id, revision));
        """;

    private readonly PostgresServer server;
    private readonly NpgsqlDataSource source;
    private readonly List<NpgsqlConnection> connections = [];
    private readonly byte[] record;
    private readonly byte[] change;

    private PostgresPeer(PostgresServer server, int merchants, int recordBytes, int changeBytes)
    {
        this.server = server;
        source = NpgsqlDataSource.Create($"{server.ConnectionString};Maximum Pool Size={merchants + 1};Max Auto Prepare=20;Auto Prepare Min Usages=2");
        (record, change) = (new byte[recordBytes], new byte[changeBytes]);
    }

    public static async Task<PostgresPeer> StartAsync(int merchants, int recordBytes, int changeBytes)
    {
        var peer = new PostgresPeer(await PostgresServer.StartAsync(), merchants, recordBytes, changeBytes);
        await using (var schema = peer.source.CreateCommand(Schema))
        {
            await schema.ExecuteNonQueryAsync();
        }

        for (var merchant = 0; merchant < merchants; merchant++)
        {
            peer.connections.Add(await peer.source.OpenConnectionAsync());
            await using var insert = new NpgsqlCommand("INSERT INTO merchant VALUES ($1, 0, $2)", peer.connections[merchant])
            {
                Parameters = { new() { Value = NameOf(merchant) }, new() { Value = peer.record } },
            };
            await insert.ExecuteNonQueryAsync();
        }

        return peer;
    }

    /// <summary>Replaces the row of a merchant, inserts a change and notifies, durably.</summary>
    public async Task CommitAsync(int merchant)
    {
        var connection = connections[merchant];
        await using var transaction = await connection.BeginTransactionAsync();
        await using var select = new NpgsqlCommand("SELECT revision, record FROM merchant WHERE id = $1 FOR UPDATE", connection, transaction)
        {
            Parameters = { new() { Value = NameOf(merchant) } },
        };
        var revision = (long)(await select.ExecuteScalarAsync())! + 1;
        await using var writes = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                new("UPDATE merchant SET revision = $2, record = $3 WHERE id = $1")
                {
                    Parameters = { new() { Value = NameOf(merchant) }, new() { Value = revision }, new() { Value = record } },
                },
                new("INSERT INTO change VALUES ($1, $2, $3)")
                {
                    Parameters = { new() { Value = NameOf(merchant) }, new() { Value = revision }, new() { Value = change } },
                },
                new("SELECT pg_notify('changes', $1)") { Parameters = { new() { Value = NameOf(merchant) } } },
            },
        };
        await writes.ExecuteNonQueryAsync();
        await transaction.CommitAsync();
    }

    public async Task SelectAsync(int merchant)
    {
        await using var select = new NpgsqlCommand("SELECT record FROM merchant WHERE id = $1", connections[merchant])
        {
            Parameters = { new() { Value = NameOf(merchant) } },
        };
        if (await select.ExecuteScalarAsync() is not byte[])
        {
            throw new InvalidOperationException($"Merchant {merchant} was not found.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in connections)
        {
            await connection.DisposeAsync();
        }

        await source.DisposeAsync();
        server.Dispose();
    }

    private static string NameOf(int merchant) => $"merchant-{merchant}";
}
