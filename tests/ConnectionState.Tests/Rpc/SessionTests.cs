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
    public async Task A_connected_page_cannot_be_connected_again()
    {
        await shop.ConnectAsync(ApiMerchant.A);

        await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.PageAlreadyConnected, StatusCode.AlreadyExists, () => shop.BeginAsync(Provider.Facebook, ApiMerchant.A.PageId));
        await ApiMerchant.ExpectRefusedAsync(ErrorReason.PageAlreadyConnected, StatusCode.AlreadyExists, () => shop.RequestAsync(ApiMerchant.A));
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
    public async Task Choosing_a_page_of_another_open_session_takes_it_over()
    {
        var earlier = await shop.RequestAsync(ApiMerchant.A);

        var later = await shop.RequestAsync(ApiMerchant.A);

        Assert.Equal(Step.ChoosePage, (await shop.SessionAsync(earlier)).Step);
        Assert.Equal(1, (await shop.ListAsync()).Quota.Used);
        Assert.Equal(State.Connected, (await shop.GrantAsync(later)).Connection.State);
    }

    [Fact]
    public async Task Disconnecting_a_pending_page_ends_its_session()
    {
        var session = await shop.RequestAsync(ApiMerchant.A);

        await shop.DisconnectAsync(ApiMerchant.A);

        Assert.Equal(Step.Refused, (await shop.SessionAsync(session)).Step);
        Assert.Equal(0, (await shop.ListAsync()).Quota.Used);
    }
}
