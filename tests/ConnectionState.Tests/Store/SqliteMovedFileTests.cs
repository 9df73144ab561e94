using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace ConnectionStateService.Tests.Store;

/// <summary>The database file is deleted or replaced while the embedded store is open.</summary>
public sealed class SqliteMovedFileTests : IAsyncLifetime, IDisposable
{
    private const string M = "merchant-1";
    private readonly TemporaryFolder folder = new();
    private readonly FakeLogger<SqliteStore> log = new();
    private readonly string path;
    private readonly SqliteStore store;

    public SqliteMovedFileTests()
    {
        path = folder.File("store.db");
        store = new SqliteStore(Options.Create(new StoreOptions { Path = path }), new FakeTimeProvider(StoreSamples.Time), log);
    }

    public async Task InitializeAsync()
    {
        await store.OpenAsync(CancellationToken.None);
        await CommitAsync();
        await ReadAsync();
    }

    public async Task DisposeAsync() => await store.DisposeAsync();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Commits_and_checks_fail_after_the_file_was_deleted()
    {
        File.Delete(path);

        await AssertUnavailableAsync(() => store.CheckAsync(CancellationToken.None));
        await AssertUnavailableAsync(CommitAsync);
    }

    [Fact]
    public async Task Commits_fail_after_the_write_ahead_log_was_deleted()
    {
        File.Delete(path + "-wal");

        await AssertUnavailableAsync(CommitAsync);
    }

    [Fact]
    public async Task Nothing_is_written_to_or_read_from_a_file_that_replaced_the_database()
    {
        // Another store's data under the same path, as after a restore from a backup.
        using (var database = new RawDatabase(path))
        {
            database.Execute($"VACUUM INTO '{folder.File("backup.db")}'");
        }

        await CommitAsync();
        File.Move(folder.File("backup.db"), path, overwrite: true);
        var before = await File.ReadAllBytesAsync(path);

        await AssertUnavailableAsync(CommitAsync);
        await AssertUnavailableAsync(ReadAsync);
        await AssertUnavailableAsync(() => store.CheckAsync(CancellationToken.None));

        Assert.Equal(before, await File.ReadAllBytesAsync(path));
    }

    [Fact]
    public async Task The_failure_is_logged_once_as_critical_with_the_path()
    {
        File.Delete(path);

        await AssertUnavailableAsync(() => store.CheckAsync(CancellationToken.None));
        await AssertUnavailableAsync(() => store.CheckAsync(CancellationToken.None));

        var entry = Assert.Single(log.Collector.GetSnapshot());
        Assert.Equal(LogLevel.Critical, entry.Level);
        Assert.Contains($"The database file {path} was deleted or replaced", entry.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_failure_is_logged_once_if_several_threads_notice_it_at_the_same_time()
    {
        using var file = SqliteFile.Lock(folder.File("other.db"));
        var cache = new SqliteCache(capacity: 0);
        await using var writer = new SqliteWriter(file.OpenWriter(), keptCommits: 10, cache, log);
        File.Delete(file.Path);

        Parallel.For(0, 100, _ => Assert.Throws<StoreUnavailableException>(writer.ThrowIfFileMoved));

        Assert.Single(log.Collector.GetSnapshot(), entry => entry.Level == LogLevel.Critical);
    }

    [Fact]
    public async Task The_store_is_available_again_after_the_file_was_moved_back()
    {
        File.Move(path, folder.File("moved.db"));
        await AssertUnavailableAsync(CommitAsync);

        File.Move(folder.File("moved.db"), path);

        await store.CheckAsync(CancellationToken.None);
        await CommitAsync();
        await ReadAsync();
        Assert.Equal(LogLevel.Information, log.LatestRecord.Level);
    }

    [Fact]
    public async Task Closing_the_store_leaves_the_write_ahead_log_of_a_database_that_replaced_its_own()
    {
        File.Delete(path);
        await File.WriteAllTextAsync(path, "another database");
        File.Delete(path + "-wal");
        await File.WriteAllTextAsync(path + "-wal", "its write-ahead log");

        await store.DisposeAsync();

        Assert.Equal("another database", await File.ReadAllTextAsync(path));
        Assert.Equal("its write-ahead log", await File.ReadAllTextAsync(path + "-wal"));
    }

    private static async Task AssertUnavailableAsync(Func<Task> call) => await Assert.ThrowsAsync<StoreUnavailableException>(call);

    private async Task ReadAsync() => await store.ReadAsync(M, CancellationToken.None);

    // A merchant of its own each time, so that it need not be read first.
    private async Task CommitAsync()
    {
        var unknown = new StoredMerchant(MerchantRecord.Unknown($"merchant-{Guid.NewGuid():N}"), 0);
        Assert.True((await store.CommitAsync(StoreSamples.After(unknown), CancellationToken.None)).Succeeded);
    }
}
