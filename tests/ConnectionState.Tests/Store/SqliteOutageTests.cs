using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Tests.Store;

/// <summary>When the embedded store is unavailable: before it is opened, after it is closed, and when SQLite fails.</summary>
public sealed class SqliteOutageTests : IAsyncLifetime, IDisposable
{
    private const string M = "merchant-1";
    private readonly TemporaryFolder folder = new();
    private readonly string path;
    private readonly SqliteStore store;

    public SqliteOutageTests()
    {
        path = folder.File("store.db");
        store = New();
    }

    public Task InitializeAsync() => store.OpenAsync(CancellationToken.None);

    public async Task DisposeAsync() => await store.DisposeAsync();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_store_is_unavailable_before_it_is_opened()
    {
        await using var unopened = New();

        await AssertUnavailableAsync(() => unopened.CheckAsync(CancellationToken.None));
        await AssertUnavailableAsync(async () => await unopened.ReadAsync(M, CancellationToken.None));
    }

    [Fact]
    public async Task Writes_and_checks_fail_after_the_store_is_closed()
    {
        await store.DisposeAsync();

        await AssertUnavailableAsync(() => CommitAsync(M));
        await AssertUnavailableAsync(() => store.CheckAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_read_after_the_store_is_closed_fails_and_does_not_reopen_the_file()
    {
        await store.DisposeAsync();

        await AssertUnavailableAsync(ReadAsync);
        Assert.False(File.Exists(path + "-shm"));
    }

    [Fact]
    public async Task The_store_can_be_disposed_twice()
    {
        await store.DisposeAsync();
        await store.DisposeAsync();
    }

    [Fact]
    public async Task Closing_the_store_removes_the_write_ahead_log()
    {
        await CommitAsync(M);
        await ReadAsync();
        Assert.True(File.Exists(path + "-wal"));

        await store.DisposeAsync();

        Assert.False(File.Exists(path + "-wal"));
        Assert.False(File.Exists(path + "-shm"));
    }

    [Fact]
    public async Task Closing_the_store_flushes_queued_writes()
    {
        var commits = Enumerable.Range(1, 64).Select(n => CommitAsync($"merchant-{n}")).ToArray();

        await store.DisposeAsync();
        await Task.WhenAll(commits);

        using var database = new RawDatabase(path);
        Assert.Equal(64, database.Read<long>("SELECT count(*) FROM merchant"));
    }

    [Fact]
    public async Task The_store_is_unavailable_while_a_table_is_missing()
    {
        using var database = new RawDatabase(path);
        await CommitAsync("merchant-0");
        await ReadAsync();
        database.Execute("ALTER TABLE merchant RENAME TO hidden");

        await AssertUnavailableAsync(() => CommitAsync(M));
        await AssertUnavailableAsync(ReadAsync);

        database.Execute("ALTER TABLE hidden RENAME TO merchant");
        await CommitAsync(M);
        await ReadAsync();
    }

    [Fact]
    public async Task A_canceled_check_does_not_wait_for_the_disk()
    {
        using var database = new RawDatabase(path);
        database.Execute("BEGIN IMMEDIATE");
        using var cancelled = new CancellationTokenSource();
        var check = store.CheckAsync(cancelled.Token);

        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => check);
        database.Execute("ROLLBACK");
    }

    private static async Task AssertUnavailableAsync(Func<Task> call) =>
        await Assert.ThrowsAsync<StoreUnavailableException>(call);

    private SqliteStore New() => new(Options.Create(new StoreOptions { Path = path }), TimeProvider.System);

    private async Task ReadAsync() => await store.ReadAsync(M, CancellationToken.None);

    private async Task CommitAsync(string merchantId)
    {
        var nothing = new StoredMerchant(MerchantRecord.Unknown(merchantId), 0);
        Assert.True((await store.CommitAsync(StoreSamples.After(nothing), CancellationToken.None)).Succeeded);
    }
}
