using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>A session for a listed page changes nothing until the provider answers. Several sessions for one page join.</summary>
public class ReconnectTests
{
    private static readonly PageRef Page = Pages.Fanpage(1);
    private static readonly Account Colleague = new("colleague", "Colleague", true);

    private readonly CoreMerchant merchant = new();

    /// <summary>How a page that is listed got there.</summary>
    public static TheoryData<string> ListedStates =>
        ["Connected", "Suspect", "Expired", "ExpiredByDeadline", "Revoked", "Acknowledged", "Deleted", "Displaced"];

    [Theory]
    [MemberData(nameof(ListedStates))]
    public void A_session_changes_nothing_about_a_listed_page(string state)
    {
        var before = List(state);

        merchant.Request(Page);

        Assert.Equal(before, merchant[Page]);
    }

    [Theory]
    [MemberData(nameof(ListedStates))]
    public void A_refused_session_leaves_a_listed_page_as_it_was(string state)
    {
        var before = List(state);
        var (used, listed) = (merchant.Quota.Used, merchant.Listed);

        merchant.ExpectChanged(Refuse(merchant.Request(Page)));

        Assert.Equal(before, merchant[Page]);
        Assert.Equal(listed, merchant.Listed);
        Assert.Equal(used, merchant.Quota.Used);
    }

    [Theory]
    [MemberData(nameof(ListedStates))]
    public void A_session_that_times_out_leaves_a_listed_page_as_it_was(string state)
    {
        var before = List(state);
        var used = merchant.Quota.Used;
        var id = merchant.Request(Page);

        var changed = Assert.IsType<Decision.Changed>(merchant.RunNextDeadline());

        Assert.IsType<Change.SessionMoved>(Assert.Single(changed.Changes));
        Assert.Equal(SessionStep.TimedOut, merchant.StepOf(id));
        Assert.Equal(before, merchant[Page]);
        Assert.Equal(used, merchant.Quota.Used);
    }

    [Theory]
    [MemberData(nameof(ListedStates))]
    public void A_canceled_session_for_a_listed_page_changes_nothing_about_it(string state)
    {
        var before = List(state);

        merchant.ExpectChanged(Refuse(merchant.BeginSession(Page.Provider, Page.PageId)));
        merchant.ExpectChanged(Refuse(merchant.OpenSession(Page)));

        Assert.Equal(before, merchant[Page]);
    }

    [Theory]
    [MemberData(nameof(ListedStates))]
    public void A_grant_connects_a_listed_page_in_its_place_with_the_new_account(string state)
    {
        var before = List(state);
        merchant.Connect(Pages.Oa(1));
        var id = merchant.BeginSession(Page.Provider, Page.PageId);
        merchant.ExpectChanged(SignInAs(id, Colleague, Page.Offered()));
        merchant.ExpectChanged(Choose(id, Page));

        merchant.ExpectChanged(Grant(id, CoreMerchant.Start.AddDays(400), grantId: 77));

        var connection = merchant[Page];
        Assert.Equal(
            (State.Connected, Cause.None, "colleague", 77UL, 77UL),
            (connection.State, connection.Cause, connection.AccountId, connection.GrantId, connection.HoldId));
        Assert.Equal((before.Order, CoreMerchant.Start.AddDays(400)), (connection.Order, connection.KnownExpiry));
        Assert.Equal((null, null, false), (connection.Suspicion, connection.LossEvidence, connection.Acknowledged));
        Assert.Equal(Page, merchant.Listed[0]);
    }

    [Fact]
    public void Granting_a_connected_page_again_does_not_change_since_when_it_is_connected()
    {
        var since = merchant.Connect(Page).StateSince;

        merchant.After(TimeSpan.FromDays(1)).Connect(Page);

        Assert.Equal((since, merchant.Now), (merchant[Page].StateSince, merchant[Page].ConnectedAt));
    }

    [Fact]
    public void A_signal_about_the_old_grant_at_consent_does_not_end_the_session()
    {
        var grant = merchant.Connect(Page).GrantId;
        merchant.ReportLoss(Page);
        var id = merchant.After(TimeSpan.FromMinutes(1)).Request(Page);

        merchant.Execute(Report(Page, Signal.PermissionRevoked, grantId: grant));
        merchant.Execute(Report(Page, Signal.RoleLost));
        merchant.Execute(ReportError(Page, Signal.PageDeleted, SignalStrength.Soft));

        Assert.Equal(SessionStep.Consent, merchant.StepOf(id));
        merchant.ExpectChanged(Grant(id));
        Assert.Equal(State.Connected, merchant[Page].State);
    }

