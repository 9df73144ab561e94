using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>Soft signals make a connected page suspect, and lose it when they persist. Successes, renewals and grants end the suspicion.</summary>
public class SuspicionTests
{
    private static readonly PageRef Page = Pages.Fanpage(1);

    private readonly CoreMerchant merchant = new();

    // Past the time in which reports may be about the previous grant.
    public SuspicionTests()
    {
        merchant.Connect(Page);
        merchant.Connect(Pages.Oa(1));
        merchant.After(TimeSpan.FromHours(1));
    }

    [Fact]
    public void A_soft_signal_makes_the_page_suspect_and_changes_nothing_else()
    {
        var before = merchant[Page];

        var changed = merchant.ExpectChanged(Soft(Signal.TokenExpired));

        Assert.Equal((Health.Suspect, merchant.Now), (merchant[Page].Health, merchant[Page].Suspicion?.Since));
        Assert.Equal(before, merchant[Page] with { Suspicion = null, Revision = before.Revision });
        var evidence = new Evidence(EvidenceSource.ProviderError, Signal.TokenExpired, null, null, merchant.Now, "tester");
        Assert.Equal([new Change.HealthChanged(Page, Health.Suspect, evidence, before.GrantId)], changed.Changes.AsEnumerable());
    }

    [Fact]
    public void A_suspect_page_keeps_its_slot_its_place_and_its_turn()
    {
        merchant.ExpectChanged(Soft(Signal.TokenExpired));

        Assert.Equal(2, merchant.Quota.Used);
        Assert.Equal([Page, Pages.Oa(1)], merchant.Listed);
        Assert.Equal(new Navigation.ToPage(Page), merchant.NextAfter(Pages.Oa(1)));
    }

    [Fact]
    public void Three_soft_signals_of_the_same_meaning_over_ten_minutes_lose_the_page()
    {
        merchant.ExpectChanged(Soft(Signal.PermissionRevoked));
        merchant.After(TimeSpan.FromMinutes(5)).ExpectChanged(Soft(Signal.PermissionRevoked));

        merchant.After(TimeSpan.FromMinutes(5)).ExpectChanged(Soft(Signal.PermissionRevoked));

        Assert.Equal((State.Revoked, Cause.PermissionRevoked, null), (merchant[Page].State, merchant[Page].Cause, merchant[Page].Suspicion));
        Assert.Equal(merchant.Now, merchant[Page].LossEvidence?.ObservedAt);
    }

    [Fact]
    public void A_soft_signal_that_only_waits_for_the_period_outlives_an_earlier_success()
    {
        merchant.ExpectChanged(Soft(Signal.TokenExpired));
        merchant.After(TimeSpan.FromMinutes(1)).ExpectChanged(Soft(Signal.TokenExpired));
        var worked = merchant.After(TimeSpan.FromMinutes(1)).Now;
        merchant.After(TimeSpan.FromMinutes(1)).ExpectChanged(Soft(Signal.TokenExpired));

        merchant.Execute(ReportSuccess(Page, worked));

        Assert.Equal(Health.Suspect, merchant[Page].Health);
    }

    [Fact]
    public void A_success_at_the_time_of_a_soft_signal_or_before_it_does_not_outweigh_it()
    {
        var start = merchant.Now;
        merchant.After(TimeSpan.FromMinutes(1)).ExpectChanged(Soft(Signal.TokenExpired));
        var first = merchant.Now;
        merchant.After(TimeSpan.FromMinutes(1)).ExpectChanged(Soft(Signal.TokenExpired));
        var signals = merchant[Page].Suspicion!.Signals;
        Assert.Equal([new SoftSignals(Signal.TokenExpired, 2, first, merchant.Now)], signals.AsEnumerable());

        merchant.Execute(ReportSuccess(Page, start));
        Assert.Equal(signals.AsEnumerable(), merchant[Page].Suspicion!.Signals);
        merchant.Execute(ReportSuccess(Page, first));
        Assert.Equal(signals.AsEnumerable(), merchant[Page].Suspicion!.Signals);

        merchant.Execute(ReportSuccess(Page, merchant.Now));
        Assert.Equal([new SoftSignals(Signal.TokenExpired, 1, merchant.Now, merchant.Now)], merchant[Page].Suspicion!.Signals.AsEnumerable());
        Assert.Equal(first, merchant[Page].Suspicion!.Since);
    }

