using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Tests.Support;
using Microsoft.Data.Sqlite;

namespace ConnectionStateService.Tests.Store;

/// <summary>Writes that share a transaction, and what becomes of all of them when one fails.</summary>
public sealed class SqliteWriterTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly SqliteFile file;
    private readonly SqliteConnection connection;
    private readonly SqliteWriter writer;

    public SqliteWriterTests()
    {
        file = SqliteFile.Take(folder.File("store.db"));
        connection = file.OpenWriter();
        writer = new SqliteWriter(connection, keptCommits: 10);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await writer.DisposeAsync();

    public void Dispose()
    {
        file.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task Writes_that_wait_share_one_transaction()
    {
        var before = WriteAheadLog.CountCommits(file.Path);

        await Task.WhenAll(await QueueAsync(Enumerable.Range(1, 64).Select(n => $"merchant-{n}")));

        Assert.Equal(1, WriteAheadLog.CountCommits(file.Path) - before);
    }

    [Fact]
    public async Task Writes_one_after_another_have_a_transaction_each()
    {
        var before = WriteAheadLog.CountCommits(file.Path);

        for (var n = 1; n <= 5; n++)
        {
            await WriteAsync($"merchant-{n}");
        }

        Assert.Equal(5, WriteAheadLog.CountCommits(file.Path) - before);
    }

    [Fact]
    public async Task A_write_is_answered_after_its_transaction_is_in_the_log()
    {
        var before = WriteAheadLog.CountCommits(file.Path);
        var seenBeforeTheEnd = await writer.WriteAsync(writes =>
        {
            Put(writes, "merchant-1");
            return WriteAheadLog.CountCommits(file.Path) - before;
        }, CancellationToken.None);

        Assert.Equal((0, 1), (seenBeforeTheEnd, WriteAheadLog.CountCommits(file.Path) - before));
    }

    [Theory]
    [InlineData("ABORT")]
    [InlineData("ROLLBACK")]
    public async Task A_write_that_fails_does_no_harm_to_those_that_shared_its_transaction(string failure)
    {
        Execute($"CREATE TRIGGER outage BEFORE INSERT ON merchant WHEN new.id = 'bad' BEGIN SELECT RAISE({failure}, 'an outage'); END");

        var together = await QueueAsync(["good-1", "bad", "good-2"]);

        await Assert.ThrowsAsync<StoreUnavailableException>(() => together[1]);
        await Task.WhenAll(together[0], together[2]);
        Assert.Equal(2, CountMerchants());
    }

    [Fact]
    public async Task A_write_that_nobody_waits_for_any_more_is_not_carried_out()
    {
        using var gone = new CancellationTokenSource();
        Task? abandoned = null;
        await QueueAsync([], () =>
        {
            abandoned = writer.WriteAsync(writes => Put(writes, "abandoned"), gone.Token);
            gone.Cancel();
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned!);
        await WriteAsync("merchant-1");
        Assert.Equal(1, CountMerchants());
    }

    [Fact]
    public async Task After_a_failure_the_probe_really_writes()
    {
        await writer.ProbeAsync(CancellationToken.None);
        SQLitePCL.raw.sqlite3_commit_hook(connection.Handle, _ => 1, null);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => WriteAsync("merchant-1"));

        await Assert.ThrowsAsync<StoreUnavailableException>(() => writer.ProbeAsync(CancellationToken.None));
        SQLitePCL.raw.sqlite3_commit_hook(connection.Handle, null, null);

        await writer.ProbeAsync(CancellationToken.None);
    }

    [Theory]
    [InlineData("ABORT")]
    [InlineData("FAIL")]
    [InlineData("ROLLBACK")]
    public async Task After_a_write_that_fails_the_next_one_does_not(string failure)
    {
        // ROLLBACK ends the transaction, as SQLite itself does when the disk is full; the others leave it open.
        Execute($"CREATE TRIGGER outage BEFORE INSERT ON history BEGIN SELECT RAISE({failure}, 'an outage'); END");
        var outage = await Assert.ThrowsAsync<StoreUnavailableException>(() => WriteAsync("merchant-1"));
        Assert.Contains("an outage", outage.Message, StringComparison.Ordinal);
        Execute("DROP TRIGGER outage");

        await WriteAsync("merchant-2");

        Assert.Equal(1, CountMerchants());
    }

    [Fact]
    public async Task After_a_transaction_that_cannot_be_ended_the_next_one_can()
    {
        // A hook that says no fails COMMIT as a full disk would: the transaction is rolled back by then.
        SQLitePCL.raw.sqlite3_commit_hook(connection.Handle, _ => 1, null);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => WriteAsync("merchant-1"));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => WriteAsync("merchant-2"));
        SQLitePCL.raw.sqlite3_commit_hook(connection.Handle, null, null);

        await WriteAsync("merchant-3");

        Assert.Equal(1, CountMerchants());
    }

    // Lets the writes queue up behind one that keeps the writer busy.
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
        var writes = merchantIds.Select(WriteAsync).ToArray();
        whileBusy?.Invoke();
        queued.Release();
        await first;
        return writes;
    }

    private Task WriteAsync(string merchantId) =>
        writer.WriteAsync(writes => Put(writes, merchantId), CancellationToken.None);

    private static bool Put(SqliteWrites writes, string merchantId)
    {
        var request = StoreSamples.After(new StoredMerchant(MerchantRecord.Unknown(merchantId), 0));
        return writes.Commit(request, [1], [2]).Won;
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
