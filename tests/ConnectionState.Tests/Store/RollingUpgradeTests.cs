using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Tests.Store;

/// <summary>N, N+1, N over the same database file: what the newer version has stored is neither lost nor misread by the older one.</summary>
public sealed class RollingUpgradeTests : IAsyncLifetime
{
    private Service service = null!;

    public async Task InitializeAsync() => service = await Service.StartAsync();

    public async Task DisposeAsync() => await service.DisposeAsync();

    [Fact]
    public async Task Fields_of_a_newer_version_survive_all_changes_by_this_one()
    {
        var shop = service.NewMerchant();
        var open = await NewerVersion.PrepareAsync(shop);
        await ReplaceAsync(shop, NewerVersion.WithFields);

        await NewerVersion.ChangeEverythingAsync(shop, open);

        using var database = new RawDatabase(service.Database);
        NewerVersion.AssertKeepsFields(database.Record(shop.Id));
    }

    [Fact]
    public async Task A_merchant_with_an_enum_value_of_a_newer_version_is_left_as_it_is_and_served_again_after_the_upgrade()
    {
        var shop = service.NewMerchant();
        await NewerVersion.PrepareAsync(shop);
        using var database = new RawDatabase(service.Database);
        var readable = database.Record(shop.Id);
        await ReplaceAsync(shop, NewerVersion.WithEnumValue);
        var newer = database.Record(shop.Id);

        await ApiMerchant.ExpectRefusedAsync(ErrorReason.RecordUnreadable, StatusCode.DataLoss, () => shop.SetPlanAsync(Plan.Trial));

        Assert.Equal(newer, database.Record(shop.Id));
        await ReplaceAsync(shop, (_, _) => readable);
        await shop.SetPlanAsync(Plan.Trial);
    }

    // As another process would: this one forgets what it has cached.
    private async Task ReplaceAsync(ApiMerchant shop, Func<string, byte[], byte[]> change)
    {
        using var database = new RawDatabase(service.Database);
        database.Damage(shop.Id, bytes => change(shop.Id, bytes));
        await service.NoticeForeignChangesAsync();
    }
}