    [Fact]
    public void A_success_leaves_the_reason_of_a_meaning_that_it_does_not_clear()
    {
        merchant.ExpectChanged(Soft(Signal.TokenExpired));
        var worked = merchant.After(TimeSpan.FromMinutes(1)).Now;
        merchant.After(TimeSpan.FromMinutes(1)).ExpectChanged(Soft(Signal.TokenExpired));
        merchant.After(TimeSpan.FromMinutes(1)).ExpectChanged(Soft(Signal.PermissionRevoked));
        var reason = merchant[Page].Suspicion!.Evidence;
        Assert.Equal(Signal.PermissionRevoked, reason.Signal);

        merchant.ExpectChanged(ReportSuccess(Page, worked));

        Assert.Equal([Signal.TokenExpired, Signal.PermissionRevoked], merchant[Page].Suspicion!.Signals.Select(s => s.Signal));
        Assert.Equal(reason, merchant[Page].Suspicion!.Evidence);
    }

    [Fact]
    public void A_success_takes_the_reason_of_a_meaning_that_it_clears()
    {
        merchant.ExpectChanged(Soft(Signal.TokenExpired));
        var worked = merchant.After(TimeSpan.FromMinutes(1)).Now;
        merchant.After(TimeSpan.FromMinutes(1)).ExpectChanged(Soft(Signal.PermissionRevoked));
        var last = merchant.Now;
        var late = Soft(Signal.TokenExpired, worked - TimeSpan.FromSeconds(1));
        merchant.After(TimeSpan.FromMinutes(1)).Execute(late);

        merchant.ExpectChanged(ReportSuccess(Page, worked));

        var suspicion = merchant[Page].Suspicion!;
        Assert.Equal([Signal.PermissionRevoked], suspicion.Signals.Select(s => s.Signal));
        Assert.Equal((Signal.PermissionRevoked, last), (suspicion.Evidence.Signal, suspicion.Evidence.ObservedAt));
    }

    [Fact]
    public void Soft_signals_that_only_wait_for_the_period_are_stored_once_a_minute()
    {
        merchant.ExpectChanged(Soft(Signal.TokenExpired));
        merchant.After(TimeSpan.FromSeconds(1)).ExpectChanged(Soft(Signal.TokenExpired));

        merchant.After(TimeSpan.FromSeconds(59)).ExpectUnchanged(Soft(Signal.TokenExpired));
        merchant.After(TimeSpan.FromSeconds(1)).ExpectChanged(Soft(Signal.TokenExpired));
    }

    [Fact]
    public void Two_soft_signals_lose_nothing_however_far_apart()
    {
        merchant.ExpectChanged(Soft(Signal.TokenExpired));

        merchant.After(TimeSpan.FromDays(3)).ExpectChanged(Soft(Signal.TokenExpired));

        Assert.Equal((State.Connected, Health.Suspect), (merchant[Page].State, merchant[Page].Health));
    }

    [Fact]
    public void Many_soft_signals_within_ten_minutes_lose_nothing()
    {
        for (var second = 0; second < 600; second += 20)
        {
            merchant.Execute(Soft(Signal.TokenExpired));
            merchant.After(TimeSpan.FromSeconds(20));
        }

        merchant.After(TimeSpan.FromTicks(-1)).ExpectUnchanged(Soft(Signal.TokenExpired));
        Assert.Equal(State.Connected, merchant[Page].State);

        merchant.After(TimeSpan.FromTicks(1)).ExpectChanged(Soft(Signal.TokenExpired));
        Assert.Equal(State.Expired, merchant[Page].State);
    }

