using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Tests.Store;

/// <summary>Reads of the embedded store that are answered from its cache, and what makes the cache forget.</summary>
public sealed class SqliteCachedReadTests : IAsyncLifetime, IDisposable
{
    private const string M = "merchant-1";
    private const int KeptCommits = 20;
    private readonly TemporaryFolder folder = new();
    private readonly string path;
    private readonly SqliteStore store;

    public SqliteCachedReadTests()
    {
        path = folder.File("store.db");
        store = New();
    }

    public Task InitializeAsync() => store.OpenAsync(CancellationToken.None);

    public async Task DisposeAsync() => await store.DisposeAsync();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_committed_merchant_is_read_without_the_file()
    {
        var committed = await CommitAsync(Unknown);
        Execute("ALTER TABLE merchant RENAME TO hidden");

        Assert.Same(committed.Record, (await ReadAsync()).Record);
        Assert.Same(committed.Record, store.TryGetCached(M)?.Record);
        Assert.Equal(committed.Position, Assert.Single(await store.ReadPositionsAsync([M], CancellationToken.None)));
    }

    [Fact]
    public async Task A_merchant_that_was_read_once_is_read_without_the_file()
    {
        var committed = await CommitAsync(Unknown);
        await using var reopened = await ReopenAsync();
        await reopened.ReadAsync(M, CancellationToken.None);
        Execute("ALTER TABLE merchant RENAME TO hidden");

        Assert.Equal(committed.Position, (await reopened.ReadAsync(M, CancellationToken.None)).Position);
    }

    [Fact]
    public async Task A_commit_that_fails_leaves_the_merchant_as_it_is_stored()
    {
        var stored = await CommitAsync(Unknown);
        Execute("CREATE TRIGGER outage BEFORE INSERT ON history BEGIN SELECT RAISE(ABORT, 'an outage'); END");

        await Assert.ThrowsAsync<StoreUnavailableException>(() => CommitAsync(stored));

        Assert.Equal(stored.Position, (await ReadAsync()).Position);
        Execute("DROP TRIGGER outage");
        Assert.Equal(2, (await CommitAsync(stored)).Record.Revision);
        Assert.Equal(2, (await ReadAsync()).Record.Revision);
    }

    [Fact]
    public async Task A_transaction_that_fails_at_COMMIT_leaves_all_its_merchants_as_they_are_stored()
    {
        var stored = await CommitAsync(Unknown);
        Execute("""
            CREATE TABLE parent (id INTEGER PRIMARY KEY);
            CREATE TABLE orphan (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED);
            CREATE TRIGGER fail_commit AFTER INSERT ON history BEGIN INSERT INTO orphan VALUES (1); END
            """);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => CommitAsync(stored));

