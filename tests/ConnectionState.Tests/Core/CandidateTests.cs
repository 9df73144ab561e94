using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.PlayCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>Which of the offered pages can be chosen (R3, R7, R19).</summary>
public class CandidateTests
{
    private static readonly PageRef Fan = Pages.Fanpage(1);

    private readonly Play play = new();

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
    public void R7_The_role_of_an_editor_or_tasks_that_amount_to_it_suffice(PageRole role, string tasks, bool sufficient)
    {
        var candidate = Fan.Offered(role, tasks.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal(sufficient, Candidates.HasSufficientRole(candidate, new Rules()));
    }

    [Theory]
    [InlineData("MESSAGING MODERATE", true)]
    [InlineData("PROFILE_PLUS_MESSAGING PROFILE_PLUS_MODERATE", true)]
    [InlineData("MESSAGING", false)]
    [InlineData("MANAGE", false)]
    [InlineData("ADVERTISE", true)]
    public void Which_tasks_suffice_is_an_option(string tasks, bool sufficient)
    {
        var rules = new Rules { SufficientTasks = ["MESSAGING+MODERATE", "ADVERTISE"] };

        Assert.Equal(sufficient, Candidates.HasSufficientRole(Fan.Offered(PageRole.Unspecified, tasks.Split(' ')), rules));
    }

    [Fact]
    public void R3_A_page_with_too_low_a_role_is_not_eligible_and_cannot_be_chosen()
    {
        var id = play.BeginSession(Provider.Facebook);
        var low = Fan.Offered(PageRole.Moderator);
        play.Must(SignIn(id, low, Pages.Fanpage(2).Offered()));

        Assert.Equal(Eligibility.RoleTooLow, Judge(id, low));
        var refused = play.Refused<Fault.PageRoleTooLow>(Choose(id, Fan));
        Assert.Equal((Fan, PageRole.Moderator), (refused.Page, refused.Role));
        Assert.Contains("MANAGE", refused.SufficientTasks);
    }

    [Fact]
    public void A_page_that_works_already_cannot_be_chosen_again()
    {
        play.Connect(Fan);
        var id = play.BeginSession(Provider.Facebook);
        play.Must(SignIn(id, Fan.Offered()));

        Assert.Equal(Eligibility.AlreadyConnected, Judge(id, Fan.Offered()));
        play.Refused<Fault.PageAlreadyConnected>(Choose(id, Fan));
    }

    [Fact]
    public void A_page_of_the_same_id_at_the_other_provider_is_another_page()
    {
        play.Connect(new PageRef(Provider.Zalo, Fan.PageId));
        var id = play.OpenSession(Fan);

        Assert.Equal(Eligibility.Eligible, Judge(id, Fan.Offered()));
    }

    [Fact]
    public void A_page_that_the_account_does_not_offer_cannot_be_chosen()
    {
        var id = play.OpenSession(Fan);

        play.Refused<Fault.PageNotOffered>(Choose(id, Pages.Fanpage(2)));
    }

    [Theory]
    [InlineData(State.Expired)]
    [InlineData(State.Revoked)]
    public void A_lost_page_can_be_chosen_again(State state)
    {
        play.Connect(Fan);
        play.Lose(Fan, state is State.Expired ? Signal.TokenExpired : Signal.PermissionRevoked);

        Assert.Equal(Eligibility.Eligible, Judge(play.OpenSession(Fan), Fan.Offered()));
    }

    [Fact]
    public void R19_Choosing_a_page_that_was_deleted_in_the_meantime_ends_the_session_at_lost()
    {
        play.Connect(Fan);
        var id = play.BeginSession(Provider.Facebook);
        play.Must(SignIn(id, Fan.Offered(), Pages.Fanpage(2).Offered()));
        play.After(TimeSpan.FromSeconds(1)).Lose(Fan, Signal.PageDeleted);
        Assert.Equal(Eligibility.Deleted, Judge(id, Fan.Offered()));

        play.Must(Choose(id, Fan));

        Assert.Equal((SessionStep.Lost, Fan), (play.StepOf(id), play.Session(id).Page));
        Assert.Equal((State.Deleted, true), (play[Fan].State, play[Fan].IsListed));
    }

    [Fact]
    public void A_page_that_was_deleted_before_the_account_told_of_it_has_come_back()
    {
        play.Connect(Fan);
        play.Lose(Fan, Signal.PageDeleted);
        play.After(TimeSpan.FromSeconds(1));

        play.Connect(Fan);

        Assert.Equal(State.Connected, play[Fan].State);
    }

    private Eligibility Judge(string sessionId, Candidate candidate) =>
        Candidates.Judge(candidate, play.Session(sessionId), play.Record, play.Rules);
}