    [Fact]
    public void The_same_observation_counts_once()
    {
        var (first, second) = (merchant.Now, merchant.Now.AddMinutes(11));
        merchant.At(second).ExpectChanged(Soft(Signal.TokenExpired, first));
        merchant.ExpectUnchanged(Soft(Signal.TokenExpired, first));
        merchant.ExpectChanged(Soft(Signal.TokenExpired, second));

        Assert.Equal(UnchangedReason.AlreadyInEffect, merchant.ExpectUnchanged(Soft(Signal.TokenExpired, first)));
        merchant.ExpectUnchanged(Soft(Signal.TokenExpired, second));

        Assert.Equal(State.Connected, merchant[Page].State);
    }

    [Fact]
    public void An_observation_between_others_counts_once_also_with_higher_limits()
    {
        var strict = new CoreMerchant(new Rules { SoftSignalsToLose = 5 });
        strict.Connect(Page);
        strict.After(TimeSpan.FromHours(1));
        DateTimeOffset[] times = [strict.Now, strict.Now.AddMinutes(5), strict.Now.AddMinutes(11)];
        strict.After(TimeSpan.FromMinutes(11));
        Assert.All(times, time => strict.ExpectChanged(Soft(Signal.TokenExpired, time)));

        Assert.All(times, time => strict.ExpectUnchanged(Soft(Signal.TokenExpired, time)));
        Assert.All(times, time => strict.ExpectUnchanged(Soft(Signal.TokenExpired, time)));

        Assert.Equal(State.Connected, strict[Page].State);
    }

    [Fact]
    public void A_soft_signal_that_is_delivered_after_a_later_one_is_not_counted()
    {
        var start = merchant.Now;
        merchant.After(TimeSpan.FromMinutes(10));
        merchant.ExpectChanged(Soft(Signal.TokenExpired, start.AddMinutes(10)));

        merchant.ExpectUnchanged(Soft(Signal.TokenExpired, start));
        merchant.ExpectUnchanged(Soft(Signal.TokenExpired, start.AddMinutes(5)));

        Assert.Equal(State.Connected, merchant[Page].State);
    }

    [Fact]
    public void A_soft_signal_is_forgotten_after_a_day_without_another_one()
    {
        merchant.ExpectChanged(Soft(Signal.TokenExpired));
        merchant.After(TimeSpan.FromMinutes(5)).ExpectChanged(Soft(Signal.TokenExpired));

        merchant.After(TimeSpan.FromDays(1) + TimeSpan.FromTicks(1)).ExpectChanged(Soft(Signal.TokenExpired));
        Assert.Equal(new SoftSignals(Signal.TokenExpired, 1, merchant.Now, merchant.Now), Assert.Single(merchant[Page].Suspicion!.Signals));

        merchant.After(TimeSpan.FromDays(1)).ExpectChanged(Soft(Signal.TokenExpired));
        Assert.Equal(2, Assert.Single(merchant[Page].Suspicion!.Signals).Count);
    }

    [Fact]
    public void Two_meanings_do_not_add_up()
    {
        merchant.ExpectChanged(Soft(Signal.TokenExpired));
        merchant.After(TimeSpan.FromMinutes(6)).ExpectChanged(Soft(Signal.PermissionRevoked));
        merchant.After(TimeSpan.FromMinutes(6)).ExpectChanged(Soft(Signal.TokenExpired));

        merchant.After(TimeSpan.FromMinutes(6)).ExpectChanged(Soft(Signal.PermissionRevoked));

        Assert.Equal((State.Connected, 2), (merchant[Page].State, merchant[Page].Suspicion?.Signals.Length));
    }

    [Fact]
    public void Permission_and_role_are_two_meanings()
    {
        merchant.ExpectChanged(Soft(Signal.PermissionRevoked));
        merchant.After(TimeSpan.FromMinutes(6)).ExpectChanged(Soft(Signal.RoleLost));

        merchant.After(TimeSpan.FromMinutes(6)).ExpectChanged(Soft(Signal.PermissionRevoked));

        Assert.Equal(State.Connected, merchant[Page].State);
    }

    [Fact]
    public void A_success_ends_the_suspicion()
    {
        merchant.ExpectChanged(Soft(Signal.TokenExpired));
        merchant.After(TimeSpan.FromSeconds(1));

        var changed = merchant.ExpectChanged(ReportSuccess(Page));

        Assert.Equal((Health.Ok, null), (merchant[Page].Health, merchant[Page].Suspicion));
        var evidence = new Evidence(EvidenceSource.Success, null, null, null, merchant.Now, "tester");
        Assert.Equal([new Change.HealthChanged(Page, Health.Ok, evidence, merchant[Page].GrantId)], changed.Changes.AsEnumerable());
    }

