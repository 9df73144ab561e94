using System.Diagnostics.Metrics;
using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Result = ConnectionStateService.V1.SignalOutcome.Types.Result;

namespace ConnectionStateService.Tests.Store;

/// <summary>An unreadable record only affects its merchant, is never overwritten, and is counted. Tested through the public API.</summary>
public sealed class UnreadableRecordTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>, IDisposable
{
    private readonly Service service = fixture.Service;
    private readonly RawDatabase database = new(fixture.Service.Database);
    private readonly PageRef page = ApiMerchant.Facebook($"page-{Guid.NewGuid():N}");

    public static TheoryData<string> Methods => [.. MerchantCalls.Names];

    public static TheoryData<string> Damages => [.. RecordDamage.All.Keys];

    public void Dispose() => database.Dispose();

    [Fact]
    public void MerchantCalls_covers_every_unary_method_about_one_merchant()
    {
        ReadOnlySpan<string> notAboutOneMerchant = ["FindConnections", "ListChanges", "ReportSignals", "ReportSuccess"];
        var services = new[] { ConnectService.Descriptor, PageService.Descriptor, SignalService.Descriptor, PlanService.Descriptor, MerchantService.Descriptor };

        Assert.Equal(
            services.SelectMany(s => s.Methods).Select(m => m.Name).Order(),
            MerchantCalls.Names.Concat(notAboutOneMerchant.ToArray()).Order());
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Every_call_about_an_unreadable_merchant_fails_and_leaves_its_record_unchanged(string method)
    {
        var shop = await UnreadableAsync("a flipped bit");
        var before = database.Record(shop.Id);

        var failure = await FailsAsync(() => MerchantCalls.CallAsync(service.Client, method, shop.Id, page));

        Assert.Equal(shop.Id, failure.Metadata["merchant_id"]);
        Assert.Equal(before, database.Record(shop.Id));
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Any_damage_to_a_record_only_affects_its_merchant(string damage)
    {
        var shop = await UnreadableAsync(damage);
        var other = service.NewMerchant();
        await other.ConnectAsync(page);

        await FailsAsync(shop.ListAsync);
        await FailsAsync(() => shop.SetPlanAsync(Plan.Standard, 1));

        Assert.Equal([page.PageId], await other.ListedAsync());
        var found = await service.Client.Pages.FindConnectionsAsync(new() { Page = page });
        Assert.Equal([other.Id], found.Connections.Select(c => c.MerchantId));
        Assert.Equal(1, found.Unreadable);
    }

    [Fact]
    public async Task A_record_with_a_newer_schema_is_left_unchanged()
    {
        var shop = await UnreadableAsync("a newer schema");
        var before = database.Record(shop.Id);

        foreach (var method in MerchantCalls.Names)
        {
            await FailsAsync(() => MerchantCalls.CallAsync(service.Client, method, shop.Id, page));
        }

        Assert.Equal(before, database.Record(shop.Id));
    }

    [Fact]
    public async Task The_timer_leaves_an_unreadable_record_unchanged()
    {
        await using var separate = await Service.StartAsync();
        using var separateDatabase = new RawDatabase(separate.Database);
        var shop = separate.NewMerchant();
        await shop.ConnectUntilAsync(page, separate.Clock.GetUtcNow() + TimeSpan.FromHours(1));
        separateDatabase.Damage(shop.Id, RecordDamage.Flip);
        await separate.NoticeForeignChangesAsync();
        var before = separateDatabase.Record(shop.Id);

        await separate.PassAsync(TimeSpan.FromHours(2));
        await separate.PassAsync(TimeSpan.FromHours(2));

        Assert.Equal(before, separateDatabase.Record(shop.Id));
        await FailsAsync(shop.ListAsync);
    }

    [Fact]
    public async Task A_signal_to_all_merchants_fails_only_for_the_unreadable_merchant()
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
    public async Task A_success_fails_only_for_the_unreadable_merchant()
    {
        var unreadable = await UnreadableAsync("a flipped bit");
        var other = service.NewMerchant();
        await other.ConnectAsync(page);
        var before = database.Record(unreadable.Id);
        var request = new ReportSuccessRequest();
        foreach (var shop in (ApiMerchant[])[unreadable, other])
        {
            request.Successes.Add(new ReportSuccessRequest.Types.Success { MerchantId = shop.Id, Page = page, ObservedAt = ApiMerchant.Now });
        }

        var answer = await service.Client.Signals.ReportSuccessAsync(request);

        Assert.Equal(
            [(unreadable.Id, Result.Failed, ErrorReason.RecordUnreadable), (other.Id, Result.Unchanged, ErrorReason.Unspecified)],
            answer.Outcomes.Select(o => (o.MerchantId, o.Result, o.Reason)));
        Assert.Equal(before, database.Record(unreadable.Id));
    }

    [Fact]
    public async Task An_unreadable_history_entry_affects_ListChanges_and_commands_with_a_request_id_but_no_page_list()
    {
        var shop = service.NewMerchant();
        await shop.ConnectAsync(page);
        var entry = database.Read<byte[]>("SELECT entry FROM history WHERE merchant = $1 AND revision = 2", shop.Id);
        database.Execute("UPDATE history SET entry = $2 WHERE merchant = $1 AND revision = 2", shop.Id, RecordDamage.Flip(entry));
        await service.NoticeForeignChangesAsync();

        var failure = await FailsAsync(() => shop.HistoryAsync());

        Assert.Equal(shop.Id, failure.Metadata["merchant_id"]);
        Assert.Equal([page.PageId], await shop.ListedAsync());

        // The entry may be that of a request with the same id.
        await FailsAsync(() => shop.DisconnectAsync(page));
        Assert.Equal([page.PageId], await shop.ListedAsync());
    }

    [Fact]
    public async Task ListChanges_works_for_a_merchant_with_an_unreadable_record()
    {
        var shop = await UnreadableAsync("a flipped bit");

        Assert.Equal(4, (await shop.HistoryAsync()).Select(c => c.Revision).Distinct().Count());
    }

    [Fact]
    public async Task Each_unreadable_read_is_counted()
    {
        var shop = await UnreadableAsync("a flipped bit");
        using var unreadable = new MetricCollector<long>(
            service.Services.GetRequiredService<IMeterFactory>(), "ConnectionState", "connectionstate.records.unreadable");

        await FailsAsync(shop.ListAsync);
        Assert.Equal(1, unreadable.GetMeasurementSnapshot().EvaluateAsCounter());

        await service.Client.Pages.FindConnectionsAsync(new() { Page = page });
        Assert.Equal(2, unreadable.GetMeasurementSnapshot().EvaluateAsCounter());

        await service.Client.Signals.ReportSignalAsync(new() { Page = page, ObservedAt = ApiMerchant.Now, Signal = Signal.PageDeleted });
        Assert.Equal(3, unreadable.GetMeasurementSnapshot().EvaluateAsCounter());
    }

    private async Task<ApiMerchant> UnreadableAsync(string damage)
    {
        var shop = service.NewMerchant();
        await shop.ConnectAsync(page);
        database.Damage(shop.Id, bytes => RecordDamage.All[damage](shop.Id, bytes));
        await service.NoticeForeignChangesAsync();
        return shop;
    }

    private static Task<ConnectionStateError> FailsAsync(Func<Task> call) =>
        ApiMerchant.ExpectRefusedAsync(ErrorReason.RecordUnreadable, StatusCode.DataLoss, call);
}
