using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using static ConnectionStateService.V1.ConnectSession.Types;
using static ConnectionStateService.V1.SignalOutcome.Types;
using Eligibility = ConnectionStateService.V1.Candidate.Types.Eligibility;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Tests.Cases;

/// <summary>
/// What users of similar products reported as bugs, each in its smallest form, through the public API. The derived classes run the cases on
/// both stores.
/// </summary>
public abstract class RealLifeCases
{
    private readonly string id = $"shop-{Guid.NewGuid():N}";

    public static TheoryData<int, int?> ErrorsAboutOneMessageOrPerson => new()
    {
        { 10, 2018278 }, { 10, 2018065 }, { 10, 2018108 }, { 200, 1545041 }, { 551, null }, { 100, 2018001 }, { 368, null },
    };

    /// <summary>The service.</summary>
    protected abstract ConnectionStateClient Client { get; }

    private ApiMerchant Shop => new(Client, id);

    // Pages of this case alone: on a shared store, another merchant's grant would take them.
    private PageRef P => Page("p");

    private PageRef A => Page("a");

    private PageRef B => Page("b");

    private PageRef Oa => new() { Provider = Provider.Zalo, PageId = $"oa-{id}" };

    [Theory]
    [MemberData(nameof(ErrorsAboutOneMessageOrPerson))]
    public async Task Case_01_An_error_about_one_message_or_person_says_nothing_about_the_page(int code, int? subcode)
    {
        await Shop.ConnectAsync(P);
        var before = await Shop.ListAsync();

        Assert.Equal(SignalStrength.None, (await Shop.ReportErrorAsync(P, code, subcode)).Strength);
        Assert.Empty((await Shop.ReportErrorAsync(P, code, subcode, await Shop.GrantIdAsync(P))).Outcomes);

        Assert.Equal(before, await Shop.ListAsync());
    }

    [Fact]
    public async Task Case_02_An_object_that_does_not_exist_makes_a_page_suspect_only_if_it_was_the_page()
    {
        await Shop.ConnectAsync(P);
        var grant = await Shop.GrantIdAsync(P);

        Assert.Equal(SignalStrength.None, (await Shop.ReportErrorAsync(P, 100, 33, grant)).Strength);
        await AssertFineAsync(P);

        Assert.Equal(SignalStrength.Soft, (await Shop.ReportErrorAsync(P, 100, 33, grant, ProviderObject.Page)).Strength);
        await AssertSuspectAsync(P);
        Assert.Equal(1, (await Shop.ListAsync()).Quota.Used);
    }

    [Fact]
    public async Task Case_03_Blocked_API_access_makes_the_page_suspect()
    {
        await Shop.ConnectAsync(P);

        await Shop.ReportErrorAsync(P, 200, grantId: await Shop.GrantIdAsync(P), message: "(#200) API access blocked.");

        await AssertSuspectAsync(P);
    }

    [Fact]
    public async Task Case_04_A_queued_call_with_the_old_token_does_not_revoke_the_new_grant()
    {
        await Shop.ConnectAsync(P);
        var old = await Shop.GrantIdAsync(P);
        Assert.Equal(State.Revoked, (await Shop.LoseAsync(P, 190, 458)).Connection.State);
        await Shop.ConnectAgainAsync(P);

        var about = (await Shop.ReportErrorAsync(P, 190, 458, old)).Outcomes.Single();
        Assert.Equal((Result.Stale, Health.Ok), (about.Result, about.Connection.Health));

        Assert.Equal(Result.Applied, (await Shop.ReportErrorAsync(P, 190, 458)).Outcomes.Single().Result);
        await AssertSuspectAsync(P);
    }

    [Fact]
    public async Task Case_05_An_error_of_the_previous_token_does_not_expire_a_renewed_one()
    {
        await Shop.ConnectAsync(Oa);
        var old = await Shop.GrantIdAsync(Oa);
        await Shop.RenewAsync(Oa);

        var about = (await Shop.ReportErrorAsync(Oa, -216, grantId: old)).Outcomes.Single();
        Assert.Equal((Result.Stale, Health.Ok), (about.Result, about.Connection.Health));

        await Shop.ReportErrorAsync(Oa, -216);
        await AssertSuspectAsync(Oa);
    }

