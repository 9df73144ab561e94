using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>The step of a connect session, derived from its facts (R2 to R5, R8, R19).</summary>
public class SessionStepTests
{
    private static readonly PageRef Fanpage = Pages.Fanpage(1);
    private static readonly PageRef Oa = Pages.Oa(1);

    private readonly CoreMerchant merchant = new();

    [Fact]
    public void R2_A_session_without_an_account_is_at_sign_in() =>
        Assert.Equal(SessionStep.SignIn, merchant.StepOf(merchant.BeginSession(Provider.Facebook)));

    [Fact]
    public void R3_A_session_whose_account_has_no_sufficient_role_is_at_permission()
    {
        var id = merchant.BeginSession(Provider.Facebook);

        merchant.ExpectChanged(SignIn(id, Fanpage.Offered(PageRole.Moderator)));

        Assert.Equal(SessionStep.Permission, merchant.StepOf(id));
    }

    [Fact]
    public void R3_A_session_whose_account_offers_no_page_is_at_permission()
    {
        var id = merchant.BeginSession(Provider.Facebook);

        merchant.ExpectChanged(SignIn(id));

        Assert.Equal(SessionStep.Permission, merchant.StepOf(id));
    }

    [Fact]
    public void R4_A_session_with_an_eligible_page_is_at_choose_page() =>
        Assert.Equal(SessionStep.ChoosePage, merchant.StepOf(merchant.OpenSession(Fanpage)));

    [Fact]
    public void R5_A_session_with_a_chosen_page_is_at_consent_and_the_connection_is_pending()
    {
        var id = merchant.Request(Oa);

        Assert.Equal(SessionStep.Consent, merchant.StepOf(id));
        Assert.Equal((State.Pending, Oa), (merchant[Oa].State, merchant.Session(id).Page));
    }

    [Fact]
    public void R5_A_Zalo_grant_without_messaging_consent_is_refused()
    {
        var id = merchant.Request(Oa);

        merchant.ExpectRefused<Fault.ConsentRequired>(Grant(id, consent: false));

        Assert.Equal(State.Pending, merchant[Oa].State);
    }

    [Fact]
    public void A_Facebook_grant_needs_no_messaging_consent()
    {
        merchant.ExpectChanged(Grant(merchant.Request(Fanpage), consent: false));

        Assert.Equal(State.Connected, merchant[Fanpage].State);
    }

    [Fact]
    public void R6_A_grant_ends_the_session_at_connected()
    {
        var id = merchant.Request(Oa);

        merchant.ExpectChanged(Grant(id));

        Assert.Equal(SessionStep.Connected, merchant.StepOf(id));
        Assert.Empty(merchant.Session(id).Candidates);
    }

    [Fact]
    public void R8_A_refusal_ends_the_session_and_frees_the_slot()
    {
        var id = merchant.Request(Oa);

        merchant.ExpectChanged(Refuse(id));

        Assert.Equal(SessionStep.Refused, merchant.StepOf(id));
        Assert.Equal((State.Refused, Cause.ConsentRefused), (merchant[Oa].State, merchant[Oa].Cause));
        Assert.Equal(0, merchant.Quota.Used);
        Assert.Empty(merchant.Listed);
    }

    [Fact]
    public void A_session_can_be_refused_before_a_page_is_chosen()
    {
        var id = merchant.BeginSession(Provider.Zalo);

        merchant.ExpectChanged(Refuse(id));

        Assert.Equal(SessionStep.Refused, merchant.StepOf(id));
    }

    [Fact]
    public void R19_A_deletion_reported_at_consent_ends_the_session_at_lost()
    {
        var id = merchant.Request(Oa);

        merchant.ExpectChanged(Report(Oa, Signal.PageDeleted));

        Assert.Equal((SessionStep.Lost, State.Deleted), (merchant.StepOf(id), merchant[Oa].State));
        merchant.ExpectRefused<Fault.StepNotAllowed>(Grant(id));
    }

    [Fact]
    public void A_displacement_reported_at_consent_does_not_end_the_session()
    {
        var id = merchant.Request(Oa);

        merchant.ExpectChanged(Report(Oa, Signal.SignedInElsewhere));

        Assert.Equal((SessionStep.Consent, State.Disconnected), (merchant.StepOf(id), merchant[Oa].State));
        merchant.ExpectChanged(Grant(id));
        Assert.Equal(State.Connected, merchant[Oa].State);
    }