    [Fact]
    public void A_success_in_between_resets_the_count()
    {
        merchant.ExpectChanged(Soft(Signal.TokenExpired));
        merchant.After(TimeSpan.FromMinutes(6)).ExpectChanged(Soft(Signal.TokenExpired));
        merchant.After(TimeSpan.FromMinutes(1)).ExpectChanged(ReportSuccess(Page));

        merchant.After(TimeSpan.FromMinutes(6)).ExpectChanged(Soft(Signal.TokenExpired));

        Assert.Equal((State.Connected, Health.Suspect), (merchant[Page].State, merchant[Page].Health));
        Assert.Equal(1, Assert.Single(merchant[Page].Suspicion!.Signals).Count);
    }

    [Fact]
    public void A_success_observed_before_the_last_signal_leaves_that_one()
    {
        var observed = merchant.Now;
        merchant.ExpectChanged(Soft(Signal.TokenExpired));
        merchant.After(TimeSpan.FromMinutes(6)).ExpectChanged(Soft(Signal.TokenExpired));

        merchant.ExpectChanged(ReportSuccess(Page, observed.AddMinutes(1)));

        Assert.Equal(Health.Suspect, merchant[Page].Health);
        Assert.Equal(new SoftSignals(Signal.TokenExpired, 1, merchant.Now, merchant.Now), Assert.Single(merchant[Page].Suspicion!.Signals));
    }

    [Fact]
    public void A_success_observed_before_the_suspicion_changes_nothing()
    {
        merchant.ExpectChanged(Soft(Signal.TokenExpired));

        merchant.ExpectUnchanged(ReportSuccess(Page, merchant.Now.AddSeconds(-1)));

        Assert.Equal(Health.Suspect, merchant[Page].Health);
    }

    [Fact]
    public void A_soft_signal_observed_before_the_success_that_ended_the_suspicion_is_stale()
    {
        var observed = merchant.Now;
        merchant.ExpectChanged(Soft(Signal.TokenExpired));
        merchant.After(TimeSpan.FromMinutes(1)).ExpectChanged(ReportSuccess(Page));

        Assert.Equal(UnchangedReason.Stale, merchant.ExpectUnchanged(Soft(Signal.TokenExpired, observed)));
    }

    [Fact]
    public void A_success_of_another_grant_is_stale()
    {
        var earlier = merchant[Page].GrantId;
        merchant.Connect(Page);
        merchant.ExpectChanged(Soft(Signal.TokenExpired));

        Assert.Equal(UnchangedReason.Stale, merchant.After(TimeSpan.FromMinutes(1)).ExpectUnchanged(ReportSuccess(Page, grantId: earlier)));

        Assert.Equal(Health.Suspect, merchant[Page].Health);
    }

    [Fact]
    public void A_success_of_a_page_that_is_not_suspect_costs_no_commit() =>
        Assert.Equal(UnchangedReason.AlreadyInEffect, merchant.ExpectUnchanged(ReportSuccess(Page)));

    [Fact]
    public void A_renewal_ends_the_suspicion()
    {
        merchant.ExpectChanged(Soft(Signal.TokenExpired));

        merchant.ExpectChanged(Renew(Page));

        Assert.Equal((Health.Ok, null), (merchant[Page].Health, merchant[Page].Suspicion));
    }

    [Fact]
    public void A_grant_ends_the_suspicion()
    {
        merchant.ExpectChanged(Soft(Signal.TokenExpired));

        merchant.Connect(Page);

        Assert.Equal((Health.Ok, null), (merchant[Page].Health, merchant[Page].Suspicion));
    }

    [Fact]
    public void A_hard_signal_loses_a_suspect_page_at_once()
    {
        merchant.ExpectChanged(Soft(Signal.TokenExpired));

        merchant.ReportLoss(Page, Signal.RoleLost);

        Assert.Equal((State.Revoked, Cause.RoleLost), (merchant[Page].State, merchant[Page].Cause));
        Assert.Equal((null, null), (merchant[Page].Health, merchant[Page].Suspicion));
    }

