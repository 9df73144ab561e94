using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;

namespace ConnectionStateService.Tests.Store;

/// <summary>An operator restores a merchant's row from a backup.</summary>
public sealed class RestoredRowTests
{
    [Fact]
    public async Task A_merchant_that_was_restored_as_documented_can_be_changed_although_its_history_was_trimmed_since()
    {
        using var folder = new TemporaryFolder();
        var copy = folder.File("copy.db");
        await using var service = await Service.StartAsync();
        var shop = service.NewMerchant();
        await shop.ConnectAsync(ApiMerchant.A);
        using var database = new RawDatabase(service.Database);
        database.Execute("VACUUM INTO $1", copy);
        var before = await shop.ListAsync();
        await shop.ConnectAsync(ApiMerchant.B);
        database.Execute("DELETE FROM history WHERE merchant = $1", shop.Id);

        database.Execute(DocumentedRestore().Replace("copy.db", copy, StringComparison.Ordinal).Replace("shop-1", shop.Id, StringComparison.Ordinal));
        await service.NoticeForeignChangesAsync();

        Assert.Equal(before, await shop.ListAsync());
        await shop.DisconnectAsync(ApiMerchant.A);
        Assert.Empty(await shop.ListedAsync());
        Assert.Equal(before.Revision + 1, (await shop.HistoryAsync())[^1].Revision);
    }

    [Fact]
    public async Task A_merchant_continues_after_its_row_was_restored_from_a_backup()
    {
        await using var service = await Service.StartAsync();
        var shop = service.NewMerchant();
        await shop.ConnectAsync(ApiMerchant.A);
        using var database = new RawDatabase(service.Database);
        var (record, revision) = (database.Record(shop.Id), (await shop.ListAsync()).Revision);
        var (id, from, to) = (Column<long>("commit_id"), Column<long>("requests_from"), Column<long>("requests_to"));
        await shop.DisconnectAsync(ApiMerchant.A);
        await shop.ConnectAsync(ApiMerchant.B);

        database.Execute(
            "UPDATE merchant SET record = $2, revision = $3, commit_id = $4, requests_from = $5, requests_to = $6 WHERE id = $1",
            shop.Id,
            record,
            revision,
            id,
            from,
            to);
        await shop.SetPlanAsync(Plan.Standard, bought: 1);

        var history = await shop.HistoryAsync();
        Assert.Equal(revision + 1, (await shop.ListAsync()).Revision);
        Assert.Equal(revision + 1, history[^1].Revision);
        Assert.Equal([ApiMerchant.A.PageId], await shop.ListedAsync());
        var found = await service.Client.Pages.FindConnectionsAsync(new() { Page = ApiMerchant.A });
        Assert.Equal(shop.Id, Assert.Single(found.Connections).MerchantId);

        T Column<T>(string name) => database.Read<T>($"SELECT {name} FROM merchant WHERE id = $1", shop.Id);
    }

    // The SQL between the quotes of the command.
    private static string DocumentedRestore()
    {
        var page = File.ReadAllText(Repository.PathOf("docs/operations.md"));
        return page.Split("sqlite3 data/connectionstate.db \"")[1].Split('"')[0];
    }
}
