using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.PlayCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>A session's step follows from its facts (R2 to R5, R8, R19).</summary>
public class SessionStepTests
{
    private static readonly PageRef Fan = Pages.Fanpage(1);
    private static readonly PageRef Oa = Pages.Oa(1);

    private readonly Play play = new();

    [Fact]
    public void R2_Without_an_account_the_step_is_sign_in() =>
        Assert.Equal(SessionStep.SignIn, play.StepOf(play.BeginSession(Provider.Facebook)));

    [Fact]
    public void R3_An_account_without_a_sufficient_role_makes_the_step_permission()
    {
        var id = play.BeginSession(Provider.Facebook);

        play.Must(SignIn(id, Fan.Offered(PageRole.Moderator)));

        Assert.Equal(SessionStep.Permission, play.StepOf(id));
    }

    [Fact]
    public void R3_An_account_that_offers_no_page_makes_the_step_permission()
    {
        var id = play.BeginSession(Provider.Facebook);

        play.Must(SignIn(id));

        Assert.Equal(SessionStep.Permission, play.StepOf(id));
    }

    [Fact]
    public void R4_One_page_with_a_sufficient_role_is_enough_to_choose() =>
        Assert.Equal(SessionStep.ChoosePage, play.StepOf(play.OpenSession(Fan)));

    [Fact]
    public void R5_A_chosen_page_waits_for_consent()
    {
        var id = play.Request(Oa);

        Assert.Equal(SessionStep.Consent, play.StepOf(id));
        Assert.Equal((State.Pending, id), (play[Oa].State, play[Oa].SessionId));
    }

    [Fact]
    public void R5_Zalo_without_the_tick_is_not_accepted()
    {
        var id = play.Request(Oa);

        play.Refused<Fault.ConsentRequired>(Grant(id, consent: false));

        Assert.Equal(State.Pending, play[Oa].State);
    }

    [Fact]
    public void Facebook_needs_no_tick()
    {
        play.Must(Grant(play.Request(Fan), consent: false));

        Assert.Equal(State.Connected, play[Fan].State);
    }

    [Fact]
    public void R6_A_grant_ends_the_session_at_connected()
    {
        var id = play.Request(Oa);

        play.Must(Grant(id));

        Assert.Equal(SessionStep.Connected, play.StepOf(id));
        Assert.Empty(play.Session(id).Candidates);
    }

    [Fact]
    public void R8_A_refusal_ends_the_session_and_gives_the_slot_back()
    {
        var id = play.Request(Oa);

        play.Must(Refuse(id));

        Assert.Equal(SessionStep.Refused, play.StepOf(id));
        Assert.Equal((State.Refused, Cause.ConsentRefused), (play[Oa].State, play[Oa].Cause));
        Assert.Equal(0, play.Quota.Used);
        Assert.Empty(play.Listed);
    }

    [Fact]
    public void A_session_can_be_cancelled_before_a_page_is_chosen()
    {
        var id = play.BeginSession(Provider.Zalo);

        play.Must(Refuse(id));

        Assert.Equal(SessionStep.Refused, play.StepOf(id));
    }

    [Theory]
    [InlineData(Signal.PermissionRevoked)]
    [InlineData(Signal.RoleLost)]
    [InlineData(Signal.PageDeleted)]
    [InlineData(Signal.SignedInElsewhere)]
    public void R19_Losing_the_page_before_the_answer_ends_the_session_at_lost(Signal signal)
    {
        var id = play.Request(Oa);

        play.Must(Report(Oa, signal));

        Assert.Equal(SessionStep.Lost, play.StepOf(id));
        play.Refused<Fault.StepNotAllowed>(Grant(id));
    }

    [Fact]
    public void Disconnecting_a_pending_page_ends_its_session_at_refused()
    {
        var id = play.Request(Oa);

        play.Must(Disconnect(Oa));

        Assert.Equal(SessionStep.Refused, play.StepOf(id));
    }

    [Fact]
    public void A_session_that_is_over_takes_no_account_and_no_choice()
    {
        var id = play.Request(Oa);
        play.Must(Refuse(id));

        play.Refused<Fault.StepNotAllowed>(SignIn(id, Oa.Offered()));
        play.Refused<Fault.StepNotAllowed>(Choose(id, Oa));
        play.Refused<Fault.StepNotAllowed>(Grant(id));
    }

    [Fact]
    public void While_the_answer_is_awaited_no_other_account_and_no_other_page_is_taken()
    {
        var id = play.OpenSession(Oa, Pages.Oa(2));
        play.Must(Choose(id, Oa));

        play.Refused<Fault.StepNotAllowed>(SignIn(id, Oa.Offered()));
        play.Refused<Fault.StepNotAllowed>(Choose(id, Pages.Oa(2)));
    }

    [Fact]
    public void Another_account_may_sign_in_until_a_page_is_chosen()
    {
        var id = play.BeginSession(Provider.Facebook);
        play.Must(SignIn(id));

        play.Must(SignIn(id, Fan.Offered()));

        Assert.Equal(SessionStep.ChoosePage, play.StepOf(id));
    }

    [Fact]
    public void R7_An_account_that_is_not_personal_is_turned_down()
    {
        var id = play.BeginSession(Provider.Facebook);
        var shop = Pages.Owner with { IsPersonal = false };

        play.Refused<Fault.AccountNotPersonal>(new Command.SubmitAccount(Play.By(), id, shop, [Fan.Offered()]));

        Assert.Equal(SessionStep.SignIn, play.StepOf(id));
    }

    [Fact]
    public void A_session_that_was_never_begun_is_not_found()
    {
        Assert.Equal("nowhere", play.Refused<Fault.SessionNotFound>(SignIn("nowhere")).SessionId);
        play.Refused<Fault.SessionNotFound>(Choose("nowhere", Fan));
        play.Refused<Fault.SessionNotFound>(Grant("nowhere"));
        play.Refused<Fault.SessionNotFound>(Refuse("nowhere"));
    }
}
