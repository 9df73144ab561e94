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
        Assert.Equal(Enumerable.Range(1, 200).Select(n => (long)n), history.Select(c => c.Revision));
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

    // The cache is so small that it evicts all the time, and readers fill it with what they have read from the file.
    [Fact]
    public async Task No_read_returns_an_older_state_than_one_that_was_acknowledged_or_read_before()
    {
        await using var small = await ReopenAsync(cachedBytes: 8_000);
        var acknowledged = new long[8];
        using var done = new CancellationTokenSource();
        var readers = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            while (!done.IsCancellationRequested)
            {
                for (var m = 0; m < acknowledged.Length; m++)
                {
                    var known = Volatile.Read(ref acknowledged[m]);
                    var read = (await small.ReadAsync($"merchant-{m}", CancellationToken.None)).Record.Revision;
                    Assert.True(read >= known, $"Revision {read} was read of merchant-{m} after {known} had been acknowledged or read.");
                    Advance(ref acknowledged[m], read);
                }
            }
        })).ToArray();

        await Task.WhenAll(Enumerable.Range(0, acknowledged.Length).Select(m => Task.Run(async () =>
        {
            var current = new StoredMerchant(MerchantRecord.Unknown($"merchant-{m}"), 0);
            for (var n = 0; n < 200; n++)
            {
                current = (await small.CommitAsync(StoreSamples.After(current), CancellationToken.None)).Current;
                Advance(ref acknowledged[m], current.Record.Revision);
            }
        })));
        await done.CancelAsync();
        await Task.WhenAll(readers);

        static void Advance(ref long known, long revision)
        {
            for (var before = Volatile.Read(ref known); before < revision;)
            {
                var seen = Interlocked.CompareExchange(ref known, revision, before);
                before = seen == before ? revision : seen;
            }
        }
    }

    private static StoredMerchant Unknown => new(MerchantRecord.Unknown(M), 0);

    private SqliteStore New(long cachedBytes = 1_000_000) =>
        new(Options.Create(new StoreOptions { Path = path, CachedBytes = cachedBytes }), TimeProvider.System);

    private async Task<SqliteStore> ReopenAsync(long cachedBytes = 1_000_000)
    {
        await store.DisposeAsync();
        var reopened = New(cachedBytes);
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
