using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>Reports and renewals are about one grant: the id decides, or else the time.</summary>
public class GrantIdentityTests
{
    private static readonly PageRef Page = Pages.Fanpage(1);
    private static readonly TimeSpan OneTick = TimeSpan.FromTicks(1);

    private readonly CoreMerchant merchant = new();

    [Fact]
    public void A_grant_and_a_renewal_give_the_connection_a_new_grant_id()
    {
        merchant.ExpectChanged(Grant(merchant.Request(Page), grantId: 11));
        Assert.Equal(11UL, merchant[Page].GrantId);

        merchant.ExpectChanged(Renew(Page, newGrantId: 12));
        Assert.Equal(12UL, merchant[Page].GrantId);

        merchant.ExpectChanged(Grant(merchant.Request(Page), grantId: 13));
        Assert.Equal(13UL, merchant[Page].GrantId);
    }

    [Fact]
    public void A_page_that_was_not_granted_has_no_grant_id()
    {
        merchant.Request(Page);

        Assert.Equal((0UL, 0UL), (merchant[Page].GrantId, merchant[Page].HoldId));
    }

    [Fact]
    public void A_signal_that_names_another_grant_is_stale_whatever_its_time()
    {
        var earlier = merchant.Connect(Page).GrantId;
        merchant.Connect(Page);

        Assert.Equal(
            UnchangedReason.Stale,
            merchant.After(TimeSpan.FromDays(1)).ExpectUnchanged(Report(Page, Signal.PermissionRevoked, grantId: earlier)));
    }

    [Fact]
    public void A_signal_that_names_the_current_grant_counts_whatever_its_time()
    {
        var current = merchant.Connect(Page).GrantId;

        merchant.ExpectChanged(Report(Page, Signal.PermissionRevoked, merchant.Now.AddDays(-1), current));

        Assert.Equal(State.Revoked, merchant[Page].State);
    }

    [Fact]
    public void Without_a_grant_id_a_report_observed_before_the_grant_is_stale()
    {
        merchant.Connect(Page);

        Assert.Equal(
            UnchangedReason.Stale,
            merchant.ExpectUnchanged(ReportError(Page, Signal.PermissionRevoked, SignalStrength.Hard, merchant.Now - OneTick)));
    }

    [Fact]
    public void The_transition_of_a_loss_names_the_lost_grant()
    {
        var current = merchant.Connect(Page).GrantId;

        var changed = merchant.ExpectChanged(Report(Page, Signal.PermissionRevoked));

        Assert.Equal(current, Assert.IsType<Change.Transition>(Assert.Single(changed.Changes)).GrantId);
    }

    [Fact]
    public void A_hard_provider_error_within_two_minutes_after_another_grant_is_soft()
    {
        merchant.Connect(Page);
        merchant.Connect(Page);

        merchant.After(TimeSpan.FromMinutes(2) - OneTick).ExpectChanged(ReportError(Page, Signal.PermissionRevoked, SignalStrength.Hard));

        Assert.Equal((State.Connected, Health.Suspect), (merchant[Page].State, merchant[Page].Health));
    }

    [Fact]
    public void A_hard_provider_error_after_the_first_grant_is_hard_at_once()
    {
        merchant.Connect(Page);

        merchant.ExpectChanged(ReportError(Page, Signal.PermissionRevoked, SignalStrength.Hard));

        Assert.Equal(State.Revoked, merchant[Page].State);
    }

    [Fact]
    public void A_hard_provider_error_after_a_page_was_connected_again_is_soft()
    {
        merchant.Connect(Page);
        merchant.ExpectChanged(Disconnect(Page));
        merchant.Connect(Page);

        merchant.ExpectChanged(ReportError(Page, Signal.PermissionRevoked, SignalStrength.Hard));

        Assert.Equal(Health.Suspect, merchant[Page].Health);
    }

    [Fact]
    public void A_hard_provider_error_two_minutes_after_the_grant_is_hard()
    {
        merchant.Connect(Page);
        merchant.Connect(Page);

        merchant.After(TimeSpan.FromMinutes(2)).ExpectChanged(ReportError(Page, Signal.PermissionRevoked, SignalStrength.Hard));

        Assert.Equal(State.Revoked, merchant[Page].State);
    }