    [Fact]
    public void A_soft_signal_changes_nothing_about_a_lost_page()
    {
        merchant.ReportLoss(Page, Signal.TokenExpired);

        Assert.Equal(UnchangedReason.AlreadyInEffect, merchant.ExpectUnchanged(Soft(Signal.PermissionRevoked)));

        Assert.Equal(State.Expired, merchant[Page].State);
    }

    [Fact]
    public void A_soft_deletion_that_persists_ends_no_session()
    {
        var id = merchant.Request(Page);
        foreach (var _ in Enumerable.Range(0, 3))
        {
            merchant.ExpectChanged(Soft(Signal.PageDeleted));
            merchant.After(TimeSpan.FromMinutes(5));
        }

        Assert.Equal((State.Deleted, SessionStep.Consent), (merchant[Page].State, merchant.StepOf(id)));
        merchant.ExpectChanged(Grant(id));
        Assert.Equal(State.Connected, merchant[Page].State);
    }

    [Fact]
    public void The_number_of_signals_and_the_period_are_configurable()
    {
        var strict = new CoreMerchant(new Rules { SoftSignalsToLose = 1, SoftSignalPeriod = TimeSpan.Zero });
        strict.Connect(Page);

        strict.ExpectChanged(Soft(Signal.TokenExpired));

        Assert.Equal(State.Expired, strict[Page].State);
    }

    [Fact]
    public void A_complete_account_without_a_page_makes_that_page_suspect()
    {
        merchant.Connect(Pages.Fanpage(2));

        var changed = merchant.ExpectChanged(SignInComplete(merchant.BeginSession(Provider.Facebook, Page.PageId), Pages.Fanpage(2).Offered()));

        Assert.Equal((Health.Suspect, Health.Ok), (merchant[Page].Health, merchant[Pages.Fanpage(2)].Health));
        var evidence = new Evidence(EvidenceSource.NotGranted, Signal.PermissionRevoked, null, null, merchant.Now, "tester");
        Assert.Contains(new Change.HealthChanged(Page, Health.Suspect, evidence, merchant[Page].GrantId), changed.Changes);
    }

    [Fact]
    public void An_account_that_is_not_complete_makes_no_page_suspect()
    {
        merchant.ExpectChanged(SignIn(merchant.BeginSession(Provider.Facebook), Pages.Fanpage(2).Offered()));

        Assert.Equal(Health.Ok, merchant[Page].Health);
    }

    [Fact]
    public void A_complete_account_says_nothing_about_pages_of_other_accounts_and_providers()
    {
        var other = merchant.BeginSession(Provider.Facebook);
        merchant.ExpectChanged(SignInAs(other, new Account("colleague", "Colleague", true), Pages.Fanpage(2).Offered()));
        merchant.ExpectChanged(Choose(other, Pages.Fanpage(2)));
        merchant.ExpectChanged(Grant(other));

        merchant.ExpectChanged(SignInComplete(merchant.BeginSession(Provider.Facebook, Page.PageId), Page.Offered()));

        Assert.Equal((Health.Ok, Health.Ok), (merchant[Pages.Fanpage(2)].Health, merchant[Pages.Oa(1)].Health));
    }

    [Fact]
    public void A_complete_account_says_nothing_about_pages_that_are_lost()
    {
        var lost = merchant.ReportLoss(Page, Signal.TokenExpired);

        merchant.ExpectChanged(SignInComplete(merchant.BeginSession(Provider.Facebook)));

        Assert.Equal(lost, merchant[Page]);
    }

    [Fact]
    public void A_page_whose_role_is_too_low_is_granted_nevertheless()
    {
        merchant.ExpectChanged(SignInComplete(merchant.BeginSession(Provider.Facebook), Page.Offered(PageRole.Analyst)));

        Assert.Equal(Health.Ok, merchant[Page].Health);
    }

    private static Command Soft(Signal signal, DateTimeOffset? observedAt = null) => ReportError(Page, signal, SignalStrength.Soft, observedAt);
}
