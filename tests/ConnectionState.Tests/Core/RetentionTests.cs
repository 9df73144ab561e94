using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.PlayCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>How much of the past is kept, and what a repeated request gets.</summary>
public class RetentionTests
{
    private readonly Play play = new();

    [Fact]
    public void The_newest_fifty_pages_that_left_the_list_are_kept()
    {
        var stays = Pages.Oa(1);
        play.Connect(stays);
        for (var number = 1; number <= 52; number++)
        {
            play.Connect(Pages.Fanpage(number));
            play.Must(Disconnect(Pages.Fanpage(number)));
        }

        Assert.Equal(51, play.Record.Connections.Length);
        Assert.Null(play.Record.Find(Pages.Fanpage(2)));
        Assert.Equal((State.Disconnected, 4L), (play[Pages.Fanpage(3)].State, play[Pages.Fanpage(3)].Order));
        Assert.Equal(State.Connected, play[stays].State);
    }

    [Fact]
    public void The_page_that_left_last_is_kept_even_if_it_was_the_first_in_the_list()
    {
        var few = new Play(new Rules { KeptTombstones = 1 });
        few.Connect(Pages.Oa(1));
        few.Connect(Pages.Oa(2));

        few.Must(Disconnect(Pages.Oa(2)));
        few.Must(Disconnect(Pages.Oa(1)));

        Assert.Equal([Pages.Oa(1)], few.Record.Connections.Select(c => c.Page));
    }

    [Fact]
    public void The_newest_twenty_sessions_are_kept()
    {
        var ids = Enumerable.Range(0, 22).Select(_ => Ended()).ToList();

        Assert.Equal(ids.Skip(2), play.Record.Sessions.Select(s => s.Id));
    }

    [Fact]
    public void An_open_session_is_not_dropped_for_one_that_ended()
    {
        var open = play.BeginSession(Provider.Zalo);
        for (var more = 0; more < 30; more++)
        {
            Ended();
        }

        Assert.Equal(SessionStep.SignIn, play.StepOf(open));
        Assert.Equal(20, play.Record.Sessions.Length);
    }

    [Fact]
    public void A_repeated_request_is_answered_with_the_revision_of_the_first()
    {
        var command = SetPlan(Plan.Trial) with { Origin = Play.By("r1", 7) };
        play.Must(command);
        play.Must(SetPlan(Plan.Standard));

        var repeated = Assert.IsType<Decision.Repeated>(play.Do(command));

        Assert.Equal((1, 2), (repeated.Request.Revision, repeated.Record.Revision));
        Assert.Equal(Plan.Standard, play.Quota.Plan);
    }

    [Fact]
    public void A_repeated_begin_gives_the_session_that_the_first_began()
    {
        play.Must(Begin("first", Provider.Zalo) with { Origin = Play.By("r1", 7) });

        // The service makes a new id for each attempt.
        var repeated = Assert.IsType<Decision.Repeated>(play.Do(Begin("second", Provider.Zalo) with { Origin = Play.By("r1", 7) }));

        Assert.Equal("first", repeated.Request.SessionId);
        Assert.Null(play.Record.FindSession("second"));
    }

    [Fact]
    public void The_same_request_id_for_something_else_is_turned_down()
    {
        play.Must(SetPlan(Plan.Trial) with { Origin = Play.By("r1", 7) });

        var fault = play.Refused<Fault.RequestIdReused>(SetPlan(Plan.Standard) with { Origin = Play.By("r1", 8) });

        Assert.Equal("r1", fault.RequestId);
    }

    [Fact]
    public void Without_a_request_id_nothing_is_remembered()
    {
        play.Must(SetPlan(Plan.Trial));

        Assert.Empty(play.Record.Requests);
        play.Must(SetPlan(Plan.Standard));
        play.Must(SetPlan(Plan.Trial));
    }

    [Fact]
    public void A_request_that_was_turned_down_may_be_tried_again()
    {
        var renew = Renew(Pages.Oa(1)) with { Origin = Play.By("r1", 7) };
        play.Refused<Fault.ConnectionNotFound>(renew);
        play.Connect(Pages.Oa(1));

        play.Must(renew);
    }

    [Fact]
    public void The_newest_sixty_four_requests_are_remembered()
    {
        for (var number = 0; number < 66; number++)
        {
            play.Must(SetPlan(Plan.Standard, number) with { Origin = Play.By($"r{number}") });
        }

        Assert.Equal(Enumerable.Range(2, 64).Select(number => $"r{number}"), play.Record.Requests.Select(r => r.Id));
    }

    private string Ended()
    {
        var id = play.BeginSession(Provider.Zalo);
        play.Must(Refuse(id));
        return id;
    }
}
