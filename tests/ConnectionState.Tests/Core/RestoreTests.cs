using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>A success brings back a page that was lost by a report: a false alarm heals by itself.</summary>
public class RestoreTests
{
    private static readonly PageRef Page = Pages.Oa(1);
    private static readonly TimeSpan OneTick = TimeSpan.FromTicks(1);

    private readonly CoreMerchant merchant = new();

    [Theory]
    [InlineData(Signal.TokenExpired, State.Expired)]
    [InlineData(Signal.PermissionRevoked, State.Revoked)]
    [InlineData(Signal.RoleLost, State.Revoked)]
    [InlineData(Signal.PageDeleted, State.Deleted)]
    public void A_success_under_the_same_grant_brings_back_a_page_lost_by_a_report(Signal signal, State lost)
    {
        var before = merchant.Connect(Page);
        var since = merchant.After(TimeSpan.FromHours(1)).ReportLoss(Page, signal).StateSince;

        var changed = merchant.After(TimeSpan.FromMinutes(1)).ExpectChanged(ReportSuccess(Page, grantId: before.GrantId));

        var evidence = new Evidence(EvidenceSource.Success, null, null, null, merchant.Now, "tester");
        Assert.Equal(
            [new Change.Transition(Page, Trigger.Restore, lost, State.Connected, Cause.None, evidence, since, before.GrantId)],
            changed.Changes.AsEnumerable());
        Assert.Equal(
            before with { StateSince = merchant.Now, VerifiedAt = merchant.Now, Revision = merchant.Record.Revision }, merchant[Page]);
    }

    [Fact]
    public void A_token_that_works_when_it_should_have_expired_has_another_expiry()
    {
        var expiry = CoreMerchant.Start.AddDays(1);
        var grant = merchant.Connect(Page, expiry).GrantId;
        merchant.After(TimeSpan.FromHours(1)).ReportLoss(Page);

        merchant.At(expiry).ExpectChanged(ReportSuccess(Page, grantId: grant));

        Assert.Equal((State.Connected, null), (merchant[Page].State, merchant[Page].ExpiresAt));
    }

    [Fact]
    public void A_page_that_reappears_is_offered_again_by_the_sessions_of_its_provider_alone()
    {
        var (page, other) = (new PageRef(Provider.Facebook, "page"), new PageRef(Provider.Zalo, "page"));
        var grant = merchant.Connect(page).GrantId;
        var (session, otherSession) = (merchant.OpenSession(page), merchant.OpenSession(other));
        merchant.After(TimeSpan.FromHours(1)).ExpectChanged(Report(other, Signal.PageDeleted));
        merchant.ReportLoss(page, Signal.PageDeleted);
        Assert.Equal(CandidateProblem.Deleted, ProblemIn(session));

        merchant.After(TimeSpan.FromMinutes(1)).ExpectChanged(ReportSuccess(page, grantId: grant));

        Assert.Equal((CandidateProblem.None, CandidateProblem.Deleted), (ProblemIn(session), ProblemIn(otherSession)));

        CandidateProblem ProblemIn(string id) => Assert.Single(merchant.Record.FindSession(id)!.Candidates).Problem;
    }

    [Fact]
    public void A_success_that_does_not_name_its_grant_brings_nothing_back()
    {
        merchant.Connect(Page);
        merchant.ReportLoss(Page);

        merchant.After(TimeSpan.FromMinutes(1)).ExpectUnchanged(ReportSuccess(Page));

        Assert.Equal(State.Revoked, merchant[Page].State);
    }

    [Fact]
    public void A_success_under_an_earlier_grant_brings_nothing_back()
    {
        var earlier = merchant.Connect(Page).GrantId;
        merchant.Connect(Page);
        merchant.ReportLoss(Page);

        Assert.Equal(UnchangedReason.Stale, merchant.After(TimeSpan.FromMinutes(1)).ExpectUnchanged(ReportSuccess(Page, grantId: earlier)));
    }

    [Fact]
    public void A_success_observed_before_the_loss_or_with_it_brings_nothing_back()
    {
        var grant = merchant.Connect(Page).GrantId;
        merchant.After(TimeSpan.FromHours(1)).ReportLoss(Page);
        var lost = merchant.Now;
        merchant.After(TimeSpan.FromMinutes(1));

        Assert.Equal(UnchangedReason.Stale, merchant.ExpectUnchanged(ReportSuccess(Page, lost, grant)));

        merchant.ExpectChanged(ReportSuccess(Page, lost + OneTick, grant));
    }