    [Fact]
    public void A_hard_provider_error_after_a_renewal_is_soft_too()
    {
        merchant.Connect(Page);
        merchant.After(TimeSpan.FromDays(1)).ExpectChanged(Renew(Page));

        merchant.After(TimeSpan.FromSeconds(1)).ExpectChanged(ReportError(Page, Signal.TokenExpired, SignalStrength.Hard));

        Assert.Equal(Health.Suspect, merchant[Page].Health);
    }

    [Fact]
    public void A_hard_provider_error_that_names_the_new_grant_is_hard_at_once()
    {
        var current = merchant.Connect(Page).GrantId;

        merchant.ExpectChanged(ReportError(Page, Signal.PermissionRevoked, SignalStrength.Hard, grantId: current));

        Assert.Equal(State.Revoked, merchant[Page].State);
    }

    [Fact]
    public void A_signal_stays_hard_after_a_new_grant()
    {
        merchant.Connect(Page);

        merchant.ExpectChanged(Report(Page, Signal.PermissionRevoked));

        Assert.Equal(State.Revoked, merchant[Page].State);
    }

    [Fact]
    public void The_time_after_a_new_grant_is_configurable()
    {
        var other = new CoreMerchant(new Rules { NewGrantGrace = TimeSpan.Zero });
        other.Connect(Page);
        other.Connect(Page);

        other.ExpectChanged(ReportError(Page, Signal.PermissionRevoked, SignalStrength.Hard));

        Assert.Equal(State.Revoked, other[Page].State);
    }

    [Fact]
    public void An_expired_token_error_is_soft_before_the_known_expiry()
    {
        var grant = merchant.Connect(Page, CoreMerchant.Start.AddDays(30)).GrantId;

        merchant.At(CoreMerchant.Start.AddDays(30) - OneTick).ExpectChanged(Expired(grant));

        Assert.Equal((State.Connected, Health.Suspect), (merchant[Page].State, merchant[Page].Health));
    }

    [Fact]
    public void An_expired_token_error_is_hard_from_the_known_expiry_on()
    {
        var grant = merchant.Connect(Page, CoreMerchant.Start.AddDays(30)).GrantId;

        merchant.At(CoreMerchant.Start.AddDays(30)).ExpectChanged(Expired(grant));

        Assert.Equal(State.Expired, merchant[Page].State);
    }

    [Fact]
    public void An_expired_token_error_is_hard_if_no_expiry_is_known()
    {
        var grant = merchant.Connect(Page).GrantId;

        merchant.After(TimeSpan.FromDays(1)).ExpectChanged(Expired(grant));

        Assert.Equal(State.Expired, merchant[Page].State);
    }

    [Fact]
    public void A_renewal_of_another_grant_is_stale()
    {
        var first = merchant.Connect(Page, CoreMerchant.Start.AddDays(1)).GrantId;
        merchant.ExpectChanged(Renew(Page, CoreMerchant.Start.AddDays(90), first));

        Assert.Equal(UnchangedReason.Stale, merchant.ExpectUnchanged(Renew(Page, CoreMerchant.Start.AddHours(1), first)));

        Assert.Equal(CoreMerchant.Start.AddDays(90), merchant[Page].ExpiresAt);
    }

    [Fact]
    public void A_renewal_issued_before_the_current_token_is_stale()
    {
        merchant.Connect(Page);
        merchant.After(TimeSpan.FromDays(1)).ExpectChanged(Renew(Page, CoreMerchant.Start.AddDays(90), issuedAt: CoreMerchant.Start.AddHours(20)));

        Assert.Equal(
            UnchangedReason.Stale,
            merchant.ExpectUnchanged(Renew(Page, CoreMerchant.Start.AddDays(2), issuedAt: CoreMerchant.Start.AddHours(20) - OneTick)));

        Assert.Equal(CoreMerchant.Start.AddDays(90), merchant[Page].ExpiresAt);
    }

    [Fact]
    public void A_renewal_issued_before_the_grant_is_stale()
    {
        merchant.Connect(Page);

        Assert.Equal(UnchangedReason.Stale, merchant.ExpectUnchanged(Renew(Page, issuedAt: merchant.Now - OneTick)));
    }

