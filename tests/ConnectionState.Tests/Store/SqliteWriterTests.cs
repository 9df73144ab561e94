using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Tests.Support;
using Microsoft.Data.Sqlite;

namespace ConnectionStateService.Tests.Store;

/// <summary>Writes that share a transaction, and the effects of a failure.</summary>
public sealed class SqliteWriterTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly SqliteFile file;
    private readonly SqliteCache cache = new(capacity: 0);
    private readonly SqliteConnection connection;
    private readonly SqliteWriter writer;

    public SqliteWriterTests()
    {
        file = SqliteFile.Lock(folder.File("store.db"));
        connection = file.OpenWriter();
        writer = new SqliteWriter(connection, keptCommits: 10, cache);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await writer.DisposeAsync();

    public void Dispose()
    {
        file.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Queued_writes_share_one_transaction()
    {
        var before = WriteAheadLog.CountCommits(file.Path);

        await Task.WhenAll(await QueueAsync(Enumerable.Range(1, 64).Select(n => $"merchant-{n}")));

        Assert.Equal(1, WriteAheadLog.CountCommits(file.Path) - before);
    }

    [Fact]
    public async Task Sequential_writes_have_a_transaction_each()
    {
        var before = WriteAheadLog.CountCommits(file.Path);

        for (var n = 1; n <= 5; n++)
        {
            await WriteAsync($"merchant-{n}");
        }

        Assert.Equal(5, WriteAheadLog.CountCommits(file.Path) - before);
    }

    [Fact]
    public async Task A_write_completes_after_its_transaction_is_in_the_write_ahead_log()
    {
        var before = WriteAheadLog.CountCommits(file.Path);
        var commitsDuringWrite = await writer.WriteAsync(writes =>
        {
            Put(writes, "merchant-1");
            return WriteAheadLog.CountCommits(file.Path) - before;
        }, CancellationToken.None);

        Assert.Equal((0, 1), (commitsDuringWrite, WriteAheadLog.CountCommits(file.Path) - before));
    }

    [Theory]
    [InlineData("ABORT")]
    [InlineData("ROLLBACK")]
    public async Task A_failed_write_does_not_affect_the_other_writes_of_its_transaction(string failure)
    {
        Execute($"CREATE TRIGGER outage BEFORE INSERT ON merchant WHEN new.id = 'bad' BEGIN SELECT RAISE({failure}, 'an outage'); END");

        var together = await QueueAsync(["good-1", "bad", "good-2"]);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => together[1]);
        await Task.WhenAll(together[0], together[2]);
        Assert.Equal(2, CountMerchants());
    }

    [Fact]
    public async Task A_write_that_is_canceled_while_it_is_queued_is_not_executed()
    {
        using var cancellation = new CancellationTokenSource();
        Task? canceled = null;
        await QueueAsync([], () =>
        {
            canceled = writer.WriteAsync(writes => Put(writes, "canceled"), cancellation.Token);
            cancellation.Cancel();
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => canceled!);
        await WriteAsync("merchant-1");
        Assert.Equal(1, CountMerchants());
    }

    [Fact]
    public async Task Probe_fails_after_a_failed_commit_until_commits_succeed_again()
    {
        await writer.ProbeAsync(CancellationToken.None);
        SQLitePCL.raw.sqlite3_commit_hook(connection.Handle, _ => 1, null);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => WriteAsync("merchant-1"));

        await Assert.ThrowsAsync<StoreUnavailableException>(() => writer.ProbeAsync(CancellationToken.None));
        SQLitePCL.raw.sqlite3_commit_hook(connection.Handle, null, null);

        await writer.ProbeAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Probe_fails_while_only_writes_smaller_than_the_failed_commit_fit_on_the_disk()
    {
        await WriteAsync("merchant-1");
        LimitPages(CountPages() + 30);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => WriteAsync("merchant-2", new byte[200_000]));

        await WriteAsync("merchant-3");
        await Assert.ThrowsAsync<StoreUnavailableException>(() => writer.ProbeAsync(CancellationToken.None));
        await WriteAsync("merchant-4");
        await Assert.ThrowsAsync<StoreUnavailableException>(() => writer.ProbeAsync(CancellationToken.None));

        LimitPages(1_000_000);
        await writer.ProbeAsync(CancellationToken.None);
        await WriteAsync("merchant-2", new byte[200_000]);
    }

    [Fact]
    public async Task Probe_leaves_nothing_in_the_database()
    {
        Execute("CREATE TRIGGER outage BEFORE INSERT ON merchant BEGIN SELECT RAISE(ABORT, 'an outage'); END");
        await Assert.ThrowsAsync<StoreUnavailableException>(() => WriteAsync("merchant-1"));
        var before = WriteAheadLog.CountCommits(file.Path);

        await writer.ProbeAsync(CancellationToken.None);
        await writer.WriteAsync(_ => true, CancellationToken.None);

        Assert.Equal(1, WriteAheadLog.CountCommits(file.Path) - before);
        using var database = new RawDatabase(file.Path);
        Assert.Equal(0, database.Read<long>("SELECT count(*) FROM probe"));
    }

    [Fact]
    public async Task Probe_that_cannot_remove_what_it_wrote_fails_and_leaves_nothing_in_the_database()
    {
        Execute("CREATE TRIGGER outage BEFORE DELETE ON probe BEGIN SELECT RAISE(ABORT, 'an outage'); END");
        await Assert.ThrowsAsync<StoreUnavailableException>(() => writer.ProbeAsync(CancellationToken.None));
        using var database = new RawDatabase(file.Path);
        Assert.Equal(0, database.Read<long>("SELECT count(*) FROM probe"));

        database.Execute("DROP TRIGGER outage");
        await writer.ProbeAsync(CancellationToken.None);
        Assert.Equal(0, database.Read<long>("SELECT count(*) FROM probe"));
    }

    [Fact]
    public async Task Probe_writes_nothing_if_a_commit_was_written_since_the_last_probe()
    {
        await WriteAsync("merchant-1");
        var before = WriteAheadLog.CountCommits(file.Path);

        await writer.ProbeAsync(CancellationToken.None);
        Assert.Equal(0, WriteAheadLog.CountCommits(file.Path) - before);

        await writer.ProbeAsync(CancellationToken.None);
        Assert.Equal(1, WriteAheadLog.CountCommits(file.Path) - before);
    }

    [Fact]
    public async Task Probe_writes_64_KiB_to_the_write_ahead_log()
    {
        var log = new FileInfo(file.Path + "-wal");
        var before = log.Length;

        await writer.ProbeAsync(CancellationToken.None);

        log.Refresh();
        Assert.InRange(log.Length - before, 64 * 1024, 128 * 1024);
    }

    [Fact]
    public async Task Probe_finds_a_full_disk_before_a_commit_fails()
    {
        await WriteAsync("merchant-1");
        await writer.ProbeAsync(CancellationToken.None);
        LimitPages(CountPages());

        await Assert.ThrowsAsync<StoreUnavailableException>(() => writer.ProbeAsync(CancellationToken.None));

        LimitPages(1_000_000);
        await writer.ProbeAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Concurrent_probes_run_once_and_before_queued_writes()
    {
        Execute("CREATE TRIGGER outage BEFORE INSERT ON merchant BEGIN SELECT RAISE(ABORT, 'an outage'); END");
        await Assert.ThrowsAsync<StoreUnavailableException>(() => WriteAsync("merchant-1"));
        var before = WriteAheadLog.CountCommits(file.Path);
        Task[] probes = [];
        var probesDone = false;
        var queued = await QueueAsync([], () =>
        {
            _ = writer.WriteAsync(_ => probesDone = probes.All(probe => probe.IsCompletedSuccessfully), CancellationToken.None);
            probes = [writer.ProbeAsync(CancellationToken.None), writer.ProbeAsync(CancellationToken.None)];
        });

        await Task.WhenAll(probes);
        await writer.WriteAsync(_ => true, CancellationToken.None);

        Assert.Empty(queued);
        Assert.True(probesDone);
        Assert.Equal(1, WriteAheadLog.CountCommits(file.Path) - before);
    }

    [Theory]
    [InlineData("ABORT")]
    [InlineData("FAIL")]
    [InlineData("ROLLBACK")]
    public async Task A_write_succeeds_after_a_failed_write(string failure)
    {
        // ROLLBACK ends the transaction, as SQLite does when the disk is full. The others leave it open.
        Execute($"CREATE TRIGGER outage BEFORE INSERT ON history BEGIN SELECT RAISE({failure}, 'an outage'); END");
        var outage = await Assert.ThrowsAsync<StoreUnavailableException>(() => WriteAsync("merchant-1"));
        Assert.Contains("an outage", outage.Message, StringComparison.Ordinal);
        Execute("DROP TRIGGER outage");

        await WriteAsync("merchant-2");

        Assert.Equal(1, CountMerchants());
    }

    [Fact]
    public async Task A_write_succeeds_after_a_failed_commit()
    {
        // A commit hook that returns non-zero makes COMMIT fail as a full disk does: SQLite rolls the transaction back itself.
        SQLitePCL.raw.sqlite3_commit_hook(connection.Handle, _ => 1, null);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => WriteAsync("merchant-1"));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => WriteAsync("merchant-2"));
        SQLitePCL.raw.sqlite3_commit_hook(connection.Handle, null, null);

        await WriteAsync("merchant-3");

        Assert.Equal(1, CountMerchants());
    }

    [Fact]
    public async Task The_feed_entry_of_a_failed_transaction_is_never_published()
    {
        await WriteAsync("merchant-1");
        SQLitePCL.raw.sqlite3_commit_hook(connection.Handle, _ => 1, null);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => WriteAsync("merchant-2"));
        SQLitePCL.raw.sqlite3_commit_hook(connection.Handle, null, null);

        await writer.WriteAsync(_ => true, CancellationToken.None);
        Assert.Equal(1, writer.PublishedFeed);

        await WriteAsync("merchant-3");
        Assert.Equal(2, writer.PublishedFeed);
    }

    // Queues the writes while another write keeps the writer busy.
    private async Task<Task[]> QueueAsync(IEnumerable<string> merchantIds, Action? whileBusy = null)
    {
        using var queued = new SemaphoreSlim(0);
        var busy = new TaskCompletionSource();
        var first = writer.WriteAsync(_ =>
        {
            busy.SetResult();
            queued.Wait();
            return true;
        }, CancellationToken.None);
        await busy.Task;
        var writes = merchantIds.Select(id => (Task)WriteAsync(id)).ToArray();
        whileBusy?.Invoke();
        queued.Release();
        await first;
        return writes;
    }

    private Task<bool> WriteAsync(string merchantId, byte[]? record = null) => writer.WriteAsync(
        writes => Put(writes, merchantId, record), CancellationToken.None, size: record?.Length ?? 0);

    private static bool Put(SqliteWrites writes, string merchantId, byte[]? record = null)
    {
        var request = StoreSamples.After(new StoredMerchant(MerchantRecord.Unknown(merchantId), 0));
        return writes.Commit(new PreparedCommit(request) { Record = record ?? [1], Entry = [2] }).Succeeded;
    }

    // Simulates the free space of a disk. Applies to the writer's connection only, which is idle now.
    private void LimitPages(long pages) => SqliteSchema.Execute(connection, $"PRAGMA max_page_count = {pages}");

    private long CountPages()
    {
        using var database = new RawDatabase(file.Path);
        return database.Read<long>("PRAGMA page_count");
    }

    private long CountMerchants()
    {
        using var database = new RawDatabase(file.Path);
        return database.Read<long>("SELECT count(*) FROM merchant");
    }

    private void Execute(string sql)
    {
        using var database = new RawDatabase(file.Path);
        database.Execute(sql);
    }
}
