using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using static ConnectionStateService.V1.SignalOutcome.Types;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>Signals and provider errors, through the public API, with OneHolderPerPage off.</summary>
public sealed class SignalTests : IAsyncLifetime
{
    private readonly PageRef page = ApiMerchant.Facebook("shared");
    private Service service = null!;
    private ApiMerchant first = null!;
    private ApiMerchant second = null!;

    public async Task InitializeAsync()
    {
        service = await Service.StartAsync(new() { ["Rules:OneHolderPerPage"] = "false" });
        (first, second) = (new ApiMerchant(service.Client, "first"), new ApiMerchant(service.Client, "second"));
        await first.ConnectAsync(page);
        await second.ConnectAsync(page);
    }

    public async Task DisposeAsync() => await service.DisposeAsync();

    [Fact]
    public async Task A_signal_without_a_merchant_is_applied_to_every_merchant_with_the_page()
    {
        var outcomes = await ReportAsync(Signal.RoleLost);

        Assert.Equal([("first", Result.Applied), ("second", Result.Applied)], outcomes.Select(o => (o.MerchantId, o.Result)));
        Assert.All(outcomes, o => Assert.Equal((State.Revoked, Cause.RoleLost), (o.Connection.State, o.Connection.Cause)));
        Assert.All(await ReportAsync(Signal.RoleLost), o => Assert.Equal(Result.Unchanged, o.Result));
    }

    [Fact]
    public async Task FindConnections_returns_the_connections_of_all_merchants_to_a_page()
    {
        await second.ReportAsync(page, Signal.TokenExpired);

        var found = await service.Client.Pages.FindConnectionsAsync(new() { Page = page });

        Assert.Equal(
            [("first", State.Connected), ("second", State.Expired)],
            found.Connections.Select(c => (c.MerchantId, c.Connection.State)));
        Assert.Equal(0, found.Unreadable);
    }

    [Fact]
    public async Task A_merchant_that_disconnected_the_page_is_not_found_and_gets_no_signal()
    {
        await second.DisconnectAsync(page);

        Assert.Equal("first", Assert.Single((await service.Client.Pages.FindConnectionsAsync(new() { Page = page })).Connections).MerchantId);
        Assert.Equal("first", Assert.Single(await ReportAsync(Signal.PageDeleted)).MerchantId);
    }

    [Fact]
    public async Task A_signal_FAILS_for_a_merchant_that_used_the_request_id_and_is_applied_to_the_others()
    {
        await service.Client.Plans.SetPlanAsync(new() { MerchantId = "first", Plan = Plan.Standard, BoughtPages = 1, RequestId = "once" });

        var answer = await service.Client.Signals.ReportSignalAsync(
            new() { Page = page, Signal = Signal.PageDeleted, ObservedAt = ApiMerchant.Now, RequestId = "once" });

        Assert.Equal([("first", Result.Failed), ("second", Result.Applied)], answer.Outcomes.Select(o => (o.MerchantId, o.Result)));
    }

    [Fact]
    public async Task A_signal_observed_before_the_current_grant_is_STALE()
    {
        var before = service.Clock.GetUtcNow() - TimeSpan.FromSeconds(1);

        var outcome = await first.ReportAsync(page, Signal.PermissionRevoked, observedAt: before);

        Assert.Equal((Result.Stale, State.Connected), (outcome.Result, outcome.Connection.State));
    }

    [Fact]
    public async Task A_signal_that_the_state_does_not_allow_is_NOT_APPLICABLE()
    {
        await first.DisconnectAsync(page);
        await first.RequestAsync(page);

        var outcome = await first.ReportAsync(page, Signal.TokenExpired);

        Assert.Equal((Result.NotApplicable, State.Pending), (outcome.Result, outcome.Connection.State));
    }

    [Fact]
    public async Task A_signal_for_a_merchant_without_the_page_fails_with_CONNECTION_NOT_FOUND()
    {
        var refused = await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.ConnectionNotFound, StatusCode.NotFound, () => first.ReportAsync(ApiMerchant.D, Signal.PageDeleted));

        Assert.Equal(("FACEBOOK", ApiMerchant.D.PageId), (refused.Metadata["provider"], refused.Metadata["page_id"]));
    }

    [Fact]
    public async Task A_provider_error_is_applied_as_its_signal_and_recorded_as_evidence()
    {
        var observed = service.Clock.GetUtcNow() + TimeSpan.FromSeconds(5);
        service.Clock.Advance(TimeSpan.FromSeconds(10));

        var answer = await service.Client.Signals.ReportProviderErrorAsync(new()
        {
            Page = page,
            MerchantId = "first",
            Code = 190,
            Subcode = 458,
            ObservedAt = Timestamp.FromDateTimeOffset(observed),
            Actor = "message-sender",
        });

        Assert.Equal((Signal.PermissionRevoked, "the user removed the app"), (answer.Signal, answer.Meaning));
        Assert.Equal(Result.Applied, Assert.Single(answer.Outcomes).Result);
        var evidence = (await first.HistoryAsync(page))[^1].Transition.Evidence;
        Assert.Equal((190, 458, "message-sender"), (evidence.Code, evidence.Subcode, evidence.ReportedBy));
        Assert.Equal(Timestamp.FromDateTimeOffset(observed), evidence.ObservedAt);
    }

    [Theory]
    [InlineData(613, "", "too many requests")]
    [InlineData(200, "Two-Factor authentication is required", "the account must pass two-factor authentication first")]
    [InlineData(31337, "", "unknown error")]
    public async Task A_provider_error_without_a_signal_changes_nothing(int code, string message, string meaning)
    {
        var before = await first.ListAsync();

        var answer = await service.Client.Signals.ReportProviderErrorAsync(new() { Page = page, Code = code, Message = message, ObservedAt = ApiMerchant.Now });

        Assert.Equal((Signal.Unspecified, meaning), (answer.Signal, answer.Meaning));
        Assert.Empty(answer.Outcomes);
        Assert.Equal(before, await first.ListAsync());
    }

    [Fact]
    public async Task Renewing_a_revoked_connection_fails_with_ILLEGAL_TRANSITION()
    {
        await first.ReportAsync(page, Signal.PermissionRevoked);

        var refused = await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.IllegalTransition, StatusCode.FailedPrecondition, () => first.RenewAsync(page));

        Assert.Equal(("REVOKED", "RENEW"), (refused.Metadata["state"], refused.Metadata["trigger"]));
        Assert.Contains("REQUEST", refused.Metadata["permitted"].Split(','));
    }

    [Fact]
    public async Task An_expiry_in_the_past_is_an_INVALID_REQUEST()
    {
        var refused = await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.InvalidRequest,
            StatusCode.InvalidArgument,
            () => first.RenewAsync(page, service.Clock.GetUtcNow()));

        Assert.Equal("expires_at", Assert.Single(refused.Violations).Field);
    }

    private async Task<IReadOnlyList<SignalOutcome>> ReportAsync(Signal signal) =>
        (await service.Client.Signals.ReportSignalAsync(new() { Page = page, Signal = signal, ObservedAt = ApiMerchant.Now })).Outcomes;
}