    [Theory]
    [InlineData(Signal.TokenExpired)]
    [InlineData(Signal.PermissionRevoked)]
    public void A_renewal_issued_before_the_loss_does_not_bring_the_page_back(Signal signal)
    {
        merchant.Connect(Page);
        var observed = merchant.After(TimeSpan.FromHours(1)).Now;
        merchant.After(TimeSpan.FromMinutes(1)).ExpectChanged(Report(Page, signal, observed));
        var lost = merchant[Page];

        Assert.Equal(UnchangedReason.Stale, merchant.ExpectUnchanged(Renew(Page, grantId: lost.GrantId, issuedAt: observed - OneTick)));

        Assert.Equal(lost, merchant[Page]);
    }

    [Theory]
    [InlineData(Signal.TokenExpired)]
    [InlineData(Signal.PermissionRevoked)]
    public void A_renewal_issued_after_the_loss_was_observed_brings_the_page_back(Signal signal)
    {
        merchant.Connect(Page);
        var observed = merchant.After(TimeSpan.FromHours(1)).Now;
        merchant.After(TimeSpan.FromMinutes(1)).ExpectChanged(Report(Page, signal, observed));

        merchant.ExpectChanged(Renew(Page, issuedAt: observed));

        Assert.Equal((State.Connected, Cause.None, null), (merchant[Page].State, merchant[Page].Cause, merchant[Page].LossEvidence));
    }

    [Fact]
    public void R14_A_renewal_issued_just_before_the_token_expired_brings_the_page_back()
    {
        merchant.Connect(Page, CoreMerchant.Start.AddHours(1));
        merchant.At(CoreMerchant.Start.AddHours(3)).ExpectChanged(Tick());

        merchant.ExpectChanged(Renew(Page, CoreMerchant.Start.AddHours(9), issuedAt: CoreMerchant.Start.AddHours(1) - OneTick));

        Assert.Equal(State.Connected, merchant[Page].State);
    }

    [Fact]
    public void A_renewal_that_names_the_current_grant_counts_whatever_its_time_of_issue()
    {
        var grant = merchant.Connect(Page).GrantId;

        merchant.ExpectChanged(Renew(Page, grantId: grant, issuedAt: merchant.Now.AddMinutes(-1)));
    }

    [Fact]
    public void A_renewal_that_does_not_say_when_it_was_issued_counts_as_new()
    {
        merchant.Connect(Page);
        merchant.After(TimeSpan.FromHours(1)).ReportLoss(Page);

        merchant.ExpectChanged(Renew(Page));

        Assert.Equal((State.Connected, merchant.Now), (merchant[Page].State, merchant[Page].IssuedAt));
    }

    [Fact]
    public void A_renewal_issued_in_the_future_counts_as_issued_now()
    {
        merchant.Connect(Page);

        merchant.ExpectChanged(Renew(Page, issuedAt: merchant.Now.AddDays(3)));

        Assert.Equal(merchant.Now, merchant[Page].IssuedAt);
    }

    [Fact]
    public void A_stale_renewal_of_a_deleted_page_is_stale_and_a_current_one_is_not_permitted()
    {
        merchant.Connect(Page);
        merchant.After(TimeSpan.FromHours(1)).ReportLoss(Page, Signal.PageDeleted);

        Assert.Equal(UnchangedReason.Stale, merchant.ExpectUnchanged(Renew(Page, grantId: 1)));
        Assert.Equal(Trigger.Renew, merchant.ExpectRefused<Fault.IllegalTransition>(Renew(Page)).Trigger);
    }

    [Fact]
    public void A_renewal_keeps_the_account_and_the_hold()
    {
        var connected = merchant.Connect(Page);

        merchant.ExpectChanged(Renew(Page));

        Assert.Equal(
            (connected.AccountId, connected.HoldId, connected.ConnectedAt),
            (merchant[Page].AccountId, merchant[Page].HoldId, merchant[Page].ConnectedAt));
    }

    private static Command Expired(ulong grantId) =>
        ReportError(Page, Signal.TokenExpired, SignalStrength.Hard, grantId: grantId, softBeforeExpiry: true);
}
