using System.Diagnostics.Metrics;
using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Result = ConnectionStateService.V1.SignalOutcome.Types.Result;

namespace ConnectionStateService.Tests.Store;

/// <summary>A record that cannot be read fails its merchant alone, is never overwritten, and is counted. Through the public API.</summary>
public sealed class UnreadableRecordTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>, IDisposable
{
    private readonly Service service = fixture.Service;
    private readonly RawDatabase database = new(fixture.Service.Database);
    private readonly PageRef page = ApiMerchant.Facebook($"page-{Guid.NewGuid():N}");

    public static TheoryData<string> Methods => [.. MerchantCalls.Names];

    public static TheoryData<string> Damages => [.. RecordDamage.All.Keys];

    public void Dispose() => database.Dispose();

    [Fact]
    public void Every_unary_method_of_the_API_is_tried()
    {
        ReadOnlySpan<string> notAboutOneRecord = [nameof(PageService.PageServiceClient.FindConnections), "ListChanges"];
        var services = new[] { ConnectService.Descriptor, PageService.Descriptor, SignalService.Descriptor, PlanService.Descriptor };

        Assert.Equal(
            services.SelectMany(s => s.Methods).Select(m => m.Name).Order(),
            MerchantCalls.Names.Concat(notAboutOneRecord.ToArray()).Order());
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Every_call_about_the_merchant_is_told_so_and_its_bytes_stay(string method)
    {
        var shop = await UnreadableAsync("a flipped bit");
        var before = database.Record(shop.Id);

        var refused = await RefusedAsync(() => MerchantCalls.CallAsync(service.Client, method, shop.Id, page));

        Assert.Equal(shop.Id, refused.Metadata["merchant_id"]);
        Assert.Equal(before, database.Record(shop.Id));
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Whatever_is_wrong_with_a_record_its_merchant_alone_is_told_so(string damage)
    {
        var shop = await UnreadableAsync(damage);
        var other = service.NewMerchant();
        await other.ConnectAsync(page);

        await RefusedAsync(shop.ListAsync);
        await RefusedAsync(() => shop.SetPlanAsync(Plan.Standard, 1));

        Assert.Equal([page.PageId], await other.ListedAsync());
        var found = await service.Client.Pages.FindConnectionsAsync(new() { Page = page });
        Assert.Equal([other.Id], found.Connections.Select(c => c.MerchantId));
        Assert.Equal(1, found.Unreadable);
    }

    [Fact]
    public async Task A_record_of_a_newer_schema_stays_as_it_is()
    {
        var shop = await UnreadableAsync("a newer schema");
        var before = database.Record(shop.Id);

        foreach (var method in MerchantCalls.Names)
        {
            await RefusedAsync(() => MerchantCalls.CallAsync(service.Client, method, shop.Id, page));
        }

        Assert.Equal(before, database.Record(shop.Id));
    }

    [Fact]
    public async Task The_timer_leaves_the_bytes_as_they_are()
    {
        await using var ofItsOwn = await Service.StartAsync();
        using var itsDatabase = new RawDatabase(ofItsOwn.Database);
        var shop = ofItsOwn.NewMerchant();
        await shop.ConnectUntilAsync(page, ofItsOwn.Clock.GetUtcNow() + TimeSpan.FromHours(1));
        itsDatabase.Damage(shop.Id, RecordDamage.Flip);
        var before = itsDatabase.Record(shop.Id);

        await ofItsOwn.PassAsync(TimeSpan.FromHours(2));
        await ofItsOwn.PassAsync(TimeSpan.FromHours(2));

        Assert.Equal(before, itsDatabase.Record(shop.Id));
        await RefusedAsync(shop.ListAsync);
    }

    [Fact]
    public async Task A_signal_to_all_merchants_fails_for_the_one_and_is_applied_for_the_others()
    {
        var unreadable = await UnreadableAsync("a flipped bit");
        var other = service.NewMerchant();
        await other.ConnectAsync(page);

        var answer = await service.Client.Signals.ReportSignalAsync(new() { Page = page, ObservedAt = ApiMerchant.Now, Signal = Signal.PermissionRevoked });

        Assert.Equal(
            new[] { (unreadable.Id, Result.Failed), (other.Id, Result.Applied) }.OrderBy(o => o.Item1, StringComparer.Ordinal),
            answer.Outcomes.Select(o => (o.MerchantId, o.Result)));
    }

    [Fact]
    public async Task A_history_entry_that_cannot_be_read_fails_the_history_alone()
    {
        var shop = service.NewMerchant();
        await shop.ConnectAsync(page);
        var entry = database.Read<byte[]>("SELECT entry FROM history WHERE merchant = $1 AND revision = 2", shop.Id);
        database.Execute("UPDATE history SET entry = $2 WHERE merchant = $1 AND revision = 2", shop.Id, RecordDamage.Flip(entry));

        var refused = await RefusedAsync(() => shop.HistoryAsync());

        Assert.Equal(shop.Id, refused.Metadata["merchant_id"]);
        Assert.Equal([page.PageId], await shop.ListedAsync());
        await shop.DisconnectAsync(page);
        Assert.Empty(await shop.ListedAsync());
    }

    [Fact]
    public async Task The_history_of_a_merchant_whose_record_cannot_be_read_can_be_read()
    {
        var shop = await UnreadableAsync("a flipped bit");

        Assert.Equal(4, (await shop.HistoryAsync()).Select(c => c.Revision).Distinct().Count());
    }

    [Fact]
    public async Task Each_read_that_fails_is_counted()
    {
        var shop = await UnreadableAsync("a flipped bit");
        using var counted = new CounterReading(
            service.Services.GetRequiredService<IMeterFactory>(), "connectionstate.records.unreadable");

        await RefusedAsync(shop.ListAsync);
        Assert.Equal(1, counted.Total);

        await service.Client.Pages.FindConnectionsAsync(new() { Page = page });
        Assert.Equal(2, counted.Total);

        await service.Client.Signals.ReportSignalAsync(new() { Page = page, ObservedAt = ApiMerchant.Now, Signal = Signal.PageDeleted });
        Assert.Equal(3, counted.Total);
    }

    private async Task<ApiMerchant> UnreadableAsync(string damage)
    {
        var shop = service.NewMerchant();
        await shop.ConnectAsync(page);
        database.Damage(shop.Id, bytes => RecordDamage.All[damage](shop.Id, bytes));
        return shop;
    }

    private static Task<ConnectionStateError> RefusedAsync(Func<Task> call) =>
        ApiMerchant.ExpectRefusedAsync(ErrorReason.RecordUnreadable, StatusCode.DataLoss, call);
}