    [Fact]
    public void A_page_that_expired_by_its_own_deadline_is_not_brought_back()
    {
        var grant = merchant.Connect(Page, CoreMerchant.Start.AddDays(1)).GrantId;
        merchant.At(CoreMerchant.Start.AddDays(1)).ExpectChanged(Tick());

        var fault = merchant.After(TimeSpan.FromMinutes(1)).ExpectRefused<Fault.IllegalTransition>(ReportSuccess(Page, grantId: grant));

        Assert.Equal((State.Expired, Trigger.Restore), (fault.State, fault.Trigger));
    }

    [Fact]
    public void A_displaced_page_is_not_brought_back()
    {
        var grant = merchant.Connect(Page).GrantId;
        merchant.ReportLoss(Page, Signal.SignedInElsewhere);

        merchant.After(TimeSpan.FromMinutes(1)).ExpectRefused<Fault.IllegalTransition>(ReportSuccess(Page, grantId: grant));
    }

    [Fact]
    public void A_deleted_page_that_has_left_the_list_is_not_brought_back()
    {
        var grant = merchant.Connect(Page).GrantId;
        merchant.ReportLoss(Page, Signal.PageDeleted);
        merchant.ExpectChanged(Acknowledge(Page));

        merchant.After(TimeSpan.FromMinutes(1)).ExpectRefused<Fault.IllegalTransition>(ReportSuccess(Page, grantId: grant));
    }

    [Fact]
    public void An_acknowledged_page_that_is_listed_is_brought_back()
    {
        var grant = merchant.Connect(Page).GrantId;
        merchant.ReportLoss(Page);
        merchant.ExpectChanged(Acknowledge(Page));

        merchant.After(TimeSpan.FromMinutes(1)).ExpectChanged(ReportSuccess(Page, grantId: grant));

        Assert.Equal((State.Connected, false), (merchant[Page].State, merchant[Page].Acknowledged));
    }

    [Fact]
    public void A_page_without_a_grant_is_not_brought_back()
    {
        merchant.Request(Page);

        merchant.ExpectRefused<Fault.IllegalTransition>(ReportSuccess(Page));
        merchant.ExpectRefused<Fault.ConnectionNotFound>(ReportSuccess(Pages.Oa(2)));
    }

    [Fact]
    public void A_page_that_was_lost_before_it_was_granted_is_not_brought_back()
    {
        merchant.Request(Page);
        merchant.ReportLoss(Page, Signal.PageDeleted);

        merchant.After(TimeSpan.FromMinutes(1)).ExpectRefused<Fault.IllegalTransition>(ReportSuccess(Page, grantId: merchant[Page].GrantId));
    }

    [Fact]
    public void Bringing_back_a_deleted_page_needs_a_free_slot()
    {
        var grant = merchant.Connect(Page).GrantId;
        merchant.ReportLoss(Page, Signal.PageDeleted);
        Assert.All(Enumerable.Range(1, 3), number => merchant.Connect(Pages.Fanpage(number)));
        merchant.After(TimeSpan.FromMinutes(1)).ExpectRefused<Fault.PageQuotaExceeded>(ReportSuccess(Page, grantId: grant));

        merchant.ExpectChanged(Disconnect(Pages.Fanpage(1)));
        merchant.ExpectChanged(ReportSuccess(Page, grantId: grant));

        Assert.Equal(3, merchant.Quota.Used);
    }

    [Fact]
    public void R16_Bringing_back_a_deleted_page_claims_it_again()
    {
        var grant = merchant.Connect(Page).GrantId;
        merchant.ReportLoss(Page, Signal.PageDeleted);

        var changed = merchant.After(TimeSpan.FromMinutes(1)).ExpectChanged(ReportSuccess(Page, grantId: grant));

        Assert.Equal(new Claim("m1", Page, merchant.Now), changed.Claim);
    }

    [Fact]
    public void Sessions_offer_a_deleted_page_again_after_it_was_brought_back()
    {
        var grant = merchant.Connect(Page).GrantId;
        var id = merchant.OpenSession(Page);
        merchant.ReportLoss(Page, Signal.PageDeleted);

        merchant.After(TimeSpan.FromMinutes(1)).ExpectChanged(ReportSuccess(Page, grantId: grant));

        Assert.Equal(CandidateProblem.None, merchant.Session(id).Candidates[0].Problem);
    }

    [Fact]
    public void A_reserved_slot_is_enough_to_bring_back_a_deleted_page()
    {
        var grant = merchant.Connect(Page).GrantId;
        merchant.Connect(Pages.Fanpage(1));
        merchant.ReportLoss(Page, Signal.PageDeleted);
        merchant.After(TimeSpan.FromMinutes(1)).Request(Page);
        merchant.Connect(Pages.Fanpage(2));
        Assert.Equal(3, merchant.Quota.Used);

        merchant.ExpectChanged(ReportSuccess(Page, grantId: grant));

        Assert.Equal((State.Connected, 3), (merchant[Page].State, merchant.Quota.Used));
    }