    [Fact]
    public void R19_A_deletion_ends_the_sessions_that_wait_for_the_page_at_lost()
    {
        merchant.Connect(Page);
        var waiting = merchant.Request(Page);
        var offering = merchant.OpenSession(Page);

        merchant.ExpectChanged(Report(Page, Signal.PageDeleted));

        Assert.Equal((SessionStep.Lost, State.Deleted), (merchant.StepOf(waiting), merchant[Page].State));
        Assert.Equal(CandidateProblem.Deleted, merchant.Session(offering).Candidates[0].Problem);
        Assert.Equal(0, merchant.Quota.Used);
    }

    [Fact]
    public void R19_A_deletion_observed_before_the_account_signed_in_does_not_end_the_session()
    {
        var grant = merchant.Connect(Page).GrantId;
        var observed = merchant.After(TimeSpan.FromHours(1)).Now;
        var id = merchant.After(TimeSpan.FromMinutes(1)).Request(Page);

        merchant.ExpectChanged(Report(Page, Signal.PageDeleted, observed, grant));

        Assert.Equal((SessionStep.Consent, State.Deleted), (merchant.StepOf(id), merchant[Page].State));
        merchant.ExpectChanged(Grant(id));
        Assert.Equal(State.Connected, merchant[Page].State);
    }

    [Fact]
    public void A_grant_through_one_session_ends_all_that_wait_for_the_page_as_connected()
    {
        var first = merchant.Request(Page);
        var second = merchant.Request(Page);
        var other = merchant.Request(Pages.Fanpage(2));

        merchant.ExpectChanged(Grant(first));

        Assert.Equal((SessionEnd.Granted, SessionEnd.Joined), (merchant.Session(first).Ended, merchant.Session(second).Ended));
        Assert.Equal((SessionStep.Connected, SessionStep.Consent), (merchant.StepOf(second), merchant.StepOf(other)));
    }

    [Fact]
    public void A_grant_through_a_joined_session_counts_as_the_newest_grant()
    {
        var first = merchant.Request(Page);
        var second = merchant.BeginSession(Page.Provider, Page.PageId);
        merchant.ExpectChanged(SignInAs(second, Colleague, Page.Offered()));
        merchant.ExpectChanged(Choose(second, Page));
        merchant.ExpectChanged(Grant(first, grantId: 11));

        merchant.After(TimeSpan.FromSeconds(1)).ExpectChanged(Grant(second, grantId: 12));

        Assert.Equal((12UL, "colleague", State.Connected), (merchant[Page].GrantId, merchant[Page].AccountId, merchant[Page].State));
        merchant.ExpectUnchanged(Grant(second, grantId: 13));
        merchant.ExpectUnchanged(Grant(first, grantId: 14));
        Assert.Equal(12UL, merchant[Page].GrantId);
    }

    [Fact]
    public void A_grant_through_a_joined_session_brings_back_a_page_that_was_lost_meanwhile()
    {
        var first = merchant.Request(Page);
        var second = merchant.Request(Page);
        merchant.ExpectChanged(Grant(first));
        merchant.ReportLoss(Page);

        merchant.ExpectChanged(Grant(second));

        Assert.Equal(State.Connected, merchant[Page].State);
    }

    [Fact]
    public void A_grant_through_a_joined_session_changes_nothing_after_the_page_has_left_the_list()
    {
        var first = merchant.Request(Page);
        var second = merchant.Request(Page);
        merchant.ExpectChanged(Grant(first));
        merchant.ExpectChanged(Disconnect(Page));

        Assert.Equal(UnchangedReason.AlreadyInEffect, merchant.ExpectUnchanged(Grant(second)));

        Assert.Equal(State.Disconnected, merchant[Page].State);
    }

    [Fact]
    public void Refusing_a_joined_session_changes_nothing()
    {
        var first = merchant.Request(Page);
        var second = merchant.Request(Page);
        merchant.ExpectChanged(Grant(first));

        Assert.Equal(UnchangedReason.AlreadyInEffect, merchant.ExpectUnchanged(Refuse(second)));

        Assert.Equal((State.Connected, SessionStep.Connected), (merchant[Page].State, merchant.StepOf(second)));
    }

