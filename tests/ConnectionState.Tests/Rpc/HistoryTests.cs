using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Kind = ConnectionStateService.V1.Change.KindOneofCase;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>ListChanges: what happened to a merchant's pages, when and why.</summary>
public sealed class HistoryTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly ApiMerchant shop = fixture.Service.NewMerchant();

    [Fact]
    public async Task A_change_has_its_actor_request_id_time_trigger_and_the_start_of_the_previous_state()
    {
        var page = ApiMerchant.Facebook($"page-{shop.Id}");
        await shop.ConnectAsync(page);
        var lostAt = fixture.Service.Clock.GetUtcNow();
        await shop.ReportAsync(page, Signal.TokenExpired);
        fixture.Service.Clock.Advance(TimeSpan.FromHours(3));
        await fixture.Service.Client.Signals.RenewGrantAsync(
            new() { MerchantId = shop.Id, Page = page, RequestId = "renewal-1", Actor = "token-renewal" });

        var renewed = (await shop.HistoryAsync(page))[^1];

        Assert.Equal(("token-renewal", "renewal-1"), (renewed.Actor, renewed.RequestId));
        Assert.Equal(Timestamp.FromDateTimeOffset(lostAt + TimeSpan.FromHours(3)), renewed.At);
        Assert.Equal((Trigger.Renew, State.Expired, State.Connected), Move(renewed));
        Assert.Equal(Timestamp.FromDateTimeOffset(lostAt), renewed.Transition.FromSince);
    }

    [Fact]
    public async Task Changes_of_one_commit_share_a_revision()
    {
        await shop.ConnectAsync(ApiMerchant.A);

        var changes = await shop.HistoryAsync();

        Assert.Equal(
            [(1, Kind.SessionMoved), (2, Kind.SessionMoved), (3, Kind.Transition), (3, Kind.SessionMoved), (4, Kind.Transition), (4, Kind.SessionMoved)],
            changes.Select(c => (c.Revision, c.KindCase)));
    }

    [Fact]
    public async Task ListChanges_can_be_filtered_by_page()
    {
        await shop.ConnectAsync(ApiMerchant.A, ApiMerchant.B);

        var changes = await shop.HistoryAsync(ApiMerchant.B);

        Assert.All(changes, c => Assert.Equal(ApiMerchant.B, c.KindCase is Kind.Transition ? c.Transition.Page : c.SessionMoved.Page));
        Assert.Equal([Trigger.Request, Trigger.Grant], changes.Where(c => c.KindCase is Kind.Transition).Select(c => c.Transition.Trigger));
    }

    [Fact]
    public async Task ListChanges_pages_never_split_a_revision()
    {
        await shop.ConnectAsync(ApiMerchant.A, ApiMerchant.B, ApiMerchant.C);
        var all = await shop.HistoryAsync();

        var parts = new List<Change>();
        var after = 0L;
        ListChangesResponse part;
        do
        {
            part = await fixture.Service.Client.Pages.ListChangesAsync(
                new() { MerchantId = shop.Id, AfterRevision = after, Limit = 2 });
            Assert.InRange(part.Changes.Count, 1, 3);
            Assert.True(part.LastRevision > after);
            after = part.LastRevision;
            parts.AddRange(part.Changes);
        }
        while (part.More);

        Assert.Equal(all, parts);
    }

    [Fact]
    public async Task ListChanges_reports_trimmed_history()
    {
        await using var service = await Service.StartAsync(new() { ["Store:KeptCommits"] = "3" });
        var other = service.NewMerchant();
        await other.ConnectAsync(ApiMerchant.A, ApiMerchant.B);

        async Task<bool> TrimmedAsync(long after) => (await service.Client.Pages.ListChangesAsync(
            new() { MerchantId = other.Id, AfterRevision = after, Limit = 100, Page = ApiMerchant.B })).Trimmed;

        // The merchant has 8 revisions; 6 to 8 are kept.
        Assert.True(await TrimmedAsync(4));
        Assert.False(await TrimmedAsync(5));
        Assert.False(await TrimmedAsync(8));
    }

    [Fact]
    public async Task History_includes_plan_changes_expiry_warnings_and_acknowledgements()
    {
        await shop.SetPlanAsync(Plan.Standard, bought: 2);
        await shop.ConnectUntilAsync(ApiMerchant.A, fixture.Service.Clock.GetUtcNow() + TimeSpan.FromDays(8));
        await fixture.Service.PassAsync(TimeSpan.FromDays(1));
        await fixture.Service.PassAsync(TimeSpan.FromDays(7));
        await shop.AcknowledgeAsync(ApiMerchant.A);

        var changes = await shop.HistoryAsync();

        Assert.Equal((Plan.Standard, 2, 5), (changes[0].PlanChanged.Plan, changes[0].PlanChanged.BoughtPages, changes[0].PlanChanged.Limit));
        Assert.Equal(
            [Kind.ExpiryWarning, Kind.Transition, Kind.Acknowledged], changes.TakeLast(3).Select(c => c.KindCase));
        Assert.Equal("connectionstate:timer", changes[^2].Actor);
    }

    [Fact]
    public async Task An_unknown_merchant_has_an_empty_history()
    {
        var answer = await fixture.Service.Client.Pages.ListChangesAsync(new() { MerchantId = shop.Id, Limit = 1 });

        Assert.Equal((0, 0, false), (answer.Changes.Count, answer.LastRevision, answer.More));
    }

    private static (Trigger, State, State) Move(Change change) =>
        (change.Transition.Trigger, change.Transition.From, change.Transition.To);
}
