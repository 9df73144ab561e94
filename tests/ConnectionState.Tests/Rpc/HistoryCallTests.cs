using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Kind = ConnectionStateService.V1.Change.KindOneofCase;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>ListChanges: what happened to a merchant's pages, when and why.</summary>
public sealed class HistoryCallTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
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
    public async Task History_tells_when_a_page_became_suspect_when_it_was_fine_again_and_about_which_grant()
    {
        var page = ApiMerchant.Facebook($"page-{shop.Id}");
        await shop.ConnectAsync(page);
        var grant = await shop.GrantIdAsync(page);
        fixture.Service.Clock.Advance(TimeSpan.FromMinutes(5));
        await shop.ReportErrorAsync(page, 190, 467);
        fixture.Service.Clock.Advance(TimeSpan.FromSeconds(1));
        await shop.SucceedAsync(page, grant);

        var changes = (await shop.HistoryAsync(page)).TakeLast(2).Select(c => c.HealthChanged).ToList();

        Assert.Equal([Health.Suspect, Health.Ok], changes.Select(c => c.Health));
        Assert.All(changes, change => Assert.Equal((page, grant), (change.Page, change.GrantId)));
        Assert.Equal(
            (Evidence.Types.Source.ProviderError, Signal.TokenExpired, 190, 467),
            (changes[0].Evidence.Source, changes[0].Evidence.Signal, changes[0].Evidence.Code, changes[0].Evidence.Subcode));
        Assert.Equal((Evidence.Types.Source.Success, Signal.Unspecified), (changes[1].Evidence.Source, changes[1].Evidence.Signal));
        Assert.Equal(changes[0].Evidence.ObservedAt.ToDateTimeOffset() + TimeSpan.FromSeconds(1), changes[1].Evidence.ObservedAt.ToDateTimeOffset());
    }

    [Fact]
    public async Task History_tells_which_grant_was_lost_by_what_evidence_and_which_one_followed()
    {
        var page = ApiMerchant.Facebook($"page-{shop.Id}");
        await shop.ConnectAsync(page);
        var lost = await shop.GrantIdAsync(page);
        await shop.ReportAsync(page, Signal.RoleLost);
        var again = await shop.ConnectAgainAsync(page);

        var moves = (await shop.HistoryAsync(page)).Where(c => c.KindCase is Kind.Transition).Select(c => c.Transition).ToList();

        Assert.Equal(["", lost, lost, again.GrantId], moves.Select(move => move.GrantId));
        Assert.Equal((Evidence.Types.Source.Signal, Signal.RoleLost, false), (moves[2].Evidence.Source, moves[2].Evidence.Signal, moves[2].Evidence.HasCode));
        Assert.All(moves.Where(move => move != moves[2]), move => Assert.Null(move.Evidence));
    }

    [Fact]
    public async Task A_poller_with_a_resume_token_gets_every_change_once()
    {
        var parts = new List<Change>();
        var token = "";
        async Task PollAsync()
        {
            ListChangesResponse part;
            do
            {
                part = await ListAsync(fixture.Service, token, limit: 2);
                Assert.False(part.Trimmed || part.HistoryReplaced);
                parts.AddRange(part.Changes);
                token = part.ResumeToken;
            }
            while (part.More);
        }

        await PollAsync();
        Assert.Empty(parts);
        await shop.ConnectAsync(ApiMerchant.A, ApiMerchant.B);
        await PollAsync();
        await PollAsync();
        await shop.DisconnectAsync(ApiMerchant.A);
        await PollAsync();

        Assert.Equal(await shop.HistoryAsync(), parts);
    }

    [Fact]
    public async Task A_watch_and_a_poller_continue_each_other()
    {
        await shop.ConnectAsync(ApiMerchant.A);
        using var watch = fixture.Service.Client.Watches.WatchPageList(new() { MerchantId = shop.Id });
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        await shop.DisconnectAsync(ApiMerchant.A);

        var polled = await ListAsync(fixture.Service, watch.ResponseStream.Current.ResumeToken);

        Assert.Equal(Trigger.Disconnect, Assert.Single(polled.Changes).Transition.Trigger);
        using var resumed = fixture.Service.Client.Watches.WatchPageList(new() { MerchantId = shop.Id, ResumeToken = polled.ResumeToken });
        Assert.True(await resumed.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(polled.LastRevision, resumed.ResponseStream.Current.Checkpoint.Revision);
    }

    [Fact]
    public async Task A_poller_notices_trimmed_history()
    {
        await using var service = await Service.StartAsync(new() { ["Store:KeptCommits"] = "3" });
        var other = new ApiMerchant(service.Client, shop.Id);
        await other.ConnectAsync(ApiMerchant.A);
        var token = (await ListAsync(service, "")).ResumeToken;
        await other.ConnectAsync(ApiMerchant.B);

        var part = await ListAsync(service, token);

        Assert.Equal((true, false, 3), (part.Trimmed, part.HistoryReplaced, part.Changes.Select(c => c.Revision).Distinct().Count()));
    }

    [Fact]
    public async Task A_poller_notices_a_history_that_was_replaced_by_another_or_by_a_shorter_one()
    {
        await shop.ConnectAsync(ApiMerchant.A);
        var token = (await ListAsync(fixture.Service, "")).ResumeToken;
        await using var restored = await Service.StartAsync();
        var other = new ApiMerchant(restored.Client, shop.Id);

        var none = await ListAsync(restored, token);
        Assert.Equal((true, 0), (none.HistoryReplaced, none.Changes.Count));

        await other.ConnectAsync(ApiMerchant.B);
        var replaced = await ListAsync(restored, token);

        Assert.Equal((true, 1), (replaced.HistoryReplaced, replaced.Changes[0].Revision));
        Assert.Equal(await other.HistoryAsync(), replaced.Changes);
        Assert.False((await ListAsync(restored, replaced.ResumeToken)).HistoryReplaced);
    }

    [Theory]
    [InlineData("", "MALFORMED")]
    [InlineData("not-a-token", "MALFORMED")]
    public async Task A_malformed_resume_token_is_invalid(string token, string problem)
    {
        var request = new ListChangesRequest { MerchantId = shop.Id, Limit = 1, ResumeToken = token };

        var refused = await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.ResumeTokenInvalid, StatusCode.InvalidArgument, () => fixture.Service.Client.Pages.ListChangesAsync(request).ResponseAsync);

        Assert.Equal(problem, refused.Metadata["problem"]);
    }

    [Fact]
    public async Task The_resume_token_of_another_merchant_is_invalid()
    {
        await shop.ConnectAsync(ApiMerchant.A);
        var token = (await ListAsync(fixture.Service, "")).ResumeToken;
        var request = new ListChangesRequest { MerchantId = fixture.Service.NewMerchant().Id, Limit = 1, ResumeToken = token };

        var refused = await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.ResumeTokenInvalid, StatusCode.InvalidArgument, () => fixture.Service.Client.Pages.ListChangesAsync(request).ResponseAsync);

        Assert.Equal("OTHER_MERCHANT", refused.Metadata["problem"]);
    }

    [Fact]
    public async Task A_resume_token_together_with_after_revision_is_an_INVALID_REQUEST()
    {
        var token = (await ListAsync(fixture.Service, "")).ResumeToken;
        var request = new ListChangesRequest { MerchantId = shop.Id, Limit = 1, ResumeToken = token, AfterRevision = 0 };

        var refused = await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.InvalidRequest, StatusCode.InvalidArgument, () => fixture.Service.Client.Pages.ListChangesAsync(request).ResponseAsync);

        Assert.Equal("resume_token", Assert.Single(refused.Violations).Field);
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

    private async Task<ListChangesResponse> ListAsync(Service service, string resumeToken, int limit = 1000)
    {
        var request = new ListChangesRequest { MerchantId = shop.Id, Limit = limit };
        if (resumeToken.Length > 0)
        {
            request.ResumeToken = resumeToken;
        }

        return await service.Client.Pages.ListChangesAsync(request);
    }

    private static (Trigger, State, State) Move(Change change) =>
        (change.Transition.Trigger, change.Transition.From, change.Transition.To);
}
