using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.PlayCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>Connecting, reconnecting, and several sessions that want the same page.</summary>
public class ConnectTests
{
    private static readonly PageRef Fan = Pages.Fanpage(1);

    private readonly Play play = new();

    [Fact]
    public void Reconnecting_keeps_the_one_connection_and_its_place()
    {
        play.Connect(Fan);
        play.Connect(Pages.Oa(1));
        play.Lose(Fan);

        play.Connect(Fan);

        Assert.Equal([Fan, Pages.Oa(1)], play.Listed);
        Assert.Equal((Cause.None, false), (play[Fan].Cause, play[Fan].Acknowledged));
    }

    [Fact]
    public void A_page_that_comes_back_after_it_left_goes_to_the_end()
    {
        play.Connect(Fan);
        play.Connect(Pages.Oa(1));
        play.Must(Disconnect(Fan));

        play.Connect(Fan);

        Assert.Equal([Pages.Oa(1), Fan], play.Listed);
    }

    [Fact]
    public void A_page_that_works_or_was_never_had_cannot_be_reconnected()
    {
        play.Connect(Fan);

        play.Refused<Fault.PageAlreadyConnected>(Begin("again", Provider.Facebook, Fan.PageId));
        play.Refused<Fault.ConnectionNotFound>(Begin("again", Provider.Facebook, "unheard-of"));
        play.Refused<Fault.ConnectionNotFound>(Begin("again", Provider.Zalo, Fan.PageId));
    }

    [Fact]
    public void Choosing_the_same_page_again_is_answered()
    {
        var id = play.Request(Fan);

        Assert.Equal(UnchangedReason.AlreadySo, play.Unchanged(Choose(id, Fan)));
    }

    [Fact]
    public void A_page_that_another_session_waits_for_is_taken_over()
    {
        var first = play.Request(Fan);
        var second = play.After(TimeSpan.FromMinutes(1)).OpenSession(Fan);

        play.Must(Choose(second, Fan));

        Assert.Equal((SessionStep.ChoosePage, SessionStep.Consent), (play.StepOf(first), play.StepOf(second)));
        Assert.Equal((State.Pending, second, 1), (play[Fan].State, play[Fan].SessionId, play.Quota.Used));
        play.Refused<Fault.StepNotAllowed>(Grant(first));
    }

    [Fact]
    public void The_end_of_the_session_that_was_overtaken_leaves_the_page_alone()
    {
        var first = play.Request(Fan);
        var second = play.After(TimeSpan.FromMinutes(1)).Request(Fan);

        play.At(Play.Start.AddMinutes(15)).Must(Tick());
        Assert.Equal((SessionStep.TimedOut, State.Pending), (play.StepOf(first), play[Fan].State));

        play.Must(Grant(second));
        Assert.Equal(State.Connected, play[Fan].State);
    }

    [Fact]
    public void A_repeated_grant_is_answered()
    {
        var id = play.Request(Fan);
        play.Must(Grant(id));

        Assert.Equal(UnchangedReason.AlreadySo, play.Unchanged(Grant(id)));
    }

    [Fact]
    public void A_repeated_grant_is_answered_also_when_the_page_was_lost_since()
    {
        var id = play.Request(Fan);
        play.Must(Grant(id));
        play.Lose(Fan);

        Assert.Equal(UnchangedReason.AlreadySo, play.Unchanged(Grant(id)));
    }

    [Fact]
    public void A_repeated_grant_does_not_answer_for_a_later_session()
    {
        var first = play.Request(Fan);
        play.Must(Grant(first));
        play.Lose(Fan);
        var second = play.After(TimeSpan.FromMinutes(1)).Request(Fan);

        play.Unchanged(Grant(first));

        Assert.Equal((State.Pending, SessionStep.Consent), (play[Fan].State, play.StepOf(second)));
    }

    [Fact]
    public void A_repeated_refusal_does_not_answer_for_a_later_session()
    {
        var first = play.Request(Fan);
        play.Must(Refuse(first));
        var second = play.Request(Fan);

        play.Unchanged(Refuse(first));

        Assert.Equal((State.Pending, SessionStep.Consent), (play[Fan].State, play.StepOf(second)));
    }

    [Fact]
    public void A_session_that_connected_cannot_be_refused()
    {
        var id = play.Request(Fan);
        play.Must(Grant(id));

        Assert.Equal(SessionStep.Connected, play.Refused<Fault.StepNotAllowed>(Refuse(id)).Step);
    }

    [Fact]
    public void With_twenty_open_sessions_a_new_one_ends_the_oldest()
    {
        play.Request(Fan);
        for (var more = 1; more < 20; more++)
        {
            play.BeginSession(Provider.Zalo);
        }

        play.BeginSession(Provider.Zalo);

        Assert.Equal((State.Refused, Cause.SessionTimedOut), (play[Fan].State, play[Fan].Cause));
        Assert.Equal(20, play.Record.Sessions.Count(s => s.IsOpen));
    }
}
