using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using static ConnectionStateService.V1.SignalOutcome.Types;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>Signals and provider errors, through the public API, with OneHolderPerPage off.</summary>
public sealed class SignalCallTests : IAsyncLifetime
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

        Assert.Equal(
            [("first", Result.Failed, ErrorReason.RequestIdReused), ("second", Result.Applied, ErrorReason.Unspecified)],
            answer.Outcomes.Select(o => (o.MerchantId, o.Result, o.Reason)));
    }

    [Fact]
    public async Task A_signal_about_an_account_is_applied_to_every_connection_that_uses_it()
    {
        await first.SetPlanAsync(Plan.Standard, bought: 1);
        await first.ConnectAsync(ApiMerchant.A, ApiMerchant.Oa);
        await first.GrantAsync(await first.RequestAsync(ApiMerchant.B, accountId: "person-2"));
        await second.DisconnectAsync(page);
        await second.ConnectAsync(ApiMerchant.C);

        var outcomes = await ReportAccountAsync(Signal.PermissionRevoked);

        Assert.Equal(
            [("first", page.PageId, Result.Applied), ("first", ApiMerchant.A.PageId, Result.Applied), ("second", ApiMerchant.C.PageId, Result.Applied)],
            outcomes.Select(o => (o.MerchantId, o.Connection.Page.PageId, o.Result)));
        Assert.All(outcomes, o => Assert.Equal((State.Revoked, Cause.PermissionRevoked), (o.Connection.State, o.Connection.Cause)));
        Assert.Equal(State.Connected, (await first.FindAsync(ApiMerchant.B)).State);
        Assert.Equal(State.Connected, (await first.FindAsync(ApiMerchant.Oa)).State);
        Assert.All(await ReportAccountAsync(Signal.PermissionRevoked), o => Assert.Equal(Result.Unchanged, o.Result));
    }

    [Fact]
    public async Task Each_connection_of_an_account_has_its_own_outcome()
    {
        await first.RequestAsync(ApiMerchant.A);
        service.Clock.Advance(TimeSpan.FromSeconds(2));
        var observed = service.Clock.GetUtcNow() - TimeSpan.FromSeconds(1);
        await first.ConnectAsync(ApiMerchant.B);

        var outcomes = await ReportAccountAsync(Signal.TokenExpired, observed, merchant: "first");

        Assert.Equal([Result.Applied, Result.NotApplicable, Result.Stale], outcomes.Select(o => o.Result));
        Assert.Equal([page, ApiMerchant.A, ApiMerchant.B], outcomes.Select(o => o.Connection.Page));
    }

    [Fact]
    public async Task A_repeated_signal_about_an_account_is_answered_as_the_first_time_and_changes_nothing()
    {
        await first.ConnectAsync(ApiMerchant.A);
        await second.ConnectAsync(ApiMerchant.C);
        var before = await ReportAccountAsync(Signal.PermissionRevoked, requestId: "once");
        await first.ConnectAgainAsync(ApiMerchant.A);
        await second.ConnectAsync(ApiMerchant.D);
        var lists = (await first.ListAsync(), await second.ListAsync());

        var again = await ReportAccountAsync(Signal.PermissionRevoked, requestId: "once");

        Assert.Equal(
            [.. before.Select(o => (o.MerchantId, o.Connection.Page, o.Result)), ("second", ApiMerchant.D, Result.Unchanged)],
            again.Select(o => (o.MerchantId, o.Connection.Page, o.Result)));
        Assert.Equal(lists, (await first.ListAsync(), await second.ListAsync()));
    }

    [Fact]
    public async Task A_signal_about_an_account_FAILS_for_a_merchant_that_used_the_request_id_and_is_applied_to_the_others()
    {
        await service.Client.Plans.SetPlanAsync(new() { MerchantId = "first", Plan = Plan.Standard, BoughtPages = 1, RequestId = "once" });

        var outcomes = await ReportAccountAsync(Signal.PermissionRevoked, requestId: "once");

        Assert.Equal(
            [("first", Result.Failed, ErrorReason.RequestIdReused), ("second", Result.Applied, ErrorReason.Unspecified)],
            outcomes.Select(o => (o.MerchantId, o.Result, o.Reason)));
        Assert.Null(outcomes[0].Connection);
    }

    [Fact]
    public async Task A_signal_about_an_account_that_a_merchant_does_not_use_fails_with_ACCOUNT_NOT_CONNECTED()
    {
        await first.DisconnectAsync(page);

        var refused = await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.AccountNotConnected, StatusCode.NotFound, () => ReportAccountAsync(Signal.TokenExpired, merchant: "first"));

        Assert.Equal(("FACEBOOK", "person-1"), (refused.Metadata["provider"], refused.Metadata["account_id"]));
    }

    [Fact]
    public async Task A_signal_about_an_account_names_no_page_no_grant_and_is_not_about_a_page()
    {
        var request = new ReportSignalRequest
        {
            Page = page,
            Account = new() { Provider = Provider.Facebook, AccountId = "person-1" },
            Signal = Signal.PageDeleted,
            ObservedAt = ApiMerchant.Now,
        };
        Assert.Equal(["account", "signal"], await ViolationsAsync(request));

        request.Page = null;
        request.GrantId = "0123456789abcdef";
        Assert.Equal(["grant_id", "signal"], await ViolationsAsync(request));

        request.Account = null;
        request.Signal = Signal.RoleLost;
        Assert.Equal(["page"], await ViolationsAsync(request));

        async Task<IEnumerable<string>> ViolationsAsync(ReportSignalRequest invalid) => (await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.InvalidRequest, StatusCode.InvalidArgument, () => service.Client.Signals.ReportSignalAsync(invalid).ResponseAsync)).Violations.Select(v => v.Field);
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
            GrantId = await first.GrantIdAsync(page),
            Actor = "message-sender",
        });

        Assert.Equal(
            (Signal.PermissionRevoked, SignalStrength.Hard, "the user removed the app"), (answer.Signal, answer.Strength, answer.Meaning));
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

        Assert.Equal((Signal.Unspecified, SignalStrength.None, meaning), (answer.Signal, answer.Strength, answer.Meaning));
        Assert.Empty(answer.Outcomes);
        Assert.Equal(before, await first.ListAsync());
    }

    [Fact]
    public async Task Renewing_a_deleted_connection_fails_with_ILLEGAL_TRANSITION()
    {
        await first.ReportAsync(page, Signal.PageDeleted);

        var refused = await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.IllegalTransition, StatusCode.FailedPrecondition, () => first.RenewAsync(page));

        Assert.Equal(("DELETED", "RENEW"), (refused.Metadata["state"], refused.Metadata["trigger"]));
        Assert.Contains("Reconnect", refused.Metadata["permitted"].Split(','));
    }

    [Fact]
    public async Task A_renewal_of_another_grant_is_STALE_and_changes_nothing()
    {
        var old = await first.GrantIdAsync(page);
        Assert.Equal(Result.Applied, (await first.RenewAsync(page, null, old)).Result);
        var before = await first.ListAsync();

        var late = await first.RenewAsync(page, null, old);

        Assert.Equal((Result.Stale, before.Connections[0]), (late.Result, late.Connection));
        Assert.Equal(before, await first.ListAsync());
    }

    [Fact]
    public async Task ReportSuccess_answers_for_each_success_in_order_with_the_reason_of_a_failure()
    {
        service.Clock.Advance(TimeSpan.FromSeconds(1));
        var grant = await first.GrantIdAsync(page);
        await second.ReportAsync(page, Signal.PermissionRevoked);
        service.Clock.Advance(TimeSpan.FromSeconds(1));

        var answer = await service.Client.Signals.ReportSuccessAsync(new()
        {
            Successes =
            {
                Success("nobody", page, grant),
                Success("second", page, await second.GrantIdAsync(page)),
                Success("second", page, grant),
                Success("first", page, grant),
            },
        });

        Assert.Equal(
            [
                ("nobody", Result.Failed, ErrorReason.ConnectionNotFound),
                ("second", Result.Applied, ErrorReason.Unspecified),
                ("second", Result.Stale, ErrorReason.Unspecified),
                ("first", Result.Unchanged, ErrorReason.Unspecified),
            ],
            answer.Outcomes.Select(o => (o.MerchantId, o.Result, o.Reason)));
        Assert.Equal(State.Connected, answer.Outcomes[1].Connection.State);
    }

    [Fact]
    public async Task A_deleted_page_that_works_FAILS_with_PAGE_QUOTA_EXCEEDED_while_no_slot_is_free()
    {
        await first.SetPlanAsync(Plan.Trial);
        await first.ReportAsync(page, Signal.PageDeleted);
        var grant = await first.GrantIdAsync(page);
        await first.ConnectAsync(ApiMerchant.B);
        service.Clock.Advance(TimeSpan.FromSeconds(1));

        var outcome = await first.SucceedAsync(page, grant);

        Assert.Equal((Result.Failed, ErrorReason.PageQuotaExceeded), (outcome.Result, outcome.Reason));
        await first.DisconnectAsync(ApiMerchant.B);
        Assert.Equal(State.Connected, (await first.SucceedAsync(page, grant)).Connection.State);
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

    private static ReportSuccessRequest.Types.Success Success(string merchant, PageRef page, string grantId) =>
        new() { MerchantId = merchant, Page = page, GrantId = grantId, ObservedAt = ApiMerchant.Now };

    private async Task<IReadOnlyList<SignalOutcome>> ReportAccountAsync(
        Signal signal, DateTimeOffset? observedAt = null, string? merchant = null, string requestId = "")
    {
        var request = new ReportSignalRequest
        {
            Account = new() { Provider = Provider.Facebook, AccountId = "person-1" },
            Signal = signal,
            ObservedAt = observedAt is { } at ? Timestamp.FromDateTimeOffset(at) : ApiMerchant.Now,
            RequestId = requestId,
        };
        if (merchant is not null)
        {
            request.MerchantId = merchant;
        }

        return (await service.Client.Signals.ReportSignalAsync(request)).Outcomes;
    }

    private async Task<IReadOnlyList<SignalOutcome>> ReportAsync(Signal signal) =>
        (await service.Client.Signals.ReportSignalAsync(new() { Page = page, Signal = signal, ObservedAt = ApiMerchant.Now })).Outcomes;
}