    [Fact]
    public void Revoked_pages_are_brought_back_above_the_limit()
    {
        var grant = merchant.Connect(Page).GrantId;
        merchant.Connect(Pages.Fanpage(1));
        merchant.ReportLoss(Page);
        merchant.ExpectChanged(SetPlan(Plan.Trial));

        merchant.After(TimeSpan.FromMinutes(1)).ExpectChanged(ReportSuccess(Page, grantId: grant));

        Assert.Equal(2, merchant.Quota.Used);
    }

    [Fact]
    public void A_page_that_is_brought_back_has_its_expiry_again()
    {
        var grant = merchant.Connect(Page, CoreMerchant.Start.AddDays(30)).GrantId;
        merchant.ReportLoss(Page, Signal.TokenExpired);

        merchant.After(TimeSpan.FromMinutes(1)).ExpectChanged(ReportSuccess(Page, grantId: grant));

        Assert.Equal((CoreMerchant.Start.AddDays(30), CoreMerchant.Start.AddDays(23)), (merchant[Page].KnownExpiry, merchant.NextDeadline));
    }

    [Fact]
    public void A_page_that_is_brought_back_within_the_warning_time_is_warned_of()
    {
        var grant = merchant.Connect(Page, CoreMerchant.Start.AddDays(30)).GrantId;
        merchant.ReportLoss(Page);

        var changed = merchant.At(CoreMerchant.Start.AddDays(25)).ExpectChanged(ReportSuccess(Page, grantId: grant));

        Assert.Equal(new Change.ExpiryWarning(Page, CoreMerchant.Start.AddDays(30)), changed.Changes[^1]);
        Assert.True(merchant[Page].ExpiresSoon);
    }

    [Fact]
    public void A_page_that_worked_after_its_expiry_has_no_known_expiry()
    {
        var expiry = CoreMerchant.Start.AddDays(1);
        var grant = merchant.Connect(Page, expiry).GrantId;
        merchant.ReportLoss(Page);

        merchant.At(expiry.AddHours(1)).ExpectChanged(ReportSuccess(Page, grantId: grant));

        Assert.Equal((State.Connected, null, null), (merchant[Page].State, merchant[Page].KnownExpiry, merchant.NextDeadline));
    }

    [Fact]
    public void R14_A_page_that_worked_before_its_expiry_and_is_brought_back_after_it_is_expired()
    {
        var expiry = CoreMerchant.Start.AddDays(1);
        var grant = merchant.Connect(Page, expiry).GrantId;
        merchant.ReportLoss(Page);

        var changed = merchant.At(expiry.AddHours(1)).ExpectChanged(ReportSuccess(Page, expiry - OneTick, grant));

        Assert.Equal([Trigger.Restore, Trigger.Expire], changed.Changes.Select(c => Assert.IsType<Change.Transition>(c).Trigger));
        Assert.Equal((State.Expired, Cause.TokenExpired, expiry), (merchant[Page].State, merchant[Page].Cause, merchant[Page].KnownExpiry));
    }

    [Fact]
    public void The_report_that_was_wrong_does_not_lose_the_page_again()
    {
        var grant = merchant.Connect(Page).GrantId;
        var observed = merchant.After(TimeSpan.FromHours(1)).Now;
        merchant.ReportLoss(Page);
        merchant.After(TimeSpan.FromMinutes(1)).ExpectChanged(ReportSuccess(Page, grantId: grant));

        Assert.Equal(UnchangedReason.Stale, merchant.ExpectUnchanged(Report(Page, Signal.PermissionRevoked, observed, grant)));

        merchant.ExpectChanged(Report(Page, Signal.PermissionRevoked, grantId: grant));
    }

    [Fact]
    public void A_page_that_was_lost_by_persistent_soft_signals_is_brought_back()
    {
        var grant = merchant.Connect(Page).GrantId;
        for (var i = 0; i < 3; i++)
        {
            merchant.ExpectChanged(ReportError(Page, Signal.TokenExpired, SignalStrength.Soft, grantId: grant));
            merchant.After(TimeSpan.FromMinutes(5));
        }

        Assert.Equal(State.Expired, merchant[Page].State);

        merchant.ExpectChanged(ReportSuccess(Page, grantId: grant));

        Assert.Equal((State.Connected, Health.Ok), (merchant[Page].State, merchant[Page].Health));
    }
}
