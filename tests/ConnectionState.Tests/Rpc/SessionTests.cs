using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using static ConnectionStateService.V1.ConnectSession.Types;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>Connect sessions beyond the numbered rules, through the public API.</summary>
public sealed class SessionTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly ApiMerchant shop = fixture.Service.NewMerchant();

    [Fact]
    public async Task A_session_times_out_after_15_minutes()
    {
        var session = await shop.RequestAsync(ApiMerchant.A);

        await fixture.Service.PassAsync(TimeSpan.FromMinutes(15) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(Step.Consent, (await shop.SessionAsync(session)).Step);

        await fixture.Service.PassAsync(TimeSpan.FromMilliseconds(1));
        Assert.Equal(Step.TimedOut, (await shop.SessionAsync(session)).Step);
        var connection = await shop.FindAsync(ApiMerchant.A);
        Assert.Equal((State.Refused, Cause.SessionTimedOut), (connection.State, connection.Cause));
    }

    [Fact]
    public async Task A_session_can_be_cancelled_before_a_page_is_chosen()
    {
        var refused = await shop.RefuseAsync(await shop.BeginAsync(Provider.Zalo));

        Assert.Equal(Step.Refused, refused.Session.Step);
        Assert.Null(refused.Connection);
    }

    [Fact]
    public async Task An_ended_session_fails_with_STEP_NOT_ALLOWED()
    {
        var session = await shop.RequestAsync(ApiMerchant.A);
        await shop.RefuseAsync(session);

        var refused = await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.StepNotAllowed, StatusCode.FailedPrecondition, () => shop.GrantAsync(session));

        Assert.Equal(("REFUSED", "CONSENT"), (refused.Metadata["step"], refused.Metadata["needed"]));
    }

    [Fact]
    public async Task Choosing_a_page_that_is_not_a_candidate_fails_with_PAGE_NOT_OFFERED()
    {
        var session = await shop.SignInAsync(await shop.BeginAsync(Provider.Facebook), ApiMerchant.Offer("mine"));

        await ApiMerchant.ExpectRefusedAsync(ErrorReason.PageNotOffered, StatusCode.FailedPrecondition, () => shop.ChooseAsync(session, "not-mine"));
    }

    [Fact]
    public async Task A_connected_page_can_be_chosen_only_in_a_session_begun_for_it()
    {
        await shop.ConnectAsync(ApiMerchant.A);

        await ApiMerchant.ExpectRefusedAsync(ErrorReason.PageAlreadyConnected, StatusCode.AlreadyExists, () => shop.RequestAsync(ApiMerchant.A));
        Assert.Equal(Step.Consent, (await shop.RequestAsync(ApiMerchant.A, reconnect: ApiMerchant.A.PageId)).Step);
    }

    [Fact]
    public async Task Every_answer_of_a_connect_session_has_the_page_list_of_its_revision()
    {
        var client = fixture.Service.Client.Connect;
        var begun = await client.BeginConnectAsync(new() { MerchantId = shop.Id, Provider = Provider.Facebook });
        var session = begun.Session.SessionId;
        var submitted = await client.SubmitAccountAsync(new()
        {
            MerchantId = shop.Id,
            SessionId = session,
            Account = new() { AccountId = "person-1", Name = "A Person", Personal = true },
            Candidates = { ApiMerchant.Offer("mine") },
        });
        var chosen = await client.ChoosePageAsync(new() { MerchantId = shop.Id, SessionId = session, PageId = "mine" });
        var granted = await client.GrantAsync(new() { MerchantId = shop.Id, SessionId = session });
        var reconnected = await client.ReconnectAsync(new()
        {
            MerchantId = shop.Id,
            Provider = Provider.Facebook,
            Page = ApiMerchant.Offer("mine"),
            Account = new() { AccountId = "person-2", Name = "Another Person", Personal = true },
        });
        var refused = await client.RefuseAsync(new() { MerchantId = shop.Id, SessionId = (await shop.BeginAsync(Provider.Zalo)).SessionId });

        Assert.Equal(
            [1, 2, 3, 4, 5, 7],
            new[] { begun.PageList, submitted.PageList, chosen.PageList, granted.PageList, reconnected.PageList, refused.PageList }
                .Select(list => list.Revision));
        Assert.Equal([0, 0, 1, 1, 1, 1], new[]
        {
            begun.PageList, submitted.PageList, chosen.PageList, granted.PageList, reconnected.PageList, refused.PageList,
        }.Select(list => list.Quota.Used));
        Assert.Equal(await shop.ListAsync(), refused.PageList);
        Assert.Equal("person-2", Assert.Single(refused.PageList.Connections).AccountId);
    }

    [Fact]
    public async Task Reconnect_brings_a_listed_page_back_in_one_call_and_ends_the_sessions_that_wait_for_it()
    {
        await shop.ConnectAsync(ApiMerchant.A, ApiMerchant.B);
        await shop.ReportAsync(ApiMerchant.A, Signal.PermissionRevoked);
        var lostGrant = await shop.GrantIdAsync(ApiMerchant.A);
        var waiting = await shop.RequestAsync(ApiMerchant.A);

        var answer = await fixture.Service.Client.Connect.ReconnectAsync(Reconnect(ApiMerchant.A, "  A new\n name  "));

        Assert.Equal((State.Connected, "person-2", "A new name"), (answer.Connection.State, answer.Connection.AccountId, answer.Connection.PageName));
        Assert.NotEqual(lostGrant, answer.Connection.GrantId);
        Assert.Equal([ApiMerchant.A.PageId, ApiMerchant.B.PageId], await shop.ListedAsync());
        Assert.Equal(Step.Connected, (await shop.SessionAsync(waiting)).Step);
    }

    [Fact]
    public async Task Reconnect_of_a_page_that_is_not_listed_fails_with_CONNECTION_NOT_FOUND()
    {
        await shop.ConnectAsync(ApiMerchant.A);
        await shop.DisconnectAsync(ApiMerchant.A);

        await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.ConnectionNotFound,
            StatusCode.NotFound,
            () => fixture.Service.Client.Connect.ReconnectAsync(Reconnect(ApiMerchant.A, "")).ResponseAsync);
    }

    [Fact]
    public async Task The_session_limit_is_exceeded_only_when_every_open_session_waits_for_an_answer()
    {
        await shop.SetPlanAsync(Plan.Standard, bought: 20);
        var first = await shop.BeginAsync(Provider.Facebook);
        for (var n = 1; n < 20; n++)
        {
            await shop.RequestAsync(ApiMerchant.Facebook($"page-{n}-{shop.Id}"));
        }

        var last = await shop.RequestAsync(ApiMerchant.Facebook($"page-20-{shop.Id}"));
        var refused = await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.SessionLimitExceeded, StatusCode.ResourceExhausted, () => shop.BeginAsync(Provider.Facebook));

        Assert.Equal(Step.TimedOut, (await shop.SessionAsync(first)).Step);
        var sessions = refused.Metadata["sessions"].Split(',');
        Assert.Equal(("20", 20, last.SessionId), (refused.Metadata["limit"], sessions.Length, sessions[^1]));
    }

    [Fact]
    public async Task Reconnecting_a_page_the_merchant_never_had_fails_with_CONNECTION_NOT_FOUND() => await ApiMerchant.ExpectRefusedAsync(
        ErrorReason.ConnectionNotFound, StatusCode.NotFound, () => shop.BeginAsync(Provider.Zalo, "never-had"));

    [Fact]
    public async Task An_unknown_session_fails_with_SESSION_NOT_FOUND() => await ApiMerchant.ExpectRefusedAsync(
        ErrorReason.SessionNotFound, StatusCode.NotFound, () => shop.SessionAsync(new() { SessionId = "never-begun" }));

    [Fact]
    public async Task A_lost_page_can_be_reconnected_while_all_slots_are_in_use()
    {
        await shop.ConnectAsync(ApiMerchant.A, ApiMerchant.B, ApiMerchant.C);
        await shop.ReportAsync(ApiMerchant.B, Signal.PermissionRevoked);

        var session = await shop.RequestAsync(ApiMerchant.B, reconnect: ApiMerchant.B.PageId);

        Assert.Equal(State.Connected, (await shop.GrantAsync(session)).Connection.State);
    }

    [Fact]
    public async Task Choosing_a_page_of_another_open_session_joins_it()
    {
        var earlier = await shop.RequestAsync(ApiMerchant.A);

        var later = await shop.RequestAsync(ApiMerchant.A);

        Assert.Equal(Step.Consent, (await shop.SessionAsync(earlier)).Step);
        Assert.Equal(1, (await shop.ListAsync()).Quota.Used);
        Assert.Equal(State.Connected, (await shop.GrantAsync(later)).Connection.State);
        Assert.Equal(Step.Connected, (await shop.SessionAsync(earlier)).Step);
    }

    [Fact]
    public async Task A_session_that_ends_is_kept_even_if_many_that_began_later_have_ended()
    {
        var session = await shop.RequestAsync(ApiMerchant.A);
        for (var n = 0; n < 20; n++)
        {
            await shop.RefuseAsync(await shop.BeginAsync(Provider.Facebook));
        }

        var granted = await shop.GrantAsync(session);

        Assert.Equal((Step.Connected, State.Connected), (granted.Session?.Step, granted.Connection?.State));
    }

    [Fact]
    public async Task Disconnecting_a_pending_page_ends_its_session()
    {
        var session = await shop.RequestAsync(ApiMerchant.A);

        await shop.DisconnectAsync(ApiMerchant.A);

        Assert.Equal(Step.Refused, (await shop.SessionAsync(session)).Step);
        Assert.Equal(0, (await shop.ListAsync()).Quota.Used);
    }

    private ReconnectRequest Reconnect(PageRef page, string name) => new()
    {
        MerchantId = shop.Id,
        Provider = page.Provider,
        Page = new() { PageId = page.PageId, Name = name, Role = PageRole.Editor },
        Account = new() { AccountId = "person-2", Name = "Another Person", Personal = true },
    };
}
