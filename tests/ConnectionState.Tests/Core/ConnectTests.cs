using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>Connecting and reconnecting, also with several sessions for the same page.</summary>
public class ConnectTests
{
    private static readonly PageRef Fanpage = Pages.Fanpage(1);

    private readonly CoreMerchant merchant = new();

    [Fact]
    public void Reconnecting_a_lost_page_keeps_its_position_in_the_list()
    {
        merchant.Connect(Fanpage);
        merchant.Connect(Pages.Oa(1));
        merchant.ReportLoss(Fanpage);

        merchant.Connect(Fanpage);

        Assert.Equal([Fanpage, Pages.Oa(1)], merchant.Listed);
        Assert.Equal((Cause.None, false), (merchant[Fanpage].Cause, merchant[Fanpage].Acknowledged));
    }

    [Fact]
    public void A_page_connected_again_after_leaving_the_list_goes_to_the_end()
    {
        merchant.Connect(Fanpage);
        merchant.Connect(Pages.Oa(1));
        merchant.ExpectChanged(Disconnect(Fanpage));

        merchant.Connect(Fanpage);

        Assert.Equal([Pages.Oa(1), Fanpage], merchant.Listed);
    }

    [Fact]
    public void BeginConnect_refuses_to_reconnect_an_unknown_page()
    {
        merchant.Connect(Fanpage);

        merchant.ExpectRefused<Fault.ConnectionNotFound>(Begin("again", Provider.Facebook, "unknown"));
        merchant.ExpectRefused<Fault.ConnectionNotFound>(Begin("again", Provider.Zalo, Fanpage.PageId));
    }

    [Fact]
    public void Choosing_the_chosen_page_again_changes_nothing()
    {
        var id = merchant.Request(Fanpage);

        Assert.Equal(UnchangedReason.AlreadyInEffect, merchant.ExpectUnchanged(Choose(id, Fanpage)));
    }

    [Fact]
    public void A_session_that_times_out_leaves_the_page_to_the_other_sessions_that_chose_it()
    {
        var first = merchant.Request(Fanpage);
        var second = merchant.After(TimeSpan.FromMinutes(1)).Request(Fanpage);

        merchant.At(CoreMerchant.Start.AddMinutes(15)).ExpectChanged(Tick());
        Assert.Equal((SessionStep.TimedOut, State.Pending), (merchant.StepOf(first), merchant[Fanpage].State));

        merchant.ExpectChanged(Grant(second));
        Assert.Equal(State.Connected, merchant[Fanpage].State);
    }

    [Fact]
    public void A_repeated_grant_changes_nothing()
    {
        var id = merchant.Request(Fanpage);
        merchant.ExpectChanged(Grant(id));

        Assert.Equal(UnchangedReason.AlreadyInEffect, merchant.ExpectUnchanged(Grant(id)));
    }

    [Fact]
    public void A_repeated_grant_changes_nothing_even_if_the_page_was_lost_since()
    {
        var id = merchant.Request(Fanpage);
        merchant.ExpectChanged(Grant(id));
        merchant.ReportLoss(Fanpage);

        Assert.Equal(UnchangedReason.AlreadyInEffect, merchant.ExpectUnchanged(Grant(id)));
    }

    [Fact]
    public void A_repeated_grant_does_not_grant_the_page_of_a_later_session()
    {
        var first = merchant.Request(Fanpage);
        merchant.ExpectChanged(Grant(first));
        merchant.ReportLoss(Fanpage);
        var second = merchant.After(TimeSpan.FromMinutes(1)).Request(Fanpage);

        merchant.ExpectUnchanged(Grant(first));

        Assert.Equal((State.Revoked, SessionStep.Consent), (merchant[Fanpage].State, merchant.StepOf(second)));
    }

    [Fact]
    public void A_repeated_refusal_does_not_refuse_the_page_of_a_later_session()
    {
        var first = merchant.Request(Fanpage);
        merchant.ExpectChanged(Refuse(first));
        var second = merchant.Request(Fanpage);

        merchant.ExpectUnchanged(Refuse(first));

        Assert.Equal((State.Pending, SessionStep.Consent), (merchant[Fanpage].State, merchant.StepOf(second)));
    }

    [Fact]
    public void A_connected_session_cannot_be_refused()
    {
        var id = merchant.Request(Fanpage);
        merchant.ExpectChanged(Grant(id));

        Assert.Equal(SessionStep.Connected, merchant.ExpectRefused<Fault.StepNotAllowed>(Refuse(id)).Step);
    }

    [Fact]
    public void A_new_session_ends_the_oldest_of_twenty_open_ones_that_is_not_at_consent()
    {
        var waiting = merchant.Request(Fanpage);
        var others = Enumerable.Range(1, 19).Select(_ => merchant.BeginSession(Provider.Zalo)).ToList();

        merchant.BeginSession(Provider.Zalo);

        Assert.Equal((SessionStep.Consent, State.Pending), (merchant.StepOf(waiting), merchant[Fanpage].State));
        Assert.Contains(new Change.SessionMoved(others[0], Provider.Zalo, SessionStep.TimedOut, Page: null), merchant.History[^1].Changes);
        Assert.Equal(SessionStep.SignIn, merchant.StepOf(others[1]));
        Assert.Equal(20, merchant.Record.Sessions.Count(s => s.IsOpen));
        merchant.ExpectChanged(Grant(waiting));
    }

    [Fact]
    public void BeginConnect_is_refused_while_twenty_sessions_are_at_consent()
    {
        var waiting = Enumerable.Range(1, 20).Select(_ => merchant.Request(Fanpage)).ToList();

        var fault = merchant.ExpectRefused<Fault.SessionLimitExceeded>(Begin("more", Provider.Zalo));

        Assert.Equal(20, fault.Limit);
        Assert.Equal(waiting, fault.SessionIds.AsEnumerable());
        merchant.ExpectChanged(Refuse(waiting[7]));
        merchant.BeginSession(Provider.Zalo);
    }

    [Fact]
    public void A_connection_holds_the_revision_that_last_changed_it()
    {
        merchant.Connect(Fanpage);
        Assert.Equal(merchant.Record.Revision, merchant[Fanpage].Revision);

        merchant.Connect(Pages.Oa(1));

        Assert.True(merchant[Fanpage].Revision < merchant.Record.Revision);
    }

    [Fact]
    public void The_transition_of_a_new_connection_has_no_earlier_state()
    {
        merchant.Request(Fanpage);

        var transition = Assert.IsType<Change.Transition>(merchant.History[^1].Changes[0]);
        Assert.Equal((State.None, State.Pending, null), (transition.From, transition.To, transition.FromSince));
    }

    [Fact]
    public void A_session_without_a_chosen_page_has_no_page() =>
        Assert.Null(merchant.Session(merchant.OpenSession(Fanpage)).Page);
}
