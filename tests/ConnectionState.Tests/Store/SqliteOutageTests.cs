using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Tests.Store;

/// <summary>When the embedded store can serve and when not: before it is opened, after it is closed, and when SQLite fails.</summary>
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
    public async Task Before_opening_the_store_is_unavailable()
    {
        await using var unopened = New();

        await AssertUnavailableAsync(() => unopened.CheckAsync(CancellationToken.None));
        await AssertUnavailableAsync(async () => await unopened.ReadAsync(M, CancellationToken.None));
    }

    [Fact]
    public async Task After_closing_a_write_finds_the_store_unavailable()
    {
        await store.DisposeAsync();

        await AssertUnavailableAsync(() => CommitAsync(M));
        await AssertUnavailableAsync(() => store.CheckAsync(CancellationToken.None));
    }

    [Fact]
    public async Task After_closing_a_read_finds_the_store_unavailable_and_does_not_open_the_file_again()
    {
        await store.DisposeAsync();

        await AssertUnavailableAsync(ReadAsync);
        Assert.False(File.Exists(path + "-shm"));
    }

    [Fact]
    public async Task Closing_twice_does_no_harm()
    {
        await store.DisposeAsync();
        await store.DisposeAsync();
    }

    [Fact]
    public async Task Closing_tidies_up_the_log()
    {
        await CommitAsync(M);
        await ReadAsync();
        Assert.True(File.Exists(path + "-wal"));

        await store.DisposeAsync();

        Assert.False(File.Exists(path + "-wal"));
        Assert.False(File.Exists(path + "-shm"));
    }

    [Fact]
    public async Task What_waits_is_written_before_the_store_is_closed()
    {
        var commits = Enumerable.Range(1, 64).Select(n => CommitAsync($"merchant-{n}")).ToArray();

        await store.DisposeAsync();
        await Task.WhenAll(commits);

        using var database = new RawDatabase(path);
        Assert.Equal(64, database.Read<long>("SELECT count(*) FROM merchant"));
    }

    [Fact]
    public async Task When_a_table_is_gone_the_store_is_unavailable_until_it_is_back()
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
    public async Task A_call_that_is_cancelled_does_not_wait_for_the_disk()
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

    private SqliteStore New() => new(Options.Create(new StoreOptions { Path = path }), new ManualClock());

    private async Task ReadAsync() => await store.ReadAsync(M, CancellationToken.None);

    private async Task CommitAsync(string merchantId)
    {
        var nothing = new StoredMerchant(MerchantRecord.Unknown(merchantId), 0);
        Assert.True((await store.CommitAsync(StoreSamples.After(nothing), CancellationToken.None)).Won);
    }
}
