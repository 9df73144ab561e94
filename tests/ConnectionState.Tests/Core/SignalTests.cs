using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>Signals from providers, current and stale, and acknowledgements (R13 to R17).</summary>
public class SignalTests
{
    private static readonly PageRef Oa = Pages.Oa(1);
    private static readonly TimeSpan OneTick = TimeSpan.FromTicks(1);

    private readonly CoreMerchant merchant = new();

    [Theory]
    [InlineData(Signal.TokenExpired, State.Expired, Cause.TokenExpired)]
    [InlineData(Signal.PermissionRevoked, State.Revoked, Cause.PermissionRevoked)]
    [InlineData(Signal.RoleLost, State.Revoked, Cause.RoleLost)]
    [InlineData(Signal.PageDeleted, State.Deleted, Cause.PageDeleted)]
    [InlineData(Signal.SignedInElsewhere, State.Disconnected, Cause.SignedInElsewhere)]
    public void A_signal_sets_the_state_and_the_cause(Signal signal, State state, Cause cause)
    {
        merchant.Connect(Oa);
        merchant.After(TimeSpan.FromHours(1)).ReportLoss(Oa, signal);

        Assert.Equal((state, cause, merchant.Now), (merchant[Oa].State, merchant[Oa].Cause, merchant[Oa].StateSince));
        Assert.True(merchant[Oa].IsLost && merchant[Oa].IsListed && !merchant[Oa].Acknowledged);
    }

    [Fact]
    public void The_transition_of_a_signal_holds_the_evidence()
    {
        merchant.Connect(Oa);
        var connected = merchant.Now;
        var observed = connected.AddMinutes(2);

        var report = new Command.Report(
            new Origin("webhook"), Oa, null, Signal.PermissionRevoked, SignalStrength.Hard, EvidenceSource.Signal, observed, Code: -219, Subcode: 7);
        var changed = merchant.After(TimeSpan.FromMinutes(5)).ExpectChanged(report);

        var evidence = new Evidence(EvidenceSource.Signal, Signal.PermissionRevoked, -219, 7, observed, "webhook");
        Assert.Equal(
            [new Change.Transition(Oa, Trigger.Revoke, State.Connected, State.Revoked, Cause.PermissionRevoked, evidence, connected, merchant[Oa].GrantId)],
            changed.Changes.AsEnumerable());
    }

    [Fact]
    public void A_signal_observed_before_the_grant_is_stale()
    {
        merchant.Connect(Oa);

        Assert.Equal(UnchangedReason.Stale, merchant.ExpectUnchanged(Report(Oa, Signal.PermissionRevoked, merchant.Now - OneTick)));

        merchant.ExpectChanged(Report(Oa, Signal.PermissionRevoked, merchant.Now));
    }

    [Fact]
    public void A_signal_observed_before_the_renewal_is_stale()
    {
        merchant.Connect(Oa);
        var observed = merchant.After(TimeSpan.FromDays(1)).Now;
        merchant.After(TimeSpan.FromDays(1)).ExpectChanged(Renew(Oa));

        Assert.Equal(UnchangedReason.Stale, merchant.ExpectUnchanged(Report(Oa, Signal.TokenExpired, observed)));
    }

    [Fact]
    public void A_signal_observed_before_the_page_was_requested_again_is_stale()
    {
        merchant.Connect(Oa);
        var observed = merchant.After(TimeSpan.FromDays(1)).Now;
        merchant.ExpectChanged(Disconnect(Oa));
        merchant.After(TimeSpan.FromHours(1)).Request(Oa);

        Assert.Equal(UnchangedReason.Stale, merchant.ExpectUnchanged(Report(Oa, Signal.PageDeleted, observed)));

        Assert.Equal(State.Pending, merchant[Oa].State);
    }

    [Fact]
    public void A_signal_observed_in_the_future_is_stored_as_observed_now()
    {
        merchant.Connect(Oa);

        var changed = merchant.ExpectChanged(Report(Oa, Signal.PermissionRevoked, merchant.Now.AddDays(3)));

        var moved = Assert.IsType<Change.Transition>(Assert.Single(changed.Changes));
        Assert.Equal(merchant.Now, moved.Evidence?.ObservedAt);
        merchant.After(TimeSpan.FromHours(1)).Connect(Oa);
    }

    [Fact]
    public void A_repeated_signal_changes_nothing_and_keeps_the_first_cause()
    {
        merchant.Connect(Oa);
        merchant.ReportLoss(Oa, Signal.RoleLost);

        Assert.Equal(UnchangedReason.AlreadyInEffect, merchant.ExpectUnchanged(Report(Oa, Signal.PermissionRevoked)));

        Assert.Equal(Cause.RoleLost, merchant[Oa].Cause);
    }

    [Fact]
    public void A_second_loss_clears_the_acknowledgement()
    {
        merchant.Connect(Oa);
        merchant.ReportLoss(Oa, Signal.TokenExpired);
        merchant.ExpectChanged(Acknowledge(Oa));

        merchant.ExpectChanged(Report(Oa, Signal.PageDeleted));

        Assert.Equal((State.Deleted, false), (merchant[Oa].State, merchant[Oa].Acknowledged));
    }

    [Fact]
    public void A_signal_that_is_not_permitted_in_the_state_is_refused()
    {
        merchant.ExpectChanged(Refuse(merchant.Request(Oa)));

        var fault = merchant.ExpectRefused<Fault.IllegalTransition>(Report(Oa, Signal.TokenExpired));

        Assert.Equal((State.Refused, Trigger.Expire), (fault.State, fault.Trigger));
        Assert.Equal([Trigger.Request, Trigger.Refuse, Trigger.Delete, Trigger.Disconnect], fault.Permitted.AsEnumerable());
    }

    [Fact]
    public void Commands_for_an_unknown_page_are_refused()
    {
        merchant.ExpectRefused<Fault.ConnectionNotFound>(Report(Oa, Signal.PageDeleted));
        merchant.ExpectRefused<Fault.ConnectionNotFound>(Renew(Oa));
        merchant.ExpectRefused<Fault.ConnectionNotFound>(Acknowledge(Oa));
        merchant.ExpectRefused<Fault.ConnectionNotFound>(Disconnect(Oa));
        Assert.Equal(0, merchant.Record.Revision);
    }

    [Fact]
    public void A_loss_is_acknowledged_only_once()
    {
        merchant.Connect(Oa);
        merchant.ExpectUnchanged(Acknowledge(Oa));
        merchant.ReportLoss(Oa, Signal.PageDeleted);

        merchant.ExpectChanged(Acknowledge(Oa));

        merchant.ExpectUnchanged(Acknowledge(Oa));
        Assert.Empty(merchant.Listed);
    }

    [Fact]
    public void R20_Disconnecting_a_listed_displaced_page_removes_it_from_the_list()
    {
        merchant.Connect(Oa);
        merchant.ReportLoss(Oa, Signal.SignedInElsewhere);

        merchant.ExpectChanged(Disconnect(Oa));

        Assert.Equal((State.Disconnected, Cause.MerchantDisconnected, false), (merchant[Oa].State, merchant[Oa].Cause, merchant[Oa].IsListed));
        merchant.ExpectUnchanged(Disconnect(Oa));
    }
}
