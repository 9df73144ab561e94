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
    public void R3_A_page_with_a_role_below_editor_is_not_eligible_and_cannot_be_chosen()
    {
        var id = merchant.BeginSession(Provider.Facebook);
        var low = Fanpage.Offered(PageRole.Moderator);
        merchant.ExpectChanged(SignIn(id, low, Pages.Fanpage(2).Offered()));

        Assert.Equal(Eligibility.RoleTooLow, EligibilityOf(id, low));
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

        Assert.Equal(Eligibility.AlreadyConnected, EligibilityOf(id, Fanpage.Offered()));
        merchant.ExpectRefused<Fault.PageAlreadyConnected>(Choose(id, Fanpage));
    }

    [Fact]
    public void A_page_id_at_another_provider_is_another_page()
    {
        merchant.Connect(new PageRef(Provider.Zalo, Fanpage.PageId));
        var id = merchant.OpenSession(Fanpage);

        Assert.Equal(Eligibility.Eligible, EligibilityOf(id, Fanpage.Offered()));
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

        Assert.Equal(Eligibility.Eligible, EligibilityOf(merchant.OpenSession(Fanpage), Fanpage.Offered()));
    }

    [Fact]
    public void R19_Choosing_a_page_deleted_after_sign_in_ends_the_session_at_lost()
    {
        merchant.Connect(Fanpage);
        var id = merchant.BeginSession(Provider.Facebook);
        merchant.ExpectChanged(SignIn(id, Fanpage.Offered(), Pages.Fanpage(2).Offered()));
        merchant.After(TimeSpan.FromSeconds(1)).ReportLoss(Fanpage, Signal.PageDeleted);
        Assert.Equal(Eligibility.Deleted, EligibilityOf(id, Fanpage.Offered()));

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

        Assert.Equal(Eligibility.Deleted, EligibilityOf(id, Fanpage.Offered()));
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

    private Eligibility EligibilityOf(string sessionId, Candidate candidate) =>
        Candidates.GetEligibility(candidate, merchant.Session(sessionId), merchant.Record, merchant.Rules);
}
