using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using static ConnectionStateService.V1.ConnectSession.Types;
using Eligibility = ConnectionStateService.V1.Candidate.Types.Eligibility;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Tests.Cases;

/// <summary>Faults that an independent model of the service once found, each with the answer that the contract promises.</summary>
public sealed class ModelFindingTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly ApiMerchant shop = fixture.Service.NewMerchant();

    private PageRef P => ApiMerchant.Facebook($"p-{shop.Id}");

    [Fact]
    public async Task Choosing_a_deleted_page_again_answers_LOST_again()
    {
        var session = await shop.SignInAsync(await shop.BeginAsync(Provider.Facebook), ApiMerchant.Offer(P.PageId));
        await shop.ReportAsync(P, Signal.PageDeleted);

        var first = await shop.ChooseAsync(session, P.PageId);
        var again = await shop.ChooseAsync(session, P.PageId);

        Assert.Equal(Step.Lost, first.Session.Step);
        Assert.Equal(first, again);
    }

    [Fact]
    public async Task An_offered_page_that_was_never_connected_can_be_reported_as_deleted()
    {
        var session = await shop.SignInAsync(
            await shop.BeginAsync(Provider.Facebook), ApiMerchant.Offer(P.PageId), ApiMerchant.Offer("another"));

        await shop.ReportAsync(P, Signal.PageDeleted);

        Assert.Equal([Eligibility.Deleted, Eligibility.Eligible], (await shop.SessionAsync(session)).Candidates.Select(c => c.Eligibility));
    }

    [Theory]
    [InlineData(Signal.TokenExpired, State.Expired)]
    [InlineData(Signal.PermissionRevoked, State.Revoked)]
    [InlineData(Signal.PageDeleted, State.Deleted)]
    [InlineData(Signal.SignedInElsewhere, State.Disconnected)]
    public async Task The_expiry_of_a_lost_page_is_not_in_the_future(Signal signal, State state)
    {
        var now = fixture.Service.Clock.GetUtcNow();
        await shop.ConnectUntilAsync(P, now + TimeSpan.FromDays(365));

        var lost = (await shop.ReportAsync(P, signal)).Connection;

        Assert.Equal((state, false), (lost.State, lost.ExpiresSoon));
        Assert.Equal(state is State.Expired ? Timestamp.FromDateTimeOffset(now) : null, lost.ExpiresAt);
    }

    [Fact]
    public async Task The_expiry_of_a_page_that_expired_by_itself_is_when_it_did()
    {
        var end = fixture.Service.Clock.GetUtcNow() + TimeSpan.FromDays(1);
        await shop.ConnectUntilAsync(P, end);

        await fixture.Service.PassAsync(TimeSpan.FromDays(2));

        var expired = await shop.FindAsync(P);
        Assert.Equal((State.Expired, end), (expired.State, expired.ExpiresAt.ToDateTimeOffset()));
    }

    [Theory]
    [InlineData(Signal.TokenExpired)]
    [InlineData(Signal.RoleLost)]
    public async Task A_lost_page_that_is_chosen_again_is_displaced_by_a_grant_to_another_merchant(Signal second)
    {
        await shop.ConnectAsync(P);
        await shop.ReportAsync(P, Signal.TokenExpired);
        var session = await shop.RequestAsync(P);
        await shop.ReportAsync(P, second);

        await fixture.Service.NewMerchant().ConnectAsync(P);

        var displaced = await shop.FindAsync(P);
        Assert.Equal((State.Disconnected, Cause.SignedInElsewhere), (displaced.State, displaced.Cause));
        await shop.RefuseAsync(session);
        Assert.Equal(0, (await shop.ListAsync()).Quota.Used);
    }

    [Fact]
    public async Task The_evidence_of_a_displacement_is_absent()
    {
        await shop.ConnectAsync(P);
        await fixture.Service.NewMerchant().ConnectAsync(P);

        var displaced = (await shop.HistoryAsync(P))[^1].Transition;

        Assert.Equal((Trigger.Displace, (Evidence?)null), (displaced.Trigger, displaced.Evidence));
        Assert.Null((await shop.FindAsync(P)).Evidence);
    }

    [Fact]
    public async Task There_is_one_trial()
    {
        var ends = (await shop.SetPlanAsync(Plan.Trial)).TrialEndsAt;
        fixture.Service.Clock.Advance(TimeSpan.FromDays(1));

        Assert.Null((await shop.SetPlanAsync(Plan.Standard)).TrialEndsAt);

        Assert.Equal(ends, (await shop.SetPlanAsync(Plan.Trial)).TrialEndsAt);
    }

    [Fact]
    public async Task A_trial_by_default_begins_with_the_first_change()
    {
        await using var service = await Service.StartAsync(new() { ["Rules:DefaultPlan"] = "Trial" });
        var other = service.NewMerchant();
        Assert.Null((await other.ListAsync()).Quota.TrialEndsAt);
        var first = service.Clock.GetUtcNow();
        await other.BeginAsync(Provider.Facebook);
        service.Clock.Advance(TimeSpan.FromDays(1));
        await other.ConnectAsync(P);

        Assert.Equal(first + TimeSpan.FromDays(15), (await other.ListAsync()).Quota.TrialEndsAt.ToDateTimeOffset());
        Assert.Equal(first + TimeSpan.FromDays(15), (await other.SetPlanAsync(Plan.Trial)).TrialEndsAt.ToDateTimeOffset());
    }

    [Fact]
    public async Task An_account_submitted_after_a_deletion_in_the_same_millisecond_offers_the_page()
    {
        var session = await shop.SignInAsync(await shop.BeginAsync(Provider.Facebook), ApiMerchant.Offer(P.PageId));
        await shop.ReportAsync(P, Signal.PageDeleted);

        var submitted = await shop.SignInAsync(session, ApiMerchant.Offer(P.PageId));

        Assert.Equal(Eligibility.Eligible, Assert.Single(submitted.Candidates).Eligibility);
        Assert.Equal(Step.Consent, (await shop.ChooseAsync(session, P.PageId)).Session.Step);
    }
}