    [Fact]
    public void R8_A_new_page_is_refused_when_the_last_session_that_chose_it_is_refused()
    {
        var first = merchant.Request(Page);
        var second = merchant.Request(Page);

        merchant.ExpectChanged(Refuse(first));
        Assert.Equal((SessionStep.Refused, State.Pending), (merchant.StepOf(first), merchant[Page].State));
        Assert.Equal(SessionStep.Consent, merchant.StepOf(second));

        merchant.ExpectChanged(Refuse(second));
        Assert.Equal((State.Refused, Cause.ConsentRefused), (merchant[Page].State, merchant[Page].Cause));
    }

    [Fact]
    public void A_new_page_whose_sessions_time_out_together_is_refused_once()
    {
        merchant.Request(Page);
        merchant.Request(Page);

        var changed = Assert.IsType<Decision.Changed>(merchant.RunNextDeadline());

        Assert.Equal(2, changed.Changes.OfType<Change.SessionMoved>().Count());
        Assert.Equal(Cause.SessionTimedOut, Assert.Single(changed.Changes.OfType<Change.Transition>()).Cause);
    }

    [Fact]
    public void Several_sessions_for_a_new_page_hold_one_slot()
    {
        merchant.Request(Page);
        merchant.Request(Page);

        Assert.Equal(1, merchant.Quota.Used);
    }

    [Theory]
    [InlineData(Signal.PageDeleted)]
    [InlineData(Signal.SignedInElsewhere)]
    public void Acknowledging_a_page_that_a_session_waits_for_makes_it_pending_at_the_end_of_the_list(Signal signal)
    {
        merchant.Connect(Page);
        merchant.Connect(Pages.Oa(1));
        merchant.ReportLoss(Page, signal);
        var id = merchant.After(TimeSpan.FromMinutes(1)).Request(Page);

        var changed = merchant.ExpectChanged(Acknowledge(Page));

        Assert.Equal([typeof(Change.Acknowledged), typeof(Change.Transition)], changed.Changes.Select(c => c.GetType()));
        Assert.Equal((State.Pending, 0UL, 0UL), (merchant[Page].State, merchant[Page].GrantId, merchant[Page].HoldId));
        Assert.Equal([Pages.Oa(1), Page], merchant.Listed);
        Assert.Equal(2, merchant.Quota.Used);
        merchant.ExpectChanged(Grant(id));
        Assert.Equal(State.Connected, merchant[Page].State);
    }

    [Fact]
    public void Acknowledging_an_expired_page_that_a_session_waits_for_leaves_its_state()
    {
        merchant.Connect(Page);
        merchant.ReportLoss(Page, Signal.TokenExpired);
        merchant.Request(Page);

        merchant.ExpectChanged(Acknowledge(Page));

        Assert.Equal((State.Expired, true), (merchant[Page].State, merchant[Page].Acknowledged));
    }

    [Fact]
    public void R20_Disconnecting_a_page_ends_all_sessions_that_wait_for_it_as_refused()
    {
        merchant.Connect(Page);
        var first = merchant.Request(Page);
        var second = merchant.Request(Page);

        merchant.ExpectChanged(Disconnect(Page));

        Assert.Equal((SessionStep.Refused, SessionStep.Refused), (merchant.StepOf(first), merchant.StepOf(second)));
        Assert.Equal((State.Disconnected, 0), (merchant[Page].State, merchant.Quota.Used));
    }

    [Theory]
    [MemberData(nameof(ListedStates))]
    public void BeginConnect_for_a_listed_page_is_permitted_in_every_state(string state)
    {
        List(state);

        Assert.Equal(Page.PageId, merchant.Session(merchant.BeginSession(Page.Provider, Page.PageId)).ReconnectPageId);
    }

    [Theory]
    [InlineData("Connected")]
    [InlineData("Expired")]
    [InlineData("Revoked")]
    public void BeginConnect_for_a_page_that_holds_a_slot_needs_no_free_one(string state)
    {
        List(state);
        merchant.ExpectChanged(SetPlan(Plan.Trial));

        merchant.BeginSession(Page.Provider, Page.PageId);

        merchant.ExpectRefused<Fault.PageQuotaExceeded>(Begin("other", Page.Provider));
    }

    [Theory]
    [MemberData(nameof(ListedStates))]
    public void Reconnect_grants_a_listed_page_without_a_session(string state)
    {
        var before = List(state);

        var changed = merchant.ExpectChanged(Reconnect(Page, account: Colleague, grantId: 77));

        Assert.Equal(
            (State.Connected, "colleague", 77UL, before.Order),
            (merchant[Page].State, merchant[Page].AccountId, merchant[Page].GrantId, merchant[Page].Order));
        Assert.Equal(new Claim("m1", Page, merchant.Now), changed.Claim);
    }

