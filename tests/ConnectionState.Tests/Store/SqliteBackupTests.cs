using System.Collections.Concurrent;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Tests.Store;

/// <summary>The command backup, and what its docs say about restoring.</summary>
public sealed class SqliteBackupTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_copy_made_under_load_is_one_moment_and_has_every_commit_acknowledged_before()
    {
        const int Writers = 8;
        var acknowledged = new ConcurrentDictionary<string, long>();
        await using var service = await Service.StartAsync();
        using var stop = new CancellationTokenSource();
        var load = Task.WhenAll(Enumerable.Range(0, Writers).Select(n => WriteAsync(service, $"shop-{n}", acknowledged, stop.Token)));
        await Eventually.TrueAsync(() => Task.FromResult(acknowledged.Count == Writers && acknowledged.Values.Min() >= 20));

        var before = acknowledged.ToDictionary();
        var merchants = await Task.Run(() => SqliteBackup.Create(service.Database, folder.File("copy.db")));
        await Eventually.TrueAsync(() => Task.FromResult(acknowledged.All(shop => shop.Value > before[shop.Key])));
        await stop.CancelAsync();
        await load;

        Assert.Equal(Writers, merchants);
        Assert.Equal([folder.File("copy.db")], Directory.EnumerateFiles(folder.Path));
        using var copy = new RawDatabase(folder.File("copy.db"));
        foreach (var (shop, revision) in before)
        {
            var stored = copy.Read<long>("SELECT revision FROM merchant WHERE id = $1", shop);
            Assert.InRange(stored, revision, acknowledged[shop]);
            Assert.Equal(stored, copy.Read<long>("SELECT max(revision) FROM history WHERE merchant = $1", shop));
            Assert.Equal(stored, copy.Read<long>("SELECT count(*) FROM history WHERE merchant = $1", shop));
        }
    }

    [Fact]
    public async Task A_service_on_the_copy_continues_where_the_copy_was_made()
    {
        await using var service = await Service.StartAsync();
        var shop = service.NewMerchant();
        await shop.ConnectAsync(ApiMerchant.A);
        var token = await ReadTokenAsync(service, shop.Id);
        SqliteBackup.Create(service.Database, folder.File("copy.db"));
        await shop.ConnectAsync(ApiMerchant.B);
        var newer = await ReadTokenAsync(service, shop.Id);

        await using var restored = await Service.StartAsync(new() { ["Store:Path"] = folder.File("copy.db") });
        using var known = Watch(restored, shop.Id, token);
        using var lost = Watch(restored, shop.Id, newer);
        var first = await NextAsync(lost);
        await new ApiMerchant(restored.Client, shop.Id).ConnectAsync(ApiMerchant.C);

        Assert.Equal((SnapshotReason.HistoryReplaced, ApiMerchant.A.PageId), (first.Snapshot.Reason, Assert.Single(first.Snapshot.PageList.Connections).Page.PageId));
        Assert.Equal(WatchPageListResponse.KindOneofCase.Changes, await FirstChangeOrSnapshotAsync(known));
    }

    [Fact]
    public async Task A_database_is_copied_while_no_process_serves_it()
    {
        var service = await Service.StartAsync(new() { ["Store:Path"] = folder.File("cs.db") });
        await service.NewMerchant().ConnectAsync(ApiMerchant.A);
        await service.DisposeAsync();

        Assert.Equal(1, SqliteBackup.Create(folder.File("cs.db"), folder.File("copy.db")));
    }

    [Fact]
    public async Task Nothing_is_overwritten_and_nothing_is_left_behind_by_a_copy_that_fails()
    {
        await using var service = await Service.StartAsync();
        await File.WriteAllTextAsync(folder.File("old.db"), "a backup of yesterday");
        using (var other = new RawDatabase(folder.File("other.db")))
        {
            other.Execute("CREATE TABLE other (id INTEGER)");
        }

        AssertRefused(service.Database, folder.File("old.db"), "exists already");
        AssertRefused(folder.File("missing.db"), folder.File("copy.db"), "does not exist");
        AssertRefused(folder.File("other.db"), folder.File("copy.db"), "another program");
        AssertRefused(service.Database, folder.File("no folder/copy.db"), "cannot be copied");

        Assert.Equal("a backup of yesterday", await File.ReadAllTextAsync(folder.File("old.db")));
        Assert.Equal(["old.db", "other.db"], Directory.EnumerateFiles(folder.Path).Select(Path.GetFileName).Order());
    }

    private static void AssertRefused(string database, string target, string reason) => Assert.Contains(
        reason, Assert.Throws<StoreUnusableException>(() => SqliteBackup.Create(database, target)).Message, StringComparison.Ordinal);

    private static async Task WriteAsync(Service service, string merchant, ConcurrentDictionary<string, long> acknowledged, CancellationToken stop)
    {
        var shop = new ApiMerchant(service.Client, merchant);
        for (var revision = 1; !stop.IsCancellationRequested; revision++)
        {
            await shop.SetPlanAsync(Plan.Standard, revision % 2);
            acknowledged[merchant] = revision;
        }
    }

    private static AsyncServerStreamingCall<WatchPageListResponse> Watch(Service service, string merchant, string token) =>
        service.Client.Watches.WatchPageList(new() { MerchantId = merchant, ResumeToken = token });

    private static async Task<string> ReadTokenAsync(Service service, string merchant)
    {
        using var watch = service.Client.Watches.WatchPageList(new() { MerchantId = merchant });
        return (await NextAsync(watch)).ResumeToken;
    }

    private static async Task<WatchPageListResponse.KindOneofCase> FirstChangeOrSnapshotAsync(AsyncServerStreamingCall<WatchPageListResponse> watch)
    {
        WatchPageListResponse message;
        do
        {
            message = await NextAsync(watch);
        }
        while (message.KindCase == WatchPageListResponse.KindOneofCase.Checkpoint);

        return message.KindCase;
    }

    private static async Task<WatchPageListResponse> NextAsync(AsyncServerStreamingCall<WatchPageListResponse> watch)
    {
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Eventually.Patience));
        return watch.ResponseStream.Current;
    }
}
