using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.PlayCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>What happens by itself: never early, and once (R14).</summary>
public class TimeTests
{
    private static readonly PageRef Fan = Pages.Fanpage(1);
    private static readonly PageRef Oa = Pages.Oa(1);
    private static readonly TimeSpan Instant = TimeSpan.FromTicks(1);

    private readonly Play play = new();

    [Fact]
    public void R14_A_token_ends_exactly_on_time_and_never_early()
    {
        var end = Play.Start.AddDays(30);
        play.Connect(Oa, end);
        play.Elapse();

        play.At(end - Instant).Unchanged(Tick());
        Assert.Equal(State.Connected, play[Oa].State);

        play.At(end).Must(Tick());
        Assert.Equal((State.Expired, Cause.TokenExpired, end), (play[Oa].State, play[Oa].Cause, play[Oa].StateSince));
        Assert.Equal(end, play[Oa].ExpiresAt);
    }

    [Fact]
    public void R14_Renewing_brings_an_expired_page_back()
    {
        play.Connect(Oa, Play.Start.AddDays(1));
        play.At(Play.Start.AddDays(2)).Must(Tick());

        play.Must(Renew(Oa, play.Now.AddDays(90)));

        Assert.Equal((State.Connected, Cause.None, play.Now), (play[Oa].State, play[Oa].Cause, play[Oa].StateSince));
    }

    [Fact]
    public void R14_A_Zalo_token_lasts_a_year_when_nothing_else_is_said() =>
        Assert.Equal(Play.Start.AddDays(365), play.Connect(Oa).ExpiresAt);

    [Fact]
    public void A_Facebook_token_has_no_end_when_nothing_else_is_said()
    {
        play.Connect(Fan);

        Assert.Null(play[Fan].ExpiresAt);
        Assert.Null(play.NextDeadline);
    }

    [Fact]
    public void How_long_tokens_last_is_an_option()
    {
        var rules = new Rules { ZaloTokenLifetime = null, FacebookTokenLifetime = TimeSpan.FromDays(60) };
        var other = new Play(rules);

        Assert.Null(other.Connect(Oa).ExpiresAt);
        Assert.Equal(Play.Start.AddDays(60), other.Connect(Fan).ExpiresAt);
    }

    [Fact]
    public void The_merchant_is_warned_seven_days_before_and_only_once()
    {
        var end = Play.Start.AddDays(30);
        play.Connect(Oa, end);

        play.At(end.AddDays(-7) - Instant).Unchanged(Tick());
        var changed = play.At(end.AddDays(-7)).Must(Tick());
        Assert.Equal([new Change.ExpiryWarning(Oa, end)], changed.Changes.AsEnumerable());
        Assert.True(play[Oa].ExpiresSoon);

        play.After(TimeSpan.FromDays(3)).Unchanged(Tick());
    }

    [Fact]
    public void A_token_that_ends_before_the_merchant_could_be_warned_just_ends()
    {
        play.Connect(Oa, Play.Start.AddDays(30));

        var changed = play.At(Play.Start.AddDays(30)).Must(Tick());

        Assert.IsType<Change.Transition>(Assert.Single(changed.Changes));
    }

    [Fact]
    public void Renewing_clears_the_warning_and_moves_the_end()
    {
        play.Connect(Oa, Play.Start.AddDays(5));
        Assert.True(play[Oa].ExpiresSoon);
        var since = play[Oa].StateSince;

        play.After(TimeSpan.FromDays(1)).Must(Renew(Oa, Play.Start.AddDays(100)));

        Assert.Equal((false, Play.Start.AddDays(100)), (play[Oa].ExpiresSoon, play[Oa].ExpiresAt));
        Assert.Equal(since, play[Oa].StateSince);
        Assert.Equal(Play.Start.AddDays(93), play.NextDeadline);
    }

    [Fact]
    public void A_token_that_ends_within_the_warning_time_is_warned_of_when_it_is_given_and_not_at_every_renewal()
    {
        play.Connect(Oa, Play.Start.AddHours(25));
        Assert.Single(Warnings());
        play.Unchanged(Tick());

        play.After(TimeSpan.FromDays(1)).Must(Renew(Oa, Play.Start.AddHours(49)));

        Assert.True(play[Oa].ExpiresSoon);
        Assert.Single(Warnings());
        play.Unchanged(Tick());

        IEnumerable<Change> Warnings() => play.History.SelectMany(c => c.Changes).Where(c => c is Change.ExpiryWarning);
    }

    [Fact]
    public void A_token_whose_end_has_passed_is_no_token()
    {
        var id = play.Request(Oa);
        play.Refused<Fault.InvalidRequest>(Grant(id, play.Now));
        play.Must(Grant(id, play.Now + Instant));

        play.Refused<Fault.InvalidRequest>(Renew(Oa, play.Now));
        play.Must(Renew(Oa, play.Now + Instant));
    }

    [Fact]
    public void A_session_ends_after_fifteen_minutes_and_its_page_is_refused()
    {
        var id = play.Request(Oa);
        Assert.Equal(Play.Start.AddMinutes(15), play.NextDeadline);

        play.At(Play.Start.AddMinutes(15) - Instant).Unchanged(Tick());
        play.At(Play.Start.AddMinutes(15)).Must(Tick());

        Assert.Equal(SessionStep.TimedOut, play.StepOf(id));
        Assert.Equal((State.Refused, Cause.SessionTimedOut), (play[Oa].State, play[Oa].Cause));
        Assert.Null(play.NextDeadline);
    }

    [Fact]
    public void A_session_without_a_page_just_ends()
    {
        var id = play.OpenSession(Oa);

        play.Elapse();

        Assert.Equal(SessionStep.TimedOut, play.StepOf(id));
        Assert.Empty(play.Session(id).Candidates);
        Assert.Empty(play.Record.Connections);
    }

    [Fact]
    public void All_that_is_due_is_one_commit()
    {
        play.Connect(Oa, Play.Start.AddMinutes(10));
        play.Connect(Fan, Play.Start.AddDays(7).AddMinutes(1));
        play.BeginSession(Provider.Zalo);
        play.BeginSession(Provider.Facebook);
        var revision = play.Record.Revision;

        var changed = play.At(Play.Start.AddMinutes(15)).Must(Tick());

        Assert.Equal((revision + 1, 4), (play.Record.Revision, changed.Changes.Length));
        play.Unchanged(Tick());
    }

    [Fact]
    public void The_next_deadline_is_the_earliest_of_sessions_warnings_and_ends()
    {
        Assert.Null(play.NextDeadline);

        play.Connect(Oa, Play.Start.AddDays(20));
        Assert.Equal(Play.Start.AddDays(13), play.NextDeadline);
        play.BeginSession(Provider.Zalo);
        Assert.Equal(Play.Start.AddMinutes(15), play.NextDeadline);
        play.Elapse();
        play.Elapse();
        Assert.Equal(Play.Start.AddDays(20), play.NextDeadline);
        play.Elapse();

        Assert.Null(play.NextDeadline);
    }
}