    [Theory]
    [InlineData(190, 458)]
    [InlineData(190, 492)]
    [InlineData(100, 33)]
    public async Task Case_06_A_report_about_the_old_grant_does_not_end_an_attempt_to_reconnect(int code, int subcode)
    {
        await Shop.ConnectAsync(P);
        await Shop.LoseAsync(P, 190, 458);
        var session = await Shop.RequestAsync(P, reconnect: P.PageId);

        await Shop.ReportErrorAsync(P, code, subcode, await Shop.GrantIdAsync(P), ProviderObject.Page);
        await Shop.ReportErrorAsync(P, code, subcode, requested: ProviderObject.Page);

        Assert.Equal(Step.Consent, (await Shop.SessionAsync(session)).Step);
        Assert.Equal(State.Connected, (await Shop.GrantAsync(session)).Connection.State);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Case_07_An_attempt_that_is_refused_or_times_out_leaves_the_page_as_it_was(bool refused)
    {
        await Shop.ConnectAsync(P, A, B);
        await Shop.LoseAsync(P, 190, 463);
        var before = await Shop.ListAsync();
        var shop = refused ? Shop : WithShortSessions(id);

        var session = await shop.RequestAsync(P, reconnect: P.PageId);
        Assert.Equal(before.Connections, (await Shop.ListAsync()).Connections);
        await (refused ? shop.RefuseAsync(session) : TimeOutAsync(shop, session));

        var after = await Shop.ListAsync();
        Assert.Equal((before.Connections, before.Quota), (after.Connections, after.Quota));
        Assert.Equal(State.Expired, after.Connections[0].State);
        Assert.Equal(State.Connected, (await Shop.RenewAsync(P)).State);
    }

    [Fact]
    public async Task Case_08_A_page_that_works_can_be_authorized_again_also_by_another_account()
    {
        var now = await NowAsync();
        var first = await Shop.ConnectUntilAsync(P, now + TimeSpan.FromDays(3));
        Assert.True(first.ExpiresSoon);

        var session = await Shop.RequestAsync(P, reconnect: P.PageId, accountId: "person-2");
        Assert.Equal(first, await Shop.FindAsync(P));
        var again = (await Shop.GrantAsync(session, expiresAt: now + TimeSpan.FromDays(60))).Connection;

        Assert.Equal((State.Connected, "person-2", false), (again.State, again.AccountId, again.ExpiresSoon));
        Assert.Equal((now + TimeSpan.FromDays(60), first.StateSince), (again.ExpiresAt.ToDateTimeOffset(), again.StateSince));
        Assert.NotEqual(first.GrantId, again.GrantId);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Case_09_The_older_of_two_renewals_does_not_shorten_the_newer(bool namesGrant)
    {
        await Shop.ConnectAsync(P);
        var old = await Shop.GrantIdAsync(P);
        var issued = await NowAsync();
        await PassAsync();
        await Shop.RenewAsync(P, issued + TimeSpan.FromDays(90));

        var late = await Shop.RenewAsync(P, issued + TimeSpan.FromHours(1), namesGrant ? old : null, namesGrant ? null : issued);

        Assert.Equal(Result.Stale, late.Result);
        Assert.Equal(issued + TimeSpan.FromDays(90), (await Shop.FindAsync(P)).ExpiresAt.ToDateTimeOffset());
    }

    [Fact]
    public async Task Case_10_A_renewal_that_was_issued_before_the_loss_revives_nothing()
    {
        await Shop.ConnectAsync(P);
        await PassAsync();
        var issued = await NowAsync();
        await PassAsync();
        await Shop.LoseAsync(P, 190, 460);

        var renewal = await Shop.RenewAsync(P, null, grantId: null, issued);

        Assert.Equal((Result.Stale, State.Expired), (renewal.Result, renewal.Connection.State));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Case_11_A_false_alarm_heals_by_itself(bool bySuccess)
    {
        await Shop.ConnectAsync(P, A);
        Assert.Equal(State.Revoked, (await Shop.LoseAsync(P, 190, 492)).Connection.State);
        await PassAsync();

        if (bySuccess)
        {
            Assert.Equal(Result.Applied, (await Shop.SucceedAsync(P, await Shop.GrantIdAsync(P))).Result);
        }
        else
        {
            Assert.Equal(Result.Applied, (await Shop.RenewAsync(P, null, grantId: null, await NowAsync())).Result);
        }

        await AssertFineAsync(P);
        Assert.Equal([P.PageId, A.PageId], await Shop.ListedAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Case_12_Two_sessions_for_one_page_join_so_that_neither_loses_the_grant(bool refusesFirst)
    {
        var first = await Shop.RequestAsync(P);
        var second = await Shop.RequestAsync(P);

        if (refusesFirst)
        {
            await Shop.RefuseAsync(second);
        }

        await Shop.GrantAsync(first);
        if (!refusesFirst)
        {
            Assert.Equal(Step.Connected, (await Shop.RefuseAsync(second)).Session.Step);
        }

        await AssertFineAsync(P);
        Assert.Equal(refusesFirst ? Step.Refused : Step.Connected, (await Shop.SessionAsync(second)).Step);
        Assert.Empty((await Shop.ListAsync()).Sessions);
    }

    [Fact]
    public async Task Case_13_A_page_that_the_account_no_longer_grants_is_suspect()
    {
        await Shop.ConnectAsync(A, B);
        var session = await Shop.BeginAsync(Provider.Facebook);

        await Shop.SignInAsync(session, "person-1", complete: false, ApiMerchant.Offer(B.PageId));
        await Shop.SignInAsync(session, "person-2", complete: true, ApiMerchant.Offer(B.PageId));
        await AssertFineAsync(A);

        await Shop.SignInAsync(session, "person-1", complete: true, ApiMerchant.Offer(B.PageId));
        var missing = await AssertSuspectAsync(A);
        Assert.Equal((Evidence.Types.Source.NotGranted, Signal.PermissionRevoked), (missing.Evidence.Source, missing.Evidence.Signal));
        await AssertFineAsync(B);
    }

    [Fact]
    public async Task Case_14_A_session_begun_for_a_page_accepts_that_page_alone()
    {
        await Shop.ConnectAsync(A);
        await Shop.LoseAsync(A, 190, 458);
        var session = await Shop.SignInAsync(await Shop.BeginAsync(Provider.Facebook, A.PageId), ApiMerchant.Offer(B.PageId));
        Assert.Equal(Eligibility.OtherPage, session.Candidates.Single().Eligibility);

        var refused = await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.ReconnectPageMismatch, StatusCode.FailedPrecondition, () => Shop.ChooseAsync(session, B.PageId));

        Assert.Equal(
            (session.SessionId, "FACEBOOK", A.PageId, B.PageId),
            (refused.Metadata["session_id"], refused.Metadata["provider"], refused.Metadata["expected"], refused.Metadata["chosen"]));
        Assert.Equal([A.PageId], await Shop.ListedAsync());
    }

    [Fact]
    public async Task Case_15_One_odd_candidate_never_blocks_the_others()
    {
        await Shop.SetPlanAsync(Plan.Standard, bought: 10);
        var longest = new string('x', 64);
        Candidate[] odd =
        [
            ApiMerchant.Offer("page twice"), ApiMerchant.Offer(""), ApiMerchant.Offer(longest + "y"), ApiMerchant.Offer(longest),
            new() { PageId = $"twice-{id}", Role = PageRole.Analyst },
            new() { PageId = $"twice-{id}", Name = "Twice", Role = PageRole.Editor, Tasks = { "MANAGE" } },
            new() { PageId = $"nameless-{id}", Role = PageRole.Editor },
            new() { PageId = $"lines-{id}", Name = " Two\nlines\u0007 ", Role = PageRole.Editor },
            new() { PageId = $"long-{id}", Name = new string('n', 300), Role = PageRole.Editor },
            new() { PageId = $"tasks-{id}", Name = "Tasks", Tasks = { "A TASK", "", "MANAGE" } },
            new() { PageId = $"role-{id}", Name = "Role", Role = (PageRole)99 },
        ];
        var many = Enumerable.Range(0, 600).Select(n => ApiMerchant.Offer($"page-{n}-{id}"));

        var session = await Shop.SignInAsync(await Shop.BeginAsync(Provider.Facebook), [.. odd, .. many]);

        var candidates = session.Candidates.ToDictionary(c => c.PageId);
        Assert.Equal(odd.Length - 2 + 600, candidates.Count);
        Assert.Equal(
            [Eligibility.InvalidId, Eligibility.InvalidId, Eligibility.Eligible, Eligibility.RoleTooLow],
            new[] { "page twice", "", longest, $"role-{id}" }.Select(page => candidates[page].Eligibility));
        Assert.Equal(
            ["Twice", $"nameless-{id}", "Twolines", new string('n', 200), "Tasks"],
            new[] { "twice", "nameless", "lines", "long", "tasks" }.Select(page => candidates[$"{page}-{id}"].Name));
        foreach (var usable in new[] { "twice", "nameless", "lines", "long", "tasks", "page-599" }.Select(page => $"{page}-{id}"))
        {
            var one = await Shop.SignInAsync(await Shop.BeginAsync(Provider.Facebook), odd.Concat(many).ToArray());
            Assert.Equal(Step.Consent, (await Shop.ChooseAsync(one, usable)).Session.Step);
        }
    }

    [Fact]
    public async Task Case_16_Sessions_that_are_abandoned_do_not_push_out_one_that_waits_for_the_provider()
    {
        var session = await Shop.RequestAsync(P);

        for (var n = 0; n < 20; n++)
        {
            await Shop.BeginAsync(Provider.Facebook);
        }

        Assert.Equal(State.Connected, (await Shop.GrantAsync(session)).Connection.State);
    }

    [Fact]
    public async Task Case_17_An_exceeded_quota_names_the_session_that_holds_the_slot()
    {
        await Shop.SetPlanAsync(Plan.Trial);
        var abandoned = await Shop.RequestAsync(P);

        var refused = await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.PageQuotaExceeded, StatusCode.ResourceExhausted, () => Shop.BeginAsync(Provider.Facebook));

        Assert.Equal(("1", "1", abandoned.SessionId), (refused.Metadata["used"], refused.Metadata["limit"], refused.Metadata["sessions"]));
        await Shop.RefuseAsync(abandoned);
        await Shop.ConnectAsync(A);
    }

    [Fact]
    public async Task Case_18_An_error_and_a_renewal_right_after_it_are_no_loss()
    {
        await Shop.ConnectAsync(Oa);
        for (var time = 0; time < 3; time++)
        {
            await Shop.ReportErrorAsync(Oa, -216, grantId: await Shop.GrantIdAsync(Oa));
            await AssertSuspectAsync(Oa);
            await PassAsync();
            await Shop.RenewAsync(Oa, null, await Shop.GrantIdAsync(Oa));
            await AssertFineAsync(Oa);
        }

        var moves = (await Shop.HistoryAsync(Oa)).Where(c => c.Transition is not null).Select(c => c.Transition);
        Assert.Equal(
            [State.Pending, State.Connected, State.Connected, State.Connected, State.Connected], moves.Select(move => move.To));
    }

    [Fact]
    public async Task Case_19_A_candidates_name_updates_the_page_list()
    {
        await Shop.ConnectAsync(P);

        await Shop.SignInAsync(
            await Shop.BeginAsync(Provider.Facebook), new Candidate { PageId = P.PageId, Name = "B", Role = PageRole.Editor });

        Assert.Equal("B", (await Shop.ListAsync()).Connections.Single().PageName);
    }

    /// <summary>Returns the time of the store.</summary>
    protected abstract Task<DateTimeOffset> NowAsync();

    /// <summary>Lets some time pass, more than the clocks of two processes differ.</summary>
    protected abstract Task PassAsync();

    /// <summary>Returns a merchant whose sessions can time out in a test.</summary>
    internal abstract ApiMerchant WithShortSessions(string merchantId);

    /// <summary>Waits until the session has timed out.</summary>
    internal abstract Task TimeOutAsync(ApiMerchant shop, ConnectSession session);

    private PageRef Page(string name) => ApiMerchant.Facebook($"{name}-{id}");

    private async Task<Connection> AssertSuspectAsync(PageRef page)
    {
        var connection = await Shop.FindAsync(page);
        Assert.Equal((State.Connected, Health.Suspect), (connection.State, connection.Health));
        Assert.NotNull(connection.SuspectSince);
        return connection;
    }

    private async Task AssertFineAsync(PageRef page)
    {
        var connection = await Shop.FindAsync(page);
        Assert.Equal((State.Connected, Health.Ok), (connection.State, connection.Health));
        Assert.Equal((null, null), ((Timestamp?)connection.SuspectSince, (Evidence?)connection.Evidence));
    }
}
