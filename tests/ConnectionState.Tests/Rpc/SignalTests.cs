using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using static ConnectionStateService.V1.SignalOutcome.Types;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>Signals and provider errors, through the public API. Pages may have several holders here.</summary>
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
    public async Task Without_a_merchant_a_signal_reaches_all_that_have_the_page()
    {
        var outcomes = await ReportAsync(Signal.RoleLost);

        Assert.Equal([("first", Result.Applied), ("second", Result.Applied)], outcomes.Select(o => (o.MerchantId, o.Result)));
        Assert.All(outcomes, o => Assert.Equal((State.Revoked, Cause.RoleLost), (o.Connection.State, o.Connection.Cause)));
        Assert.All(await ReportAsync(Signal.RoleLost), o => Assert.Equal(Result.Unchanged, o.Result));
    }

    [Fact]
    public async Task All_connections_to_a_page_can_be_found()
    {
        await second.ReportAsync(page, Signal.TokenExpired);

        var found = await service.Client.Pages.FindConnectionsAsync(new() { Page = page });

        Assert.Equal(
            [("first", State.Connected), ("second", State.Expired)],
            found.Connections.Select(c => (c.MerchantId, c.Connection.State)));
        Assert.Equal(0, found.Unreadable);
    }

    [Fact]
    public async Task Who_has_disconnected_the_page_is_neither_found_nor_told()
    {
        await second.DisconnectAsync(page);

        Assert.Equal("first", Assert.Single((await service.Client.Pages.FindConnectionsAsync(new() { Page = page })).Connections).MerchantId);
        Assert.Equal("first", Assert.Single(await ReportAsync(Signal.PageDeleted)).MerchantId);
    }

    [Fact]
    public async Task Where_the_request_id_was_used_for_something_else_the_signal_fails_and_the_others_are_told()
    {
        await service.Client.Plans.SetPlanAsync(new() { MerchantId = "first", Plan = Plan.Standard, BoughtPages = 1, RequestId = "once" });

        var answer = await service.Client.Signals.ReportSignalAsync(
            new() { Page = page, Signal = Signal.PageDeleted, ObservedAt = ApiMerchant.Now, RequestId = "once" });

        Assert.Equal([("first", Result.Failed), ("second", Result.Applied)], answer.Outcomes.Select(o => (o.MerchantId, o.Result)));
    }

    [Fact]
    public async Task A_signal_from_before_the_present_grant_is_stale()
    {
        var before = service.Clock.GetUtcNow() - TimeSpan.FromSeconds(1);

        var outcome = await first.ReportAsync(page, Signal.PermissionRevoked, observedAt: before);

        Assert.Equal((Result.Stale, State.Connected), (outcome.Result, outcome.Connection.State));
    }

    [Fact]
    public async Task A_signal_that_means_nothing_in_the_state_is_answered_and_not_applied()
    {
        await first.DisconnectAsync(page);
        await first.RequestAsync(page);

        var outcome = await first.ReportAsync(page, Signal.TokenExpired);

        Assert.Equal((Result.NotApplicable, State.Pending), (outcome.Result, outcome.Connection.State));
    }

    [Fact]
    public async Task A_signal_to_a_merchant_that_never_had_the_page_is_not_found()
    {
        var refused = await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.ConnectionNotFound, StatusCode.NotFound, () => first.ReportAsync(ApiMerchant.D, Signal.PageDeleted));

        Assert.Equal(("FACEBOOK", ApiMerchant.D.PageId), (refused.Metadata["provider"], refused.Metadata["page_id"]));
    }

    [Fact]
    public async Task A_provider_error_does_what_it_means_and_leaves_the_evidence()
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
    [InlineData(31337, "", "not known")]
    public async Task A_provider_error_that_means_nothing_changes_nothing(int code, string message, string meaning)
    {
        var before = await first.ListAsync();

        var answer = await service.Client.Signals.ReportProviderErrorAsync(new() { Page = page, Code = code, Message = message, ObservedAt = ApiMerchant.Now });

        Assert.Equal((Signal.Unspecified, meaning), (answer.Signal, answer.Meaning));
        Assert.Empty(answer.Outcomes);
        Assert.Equal(before, await first.ListAsync());
    }

    [Fact]
    public async Task Renewing_what_was_revoked_is_an_illegal_transition()
    {
        await first.ReportAsync(page, Signal.PermissionRevoked);

        var refused = await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.IllegalTransition, StatusCode.FailedPrecondition, () => first.RenewAsync(page));

        Assert.Equal(("REVOKED", "RENEW"), (refused.Metadata["state"], refused.Metadata["trigger"]));
        Assert.Contains("REQUEST", refused.Metadata["permitted"].Split(','));
    }

    [Fact]
    public async Task A_token_cannot_end_in_the_past()
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