    [Theory]
    [InlineData(Signal.TokenExpired)]
    [InlineData(Signal.PermissionRevoked)]
    [InlineData(Signal.RoleLost)]
    public void A_loss_of_a_grant_cannot_be_reported_of_a_page_that_was_not_granted_yet(Signal signal)
    {
        var id = merchant.Request(Oa);

        merchant.ExpectRefused<Fault.IllegalTransition>(Report(Oa, signal));

        Assert.Equal(SessionStep.Consent, merchant.StepOf(id));
    }

    [Fact]
    public void Disconnecting_a_pending_page_ends_its_session_at_refused()
    {
        var id = merchant.Request(Oa);

        merchant.ExpectChanged(Disconnect(Oa));

        Assert.Equal(SessionStep.Refused, merchant.StepOf(id));
    }

    [Fact]
    public void An_ended_session_accepts_no_account_no_page_and_no_grant()
    {
        var id = merchant.Request(Oa);
        merchant.ExpectChanged(Refuse(id));

        merchant.ExpectRefused<Fault.StepNotAllowed>(SignIn(id, Oa.Offered()));
        merchant.ExpectRefused<Fault.StepNotAllowed>(Choose(id, Oa));
        merchant.ExpectRefused<Fault.StepNotAllowed>(Grant(id));
    }

    [Fact]
    public void A_session_at_consent_accepts_no_other_account_and_no_other_page()
    {
        var id = merchant.OpenSession(Oa, Pages.Oa(2));
        merchant.ExpectChanged(Choose(id, Oa));

        merchant.ExpectRefused<Fault.StepNotAllowed>(SignIn(id, Oa.Offered()));
        merchant.ExpectRefused<Fault.StepNotAllowed>(Choose(id, Pages.Oa(2)));
    }

    [Fact]
    public void A_session_accepts_another_account_until_a_page_is_chosen()
    {
        var id = merchant.BeginSession(Provider.Facebook);
        merchant.ExpectChanged(SignIn(id));

        merchant.ExpectChanged(SignIn(id, Fanpage.Offered()));

        Assert.Equal(SessionStep.ChoosePage, merchant.StepOf(id));
    }

    [Fact]
    public void R7_An_account_that_is_not_personal_is_refused()
    {
        var id = merchant.BeginSession(Provider.Facebook);
        var business = Pages.Owner with { IsPersonal = false };

        merchant.ExpectRefused<Fault.AccountNotPersonal>(new Command.SubmitAccount(CoreMerchant.NewOrigin(), id, business, [Fanpage.Offered()], Complete: false));

        Assert.Equal(SessionStep.SignIn, merchant.StepOf(id));
    }

    [Fact]
    public void Commands_for_an_unknown_session_are_refused()
    {
        Assert.Equal("unknown", merchant.ExpectRefused<Fault.SessionNotFound>(SignIn("unknown")).SessionId);
        merchant.ExpectRefused<Fault.SessionNotFound>(Choose("unknown", Fanpage));
        merchant.ExpectRefused<Fault.SessionNotFound>(Grant("unknown"));
        merchant.ExpectRefused<Fault.SessionNotFound>(Refuse("unknown"));
    }

    [Fact]
    public void A_refused_step_names_the_current_step_and_the_needed_ones()
    {
        var id = merchant.Request(Oa);
        var early = merchant.BeginSession(Provider.Zalo);

        AssertFault(SignIn(id, Oa.Offered()), id, SessionStep.Consent, SessionStep.SignIn, SessionStep.Permission, SessionStep.ChoosePage);
        AssertFault(Choose(early, Oa), early, SessionStep.SignIn, SessionStep.ChoosePage);
        AssertFault(Grant(early), early, SessionStep.SignIn, SessionStep.Consent);
        merchant.ExpectChanged(Grant(id));
        AssertFault(
            Refuse(id), id, SessionStep.Connected, SessionStep.SignIn, SessionStep.Permission, SessionStep.ChoosePage, SessionStep.Consent);
    }

    [Fact]
    public void A_session_stores_the_page_to_reconnect()
    {
        merchant.Connect(Fanpage);
        merchant.ReportLoss(Fanpage);

        Assert.Equal(Fanpage.PageId, merchant.Session(merchant.BeginSession(Provider.Facebook, Fanpage.PageId)).ReconnectPageId);
    }

    private void AssertFault(Command command, string sessionId, SessionStep step, params SessionStep[] needed)
    {
        var fault = merchant.ExpectRefused<Fault.StepNotAllowed>(command);
        Assert.Equal((sessionId, step), (fault.SessionId, fault.Step));
        Assert.Equal(needed, fault.Needed.AsEnumerable());
    }
}
