using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.PlayCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>What providers tell, in time or late (R13 to R17).</summary>
public class SignalTests
{
    private static readonly PageRef Oa = Pages.Oa(1);
    private static readonly TimeSpan Instant = TimeSpan.FromTicks(1);

    private readonly Play play = new();

    [Theory]
    [InlineData(Signal.TokenExpired, State.Expired, Cause.TokenExpired)]
    [InlineData(Signal.PermissionRevoked, State.Revoked, Cause.PermissionRevoked)]
    [InlineData(Signal.RoleLost, State.Revoked, Cause.RoleLost)]
    [InlineData(Signal.PageDeleted, State.Deleted, Cause.PageDeleted)]
    [InlineData(Signal.SignedInElsewhere, State.Disconnected, Cause.SignedInElsewhere)]
    public void Every_signal_leads_to_its_state_and_cause(Signal signal, State state, Cause cause)
    {
        play.Connect(Oa);
        play.After(TimeSpan.FromHours(1)).Lose(Oa, signal);

        Assert.Equal((state, cause, play.Now), (play[Oa].State, play[Oa].Cause, play[Oa].StateSince));
        Assert.True(play[Oa].IsLost && play[Oa].IsListed && !play[Oa].Acknowledged);
    }

    [Fact]
    public void What_the_provider_told_is_kept_in_the_history()
    {
        play.Connect(Oa);
        var connected = play.Now;
        var observed = connected.AddMinutes(2);

        var report = new Command.Report(new Origin("webhook"), Oa, Signal.PermissionRevoked, observed, Code: -219, Subcode: 7);
        var changed = play.After(TimeSpan.FromMinutes(5)).Must(report);

        var evidence = new Evidence(-219, 7, observed, "webhook");
        Assert.Equal(
            [new Change.Transition(Oa, Trigger.Revoke, State.Connected, State.Revoked, Cause.PermissionRevoked, evidence, connected)],
            changed.Changes.AsEnumerable());
    }

    [Fact]
    public void A_signal_from_before_the_grant_is_stale()
    {
        play.Connect(Oa);

        Assert.Equal(UnchangedReason.Stale, play.Unchanged(Report(Oa, Signal.PermissionRevoked, play.Now - Instant)));

        play.Must(Report(Oa, Signal.PermissionRevoked, play.Now));
    }

    [Fact]
    public void A_signal_from_before_the_renewal_is_stale()
    {
        play.Connect(Oa);
        var told = play.After(TimeSpan.FromDays(1)).Now;
        play.After(TimeSpan.FromDays(1)).Must(Renew(Oa));

        Assert.Equal(UnchangedReason.Stale, play.Unchanged(Report(Oa, Signal.TokenExpired, told)));
    }

    [Fact]
    public void A_signal_about_the_lost_grant_is_stale_once_the_page_is_requested_again()
    {
        play.Connect(Oa);
        var lost = play.After(TimeSpan.FromDays(1)).Now;
        play.Lose(Oa);
        play.After(TimeSpan.FromHours(1)).Request(Oa);

        Assert.Equal(UnchangedReason.Stale, play.Unchanged(Report(Oa, Signal.PageDeleted, lost)));

        Assert.Equal(State.Pending, play[Oa].State);
    }

    [Fact]
    public void A_signal_from_the_future_counts_as_observed_now()
    {
        play.Connect(Oa);

        var changed = play.Must(Report(Oa, Signal.PermissionRevoked, play.Now.AddDays(3)));

        var moved = Assert.IsType<Change.Transition>(Assert.Single(changed.Changes));
        Assert.Equal(play.Now, moved.Evidence?.ObservedAt);
        play.After(TimeSpan.FromHours(1)).Connect(Oa);
    }

    [Fact]
    public void A_repeated_signal_is_answered_and_keeps_the_first_cause()
    {
        play.Connect(Oa);
        play.Lose(Oa, Signal.RoleLost);

        Assert.Equal(UnchangedReason.AlreadySo, play.Unchanged(Report(Oa, Signal.PermissionRevoked)));

        Assert.Equal(Cause.RoleLost, play[Oa].Cause);
    }

    [Fact]
    public void A_worse_loss_asks_for_the_merchants_attention_again()
    {
        play.Connect(Oa);
        play.Lose(Oa, Signal.TokenExpired);
        play.Must(Acknowledge(Oa));

        play.Must(Report(Oa, Signal.PageDeleted));

        Assert.Equal((State.Deleted, false), (play[Oa].State, play[Oa].Acknowledged));
    }

    [Fact]
    public void A_signal_that_means_nothing_there_is_turned_down()
    {
        play.Must(Refuse(play.Request(Oa)));

        var fault = play.Refused<Fault.IllegalTransition>(Report(Oa, Signal.TokenExpired));

        Assert.Equal((State.Refused, Trigger.Expire), (fault.State, fault.Trigger));
        Assert.Equal([Trigger.Request, Trigger.Refuse, Trigger.Delete, Trigger.Disconnect], fault.Permitted.AsEnumerable());
    }

    [Fact]
    public void Nothing_can_be_told_of_a_page_that_the_merchant_never_had()
    {
        play.Refused<Fault.ConnectionNotFound>(Report(Oa, Signal.PageDeleted));
        play.Refused<Fault.ConnectionNotFound>(Renew(Oa));
        play.Refused<Fault.ConnectionNotFound>(Acknowledge(Oa));
        play.Refused<Fault.ConnectionNotFound>(Disconnect(Oa));
        Assert.Equal(0, play.Record.Revision);
    }

    [Fact]
    public void Acknowledging_counts_once_per_loss()
    {
        play.Connect(Oa);
        play.Unchanged(Acknowledge(Oa));
        play.Lose(Oa, Signal.PageDeleted);

        play.Must(Acknowledge(Oa));

        play.Unchanged(Acknowledge(Oa));
        Assert.Empty(play.Listed);
    }

    [Fact]
    public void Disconnecting_a_displaced_page_that_is_still_listed_acknowledges_it()
    {
        play.Connect(Oa);
        play.Lose(Oa, Signal.SignedInElsewhere);

        play.Must(Disconnect(Oa));

        Assert.Equal((Cause.SignedInElsewhere, true, false), (play[Oa].Cause, play[Oa].Acknowledged, play[Oa].IsListed));
        play.Unchanged(Disconnect(Oa));
    }
}