    [Theory]
    [InlineData(Provider.Facebook, false)]
    [InlineData(Provider.Zalo, true)]
    public void Reconnect_requires_consent_for_Zalo_alone(Provider provider, bool isRequired)
    {
        var page = new PageRef(provider, "page");
        merchant.Connect(page);

        var refused = merchant.Decide(Reconnect(page, consent: false)) is Decision.Refused { Fault: Fault.ConsentRequired };

        Assert.Equal(isRequired, refused);
        merchant.ExpectChanged(Reconnect(page, consent: true));
    }

    [Fact]
    public void The_request_for_a_page_that_was_disconnected_tells_since_when_it_was()
    {
        merchant.Connect(Page);
        merchant.ExpectChanged(Disconnect(Page));
        var since = merchant.Now;
        var session = merchant.After(TimeSpan.FromHours(1)).OpenSession(Page);

        var changed = merchant.ExpectChanged(Choose(session, Page));

        var moved = Assert.Single(changed.Changes.OfType<Change.Transition>());
        Assert.Equal((State.Disconnected, State.Pending, since), (moved.From, moved.To, moved.FromSince));
    }

    [Fact]
    public void Reconnect_ends_the_sessions_that_wait_for_the_page_as_connected()
    {
        var id = merchant.Request(Page);

        merchant.ExpectChanged(Reconnect(Page));

        Assert.Equal((SessionStep.Connected, State.Connected), (merchant.StepOf(id), merchant[Page].State));
    }

    [Fact]
    public void Reconnect_updates_the_name_unless_it_is_empty()
    {
        merchant.Connect(Page);
        var command = (Command.Reconnect)Reconnect(Page);

        merchant.ExpectChanged(command with { Candidate = command.Candidate with { Name = "New name" } });
        Assert.Equal("New name", merchant[Page].PageName);

        merchant.ExpectChanged(command with { Candidate = command.Candidate with { Name = "" } });
        Assert.Equal("New name", merchant[Page].PageName);
    }

    [Fact]
    public void Reconnect_is_refused_for_a_page_that_is_not_listed()
    {
        merchant.ExpectRefused<Fault.ConnectionNotFound>(Reconnect(Page));
        merchant.Connect(Page);
        merchant.ExpectChanged(Disconnect(Page));

        merchant.ExpectRefused<Fault.ConnectionNotFound>(Reconnect(Page));
    }

    [Fact]
    public void R7_Reconnect_checks_the_account_and_its_role()
    {
        merchant.Connect(Page);

        merchant.ExpectRefused<Fault.PageRoleTooLow>(Reconnect(Page, PageRole.Moderator));
        merchant.ExpectRefused<Fault.AccountNotPersonal>(Reconnect(Page, account: Colleague with { IsPersonal = false }));
    }

    [Fact]
    public void R5_Reconnect_on_Zalo_requires_messaging_consent()
    {
        merchant.Connect(Pages.Oa(1));

        merchant.ExpectRefused<Fault.ConsentRequired>(Reconnect(Pages.Oa(1), consent: false));
    }

    [Fact]
    public void Reconnect_of_a_deleted_page_needs_a_free_slot()
    {
        List("Deleted");
        Assert.All(Enumerable.Range(1, 3), number => merchant.Connect(Pages.Oa(number)));

        merchant.ExpectRefused<Fault.PageQuotaExceeded>(Reconnect(Page));
    }

    // Brings the page into the list in the given state, a minute ago.
    private Connection List(string state)
    {
        merchant.Connect(Page, state is "ExpiredByDeadline" ? CoreMerchant.Start.AddHours(1) : CoreMerchant.Start.AddDays(365));
        merchant.After(TimeSpan.FromHours(1));
        var command = state switch
        {
            "Connected" => null,
            "Suspect" => ReportError(Page, Signal.TokenExpired, SignalStrength.Soft),
            "Expired" => Report(Page, Signal.TokenExpired),
            "ExpiredByDeadline" => Tick(),
            "Revoked" or "Acknowledged" => Report(Page, Signal.PermissionRevoked),
            "Deleted" => Report(Page, Signal.PageDeleted),
            "Displaced" => ReleasePage(Page, merchant[Page].HoldId),
            _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
        };
        if (command is not null)
        {
            merchant.ExpectChanged(command);
        }

        if (state is "Acknowledged")
        {
            merchant.ExpectChanged(Acknowledge(Page));
        }

        merchant.After(TimeSpan.FromMinutes(1));
        return merchant[Page];
    }
}
