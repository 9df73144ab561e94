using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>Which candidates are eligible (R3, R7, R19).</summary>
public class CandidateTests
{
    private static readonly PageRef Fanpage = Pages.Fanpage(1);

    private readonly CoreMerchant merchant = new();

    [Theory]
    [InlineData(PageRole.Unspecified, "", false)]
    [InlineData(PageRole.Analyst, "", false)]
    [InlineData(PageRole.Advertiser, "", false)]
    [InlineData(PageRole.Moderator, "", false)]
    [InlineData(PageRole.Editor, "", true)]
    [InlineData(PageRole.Admin, "", true)]
    [InlineData(PageRole.Unspecified, "CREATE_CONTENT MODERATE MESSAGING", true)]
    [InlineData(PageRole.Unspecified, "MESSAGING ANALYZE MODERATE CREATE_CONTENT", true)]
    [InlineData(PageRole.Unspecified, "MODERATE MESSAGING", false)]
    [InlineData(PageRole.Unspecified, "CREATE_CONTENT MESSAGING", false)]
    [InlineData(PageRole.Unspecified, "CREATE_CONTENT MODERATE", false)]
    [InlineData(PageRole.Unspecified, "PROFILE_PLUS_CREATE_CONTENT PROFILE_PLUS_MODERATE PROFILE_PLUS_MESSAGING", true)]
    [InlineData(PageRole.Unspecified, "PROFILE_PLUS_CREATE_CONTENT MODERATE MESSAGING", true)]
    [InlineData(PageRole.Unspecified, "MANAGE", true)]
    [InlineData(PageRole.Unspecified, "PROFILE_PLUS_MANAGE", true)]
    [InlineData(PageRole.Unspecified, "FULL_CONTROL", true)]
    [InlineData(PageRole.Unspecified, "PROFILE_PLUS_FULL_CONTROL", true)]
    [InlineData(PageRole.Unspecified, "ANALYZE ADVERTISE", false)]
    [InlineData(PageRole.Unspecified, "manage", false)]
    [InlineData(PageRole.Moderator, "MANAGE", true)]
    public void R7_HasSufficientRole_requires_editor_or_sufficient_tasks(PageRole role, string tasks, bool sufficient)
    {
        var candidate = Fanpage.Offered(role, tasks.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(sufficient, Candidates.HasSufficientRole(candidate, new Rules()));
    }

    [Theory]
    [InlineData("MESSAGING MODERATE", true)]
    [InlineData("PROFILE_PLUS_MESSAGING PROFILE_PLUS_MODERATE", true)]
    [InlineData("MESSAGING", false)]
    [InlineData("MANAGE", false)]
    [InlineData("ADVERTISE", true)]
    public void HasSufficientRole_uses_the_configured_sufficient_tasks(string tasks, bool sufficient)
    {
        var rules = new Rules { SufficientTasks = ["MESSAGING+MODERATE", "ADVERTISE"] };

        Assert.Equal(sufficient, Candidates.HasSufficientRole(Fanpage.Offered(PageRole.Unspecified, tasks.Split(' ')), rules));
    }

    [Fact]
    public void A_page_without_a_name_is_called_by_its_id()
    {
        var id = merchant.BeginSession(Provider.Facebook);
        merchant.ExpectChanged(SignIn(id, Fanpage.Offered() with { Name = "" }));
        merchant.ExpectChanged(Choose(id, Fanpage));

        Assert.Equal(Fanpage.PageId, merchant[Fanpage].PageName);
    }

    [Fact]
    public void A_report_that_a_page_was_deleted_concerns_that_page_alone()
    {
        var (lost, other) = (Pages.Fanpage(2), Pages.Fanpage(1));
        var id = merchant.OpenSession(other, lost);
        var zalo = merchant.BeginSession(Provider.Zalo);
        merchant.ExpectChanged(SignIn(zalo, new PageRef(Provider.Zalo, "only-there").Offered()));

        merchant.ExpectRefused<Fault.ConnectionNotFound>(Report(new(Provider.Facebook, "only-there"), Signal.PageDeleted));
        merchant.ExpectChanged(Report(lost, Signal.PageDeleted));

        Assert.Equal(
            [CandidateProblem.None, CandidateProblem.Deleted], merchant.Record.FindSession(id)!.Candidates.Select(c => c.Problem));
    }

    [Fact]
    public void R3_A_page_with_a_role_below_editor_is_not_eligible_and_cannot_be_chosen()
    {
        var id = merchant.BeginSession(Provider.Facebook);
        var low = Fanpage.Offered(PageRole.Moderator);
        merchant.ExpectChanged(SignIn(id, low, Pages.Fanpage(2).Offered()));

        Assert.Equal(Eligibility.RoleTooLow, EligibilityOf(id, Fanpage));
        var refused = merchant.ExpectRefused<Fault.PageRoleTooLow>(Choose(id, Fanpage));
        Assert.Equal((Fanpage, PageRole.Moderator), (refused.Page, refused.Role));
        Assert.Contains("MANAGE", refused.SufficientTasks);
    }

    [Fact]
    public void A_connected_page_is_not_eligible_and_cannot_be_chosen()
    {
        merchant.Connect(Fanpage);
        var id = merchant.BeginSession(Provider.Facebook);
        merchant.ExpectChanged(SignIn(id, Fanpage.Offered()));

        Assert.Equal(Eligibility.AlreadyConnected, EligibilityOf(id, Fanpage));
        merchant.ExpectRefused<Fault.PageAlreadyConnected>(Choose(id, Fanpage));
    }

    [Fact]
    public void A_page_id_at_another_provider_is_another_page()
    {
        merchant.Connect(new PageRef(Provider.Zalo, Fanpage.PageId));
        var id = merchant.OpenSession(Fanpage);

        Assert.Equal(Eligibility.Eligible, EligibilityOf(id, Fanpage));
    }

    [Fact]
    public void A_page_that_the_account_does_not_offer_cannot_be_chosen()
    {
        var id = merchant.OpenSession(Fanpage);

        merchant.ExpectRefused<Fault.PageNotOffered>(Choose(id, Pages.Fanpage(2)));
    }

    [Theory]
    [InlineData(State.Expired)]
    [InlineData(State.Revoked)]
    public void A_lost_page_is_eligible(State state)
    {
        merchant.Connect(Fanpage);
        merchant.ReportLoss(Fanpage, state is State.Expired ? Signal.TokenExpired : Signal.PermissionRevoked);

        Assert.Equal(Eligibility.Eligible, EligibilityOf(merchant.OpenSession(Fanpage), Fanpage));
    }

    [Fact]
    public void R19_Choosing_a_page_deleted_after_sign_in_ends_the_session_at_lost()
    {
        merchant.Connect(Fanpage);
        var id = merchant.BeginSession(Provider.Facebook);
        merchant.ExpectChanged(SignIn(id, Fanpage.Offered(), Pages.Fanpage(2).Offered()));
        merchant.After(TimeSpan.FromSeconds(1)).ReportLoss(Fanpage, Signal.PageDeleted);
        Assert.Equal(Eligibility.Deleted, EligibilityOf(id, Fanpage));

        merchant.ExpectChanged(Choose(id, Fanpage));

        Assert.Equal((SessionStep.Lost, Fanpage), (merchant.StepOf(id), merchant.Session(id).Page));
        Assert.Equal((State.Deleted, true), (merchant[Fanpage].State, merchant[Fanpage].IsListed));
    }

    [Fact]
    public void A_page_deleted_before_sign_in_can_be_connected_again()
    {
        merchant.Connect(Fanpage);
        merchant.ReportLoss(Fanpage, Signal.PageDeleted);
        merchant.After(TimeSpan.FromSeconds(1));

        merchant.Connect(Fanpage);

        Assert.Equal(State.Connected, merchant[Fanpage].State);
    }

    [Fact]
    public void R19_A_page_deleted_at_the_time_of_the_sign_in_is_not_eligible()
    {
        merchant.Connect(Fanpage);
        var id = merchant.BeginSession(Provider.Facebook);
        merchant.ExpectChanged(SignIn(id, Fanpage.Offered()));
        merchant.ReportLoss(Fanpage, Signal.PageDeleted);

        Assert.Equal(Eligibility.Deleted, EligibilityOf(id, Fanpage));
    }

    [Fact]
    public void R19_A_page_that_was_never_connected_is_not_eligible_after_its_deletion()
    {
        var id = merchant.OpenSession(Fanpage, Pages.Fanpage(2));

        merchant.After(TimeSpan.FromSeconds(1)).ExpectChanged(Report(Fanpage, Signal.PageDeleted));

        Assert.Equal((Eligibility.Deleted, Eligibility.Eligible), (EligibilityOf(id, Fanpage), EligibilityOf(id, Pages.Fanpage(2))));
        Assert.Null(merchant.Record.Find(Fanpage));
    }

    [Fact]
    public void R19_A_deletion_observed_before_the_sign_in_does_not_count()
    {
        var observed = merchant.Now;
        var id = merchant.After(TimeSpan.FromSeconds(1)).OpenSession(Fanpage);

        merchant.ExpectUnchanged(Report(Fanpage, Signal.PageDeleted, observed));

        Assert.Equal(Eligibility.Eligible, EligibilityOf(id, Fanpage));
    }

    [Fact]
    public void R19_Choosing_the_deleted_page_again_gives_the_same_answer()
    {
        var id = merchant.OpenSession(Fanpage);
        merchant.ExpectChanged(Report(Fanpage, Signal.PageDeleted));
        merchant.ExpectChanged(Choose(id, Fanpage));

        Assert.Equal(UnchangedReason.AlreadyInEffect, merchant.ExpectUnchanged(Choose(id, Fanpage)));

        Assert.Equal(SessionStep.Lost, merchant.StepOf(id));
        merchant.ExpectRefused<Fault.StepNotAllowed>(Choose(id, Pages.Fanpage(2)));
    }

    [Fact]
    public void A_soft_deletion_says_nothing_about_a_page_that_is_only_offered()
    {
        var id = merchant.OpenSession(Fanpage);

        merchant.ExpectRefused<Fault.ConnectionNotFound>(ReportError(Fanpage, Signal.PageDeleted, SignalStrength.Soft));
        merchant.ExpectRefused<Fault.ConnectionNotFound>(Report(Fanpage, Signal.PermissionRevoked));

        Assert.Equal(Eligibility.Eligible, EligibilityOf(id, Fanpage));
    }

    [Fact]
    public void A_connected_page_is_eligible_in_a_session_begun_for_it()
    {
        merchant.Connect(Fanpage);

        Assert.Equal(Eligibility.Eligible, EligibilityOf(merchant.OpenSession(Fanpage), Fanpage));
    }

    [Fact]
    public void Other_pages_are_not_eligible_in_a_session_begun_for_a_page()
    {
        merchant.Connect(Fanpage);
        var id = merchant.OpenSession(Fanpage, Pages.Fanpage(2));

        Assert.Equal(Eligibility.OtherPage, EligibilityOf(id, Pages.Fanpage(2)));
        Assert.Equal(
            new Fault.ReconnectPageMismatch(id, Fanpage, Pages.Fanpage(2)),
            merchant.ExpectRefused<Fault.ReconnectPageMismatch>(Choose(id, Pages.Fanpage(2))));
    }

    [Fact]
    public void A_candidate_with_an_invalid_id_does_not_block_the_others()
    {
        var id = merchant.BeginSession(Provider.Facebook);
        var invalid = new PageRef(Provider.Facebook, "a page");
        merchant.ExpectChanged(SignIn(id, invalid.Offered() with { Problem = CandidateProblem.InvalidId }, Fanpage.Offered()));

        Assert.Equal((Eligibility.InvalidId, Eligibility.Eligible), (EligibilityOf(id, invalid), EligibilityOf(id, Fanpage)));
        merchant.ExpectRefused<Fault.PageNotOffered>(Choose(id, invalid));
        merchant.ExpectChanged(Choose(id, Fanpage));
    }

    [Fact]
    public void An_account_that_offers_only_invalid_ids_is_at_permission()
    {
        var id = merchant.BeginSession(Provider.Facebook);
        merchant.ExpectChanged(SignIn(id, Fanpage.Offered() with { Problem = CandidateProblem.InvalidId }));

        Assert.Equal(SessionStep.Permission, merchant.StepOf(id));
    }

    [Fact]
    public void SubmitAccount_updates_the_names_of_connected_pages()
    {
        merchant.Connect(Fanpage);
        merchant.Connect(Pages.Oa(1));
        var id = merchant.BeginSession(Provider.Facebook);

        merchant.ExpectChanged(SignIn(id, Fanpage.Offered() with { Name = "New name" }, Pages.Oa(1).Offered() with { Name = "Other provider" }));

        Assert.Equal("New name", merchant[Fanpage].PageName);
        Assert.Equal(merchant.Record.Revision, merchant[Fanpage].Revision);
        Assert.Equal("Page oa1", merchant[Pages.Oa(1)].PageName);

        merchant.ExpectChanged(SignIn(id, Fanpage.Offered() with { Name = "" }));
        Assert.Equal("New name", merchant[Fanpage].PageName);
    }

    [Fact]
    public void R7_A_refused_candidate_is_reported_with_its_tasks_and_the_sufficient_ones()
    {
        var id = merchant.BeginSession(Provider.Facebook);
        merchant.ExpectChanged(SignIn(id, Fanpage.Offered(PageRole.Unspecified, "ANALYZE", "MESSAGING")));

        var fault = merchant.ExpectRefused<Fault.PageRoleTooLow>(Choose(id, Fanpage));

        Assert.Equal(["ANALYZE", "MESSAGING"], fault.Tasks.AsEnumerable());
        Assert.Equal(["CREATE_CONTENT+MODERATE+MESSAGING", "MANAGE", "FULL_CONTROL"], fault.SufficientTasks.AsEnumerable());
    }

    private Eligibility EligibilityOf(string sessionId, PageRef page)
    {
        var session = merchant.Session(sessionId);
        return Candidates.GetEligibility(session.Candidates.Single(c => c.PageId == page.PageId), session, merchant.Record, merchant.Rules);
    }
}
