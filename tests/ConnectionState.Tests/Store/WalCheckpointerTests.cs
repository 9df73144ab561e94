using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Tests.Support;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace ConnectionStateService.Tests.Store;

/// <summary>The write-ahead log is copied into the database while commits go on, and stays bounded.</summary>
public sealed class WalCheckpointerTests : IAsyncLifetime, IDisposable
{
    private const string M = "merchant-1";
    private readonly TemporaryFolder folder = new();
    private readonly SqliteFile file;
    private readonly SqliteConnection connection;
    private readonly SqliteCache cache = new(capacity: 1_000_000);
    private readonly SqliteWriter writer;

    public WalCheckpointerTests()
    {
        file = SqliteFile.Lock(folder.File("store.db"));
        connection = file.OpenWriter();
        writer = new SqliteWriter(
            connection, keptCommits: 10, cache, checkpointer: new WalCheckpointer(file.OpenCheckpointer(), NullLogger.Instance));
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await writer.DisposeAsync();

    public void Dispose()
    {
        file.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task The_log_stays_bounded_while_commits_go_on_and_the_cache_is_kept()
    {
        Assert.True(await writer.WriteAsync(Commit, CancellationToken.None));

        // 256 MiB in all.
        for (var n = 0; n < 1_024; n++)
        {
            await writer.WriteAsync(Fill, CancellationToken.None);
        }

        // 64 MiB, and what one transaction and one checkpoint add.
        Assert.InRange(new FileInfo(file.Path + "-wal").Length, 1, 100 * 1024 * 1024);

        // A checkpoint does not look like a change by another program.
        Assert.NotNull(cache.Find(M));
    }

    private static bool Commit(SqliteWrites writes) =>
        writes.Commit(new PreparedCommit(StoreSamples.After(new StoredMerchant(MerchantRecord.Unknown(M), 0)))).Succeeded;

    private static bool Fill(SqliteWrites writes)
    {
        writes.Probe(256 * 1024);
        return true;
    }
}