        Assert.Equal(stored.Position, (await ReadAsync()).Position);
    }

    [Fact]
    public async Task A_conflict_returns_the_stored_merchant()
    {
        var first = await CommitAsync(Unknown);
        var second = await CommitAsync(first);

        var result = await store.CommitAsync(StoreSamples.After(first), CancellationToken.None);

        Assert.Equal((false, second.Position), (result.Succeeded, result.Current.Position));
    }

    [Fact]
    public async Task Commits_of_one_merchant_can_follow_each_other_without_waiting()
    {
        var expected = Unknown;
        var commits = new List<Task<CommitResult>>();
        for (var n = 0; n < 200; n++)
        {
            var request = StoreSamples.After(expected);
            commits.Add(store.CommitAsync(request, CancellationToken.None).AsTask());
            expected = new StoredMerchant(request.Record, request.Commit.Id);
        }

        var before = WriteAheadLog.CountCommits(path);
        Assert.All(await Task.WhenAll(commits), commit => Assert.True(commit.Succeeded));

        Assert.Equal(expected.Position, (await ReadAsync()).Position);
        Assert.InRange(WriteAheadLog.CountCommits(path) - before, 0, 199);
        var history = await store.ReadCommitsAsync(M, 0, 1_000, CancellationToken.None);
        Assert.Equal(Enumerable.Range(201 - KeptCommits, KeptCommits).Select(n => (long)n), history.Select(c => c.Revision));
    }

    [Fact]
    public async Task After_a_commit_that_fails_the_one_that_follows_it_conflicts()
    {
        var stored = await CommitAsync(Unknown);
        Execute("CREATE TRIGGER outage BEFORE INSERT ON history WHEN new.revision = 2 BEGIN SELECT RAISE(ABORT, 'an outage'); END");
        var second = StoreSamples.After(stored);

        var failing = store.CommitAsync(second, CancellationToken.None).AsTask();
        var following = store.CommitAsync(StoreSamples.After(new(second.Record, second.Commit.Id)), CancellationToken.None).AsTask();

        await Assert.ThrowsAsync<StoreUnavailableException>(() => failing);
        var result = await following;
        Assert.Equal((false, stored.Position), (result.Succeeded, result.Current.Position));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_change_by_another_program_is_noticed_by_the_next_write_or_check(bool isWrite)
    {
        await CommitAsync(Unknown);
        Execute("DELETE FROM merchant");

        await (isWrite ? CommitAsync(new(MerchantRecord.Unknown("merchant-2"), 0)) : store.CheckAsync(CancellationToken.None));

        Assert.Equal(0, (await ReadAsync()).Record.Revision);
    }

    [Fact]
    public async Task A_commit_after_a_change_by_another_program_is_decided_on_what_the_file_holds()
    {
        var committed = await CommitAsync(Unknown);
        Execute("DELETE FROM merchant");

        var result = await store.CommitAsync(StoreSamples.After(committed), CancellationToken.None);

        Assert.Equal((false, 0), (result.Succeeded, result.Current.Record.Revision));
    }

    [Fact]
    public async Task The_history_is_trimmed_at_every_64th_revision()
    {
        var current = Unknown;
        for (var n = 1; n <= 128; n++)
        {
            current = await CommitAsync(current);
        }

        using var database = new RawDatabase(path);
        Assert.Equal(KeptCommits, database.Read<long>("SELECT count(*) FROM history"));
        await CommitAsync(current);
        Assert.Equal(KeptCommits + 1, database.Read<long>("SELECT count(*) FROM history"));
        Assert.Equal(KeptCommits, (await store.ReadCommitsAsync(M, 0, 1_000, CancellationToken.None)).Length);
    }

    // Between COMMIT and the acknowledgement, the file is ahead of the cache: a reader that then found an older merchant would go back in time.
    [Theory]
    [InlineData(nameof(IConnectionStore.FindClaimsAsync))]
    [InlineData(nameof(IConnectionStore.HasClaimAsync))]
    [InlineData(nameof(IConnectionStore.ReadHoldAsync))]
    [InlineData(nameof(IConnectionStore.FindDueAsync))]
    [InlineData(nameof(IConnectionStore.FindMerchantsAsync))]
    [InlineData(nameof(IConnectionStore.ReadCommitsAsync))]
    public async Task Whoever_reads_the_file_while_it_is_ahead_of_the_cache_finds_the_merchant_in_its_new_state(string method)
    {
        await CommitAsync(Unknown);
        store.Cache.BeginCommit(new() { [M] = store.Cache.Find(M)! });

        await (method switch
        {
            nameof(IConnectionStore.FindClaimsAsync) => store.FindClaimsAsync(default).ToArrayAsync().AsTask(),
            nameof(IConnectionStore.HasClaimAsync) => store.HasClaimAsync(M, StoreSamples.Page, default).AsTask(),
            nameof(IConnectionStore.ReadHoldAsync) => store.ReadHoldAsync(StoreSamples.Page, default).AsTask(),
            nameof(IConnectionStore.FindDueAsync) => store.FindDueAsync(1, default).AsTask(),
            nameof(IConnectionStore.FindMerchantsAsync) => store.FindMerchantsAsync(StoreSamples.Page, default).AsTask(),
            _ => (Task)store.ReadCommitsAsync(M, 0, 1, default).AsTask(),
        });

        Assert.Null(store.TryGetCached(M));
    }

    private static StoredMerchant Unknown => new(MerchantRecord.Unknown(M), 0);

    private SqliteStore New() => new(Options.Create(new StoreOptions { Path = path, KeptCommits = KeptCommits }), TimeProvider.System);

    private async Task<SqliteStore> ReopenAsync()
    {
        await store.DisposeAsync();
        var reopened = New();
        await reopened.OpenAsync(CancellationToken.None);
        return reopened;
    }

    private async Task<StoredMerchant> CommitAsync(StoredMerchant read)
    {
        var result = await store.CommitAsync(StoreSamples.After(read), CancellationToken.None);
        Assert.True(result.Succeeded);
        return result.Current;
    }

    private async Task<StoredMerchant> ReadAsync() => await store.ReadAsync(M, CancellationToken.None);

    private void Execute(string sql)
    {
        using var database = new RawDatabase(path);
        database.Execute(sql);
    }
}
