using ConnectionStateService.Client;
using ConnectionStateService.Client.Testing;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Tests.Client;

public sealed class FakeConnectionStateTests : IDisposable
{
    private static readonly PageRef Page = new() { Provider = Provider.Zalo, PageId = "1" };

    private readonly FakeConnectionState service = new();

    public void Dispose() => service.Dispose();

    [Fact]
    public async Task A_lost_page_is_seen_by_calls_cache_and_watch()
    {
        service.AddPage("m", Page);
        await using var updates = service.Watcher.WatchAsync("m").GetAsyncEnumerator();
        Assert.True(await updates.MoveNextAsync());

        service.LosePage("m", Page, Cause.SignedInElsewhere);

        Assert.True(await updates.MoveNextAsync());
        Assert.Equal((State.Connected, State.Disconnected), (updates.Current.Changes[0].Transition.From, updates.Current.Changes[0].Transition.To));
        Assert.True(updates.Current.PageList!.Connections[0].IsLost());
        Assert.True(service.Cache.TryGet("m", out var found));
        Assert.True(found.PageList.Connections[0].IsLost());
        Assert.True((await service.Client.Pages.GetConnectionAsync(new() { MerchantId = "m", Page = Page })).Connection.IsLost());
        Assert.Equal(2, (await service.Client.Pages.GetPageListAsync(new() { MerchantId = "m" })).PageList.Revision);
    }

    [Fact]
    public async Task A_stale_list_is_old_in_the_cache_and_Stale_in_the_watch_until_it_is_live_again()
    {
        service.AddPage("m", Page);
        service.MakeStale("m", TimeSpan.FromMinutes(5));

        Assert.True(service.Cache.TryGet("m", out var found));
        Assert.Equal((false, TimeSpan.FromMinutes(5)), (found.IsLive, found.Age));
        await using var updates = service.Watcher.WatchAsync("m").GetAsyncEnumerator();
        Assert.True(await updates.MoveNextAsync());
        Assert.Equal((PageListUpdateKind.Stale, 1L), (updates.Current.Kind, updates.Current.PageList!.Revision));

        service.MakeLive("m");

        Assert.True(await updates.MoveNextAsync());
        Assert.Equal(PageListUpdateKind.Confirmed, updates.Current.Kind);
    }

    [Fact]
    public async Task A_server_that_is_down_fails_calls_and_makes_lists_stale_until_it_comes_back()
    {
        service.AddPage("m", Page);
        service.GoDown();

        var failure = await Assert.ThrowsAsync<RpcException>(() => service.Client.Pages.GetPageListAsync(new() { MerchantId = "m" }).ResponseAsync);
        Assert.True(failure.GetConnectionStateError().IsTransient);
        Assert.True(service.Cache.TryGet("m", out var found) && !found.IsLive);

        service.ComeBack();

        Assert.True(service.Cache.TryGet("m", out found) && found.IsLive);
        await service.Client.Pages.GetPageListAsync(new() { MerchantId = "m" });
    }

    [Fact]
    public async Task A_refused_token_fails_calls_and_makes_lists_stale()
    {
        service.AddPage("m", Page);
        service.GoDown(FakeErrors.Unauthenticated(ErrorReason.TokenRevoked));

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => service.Client.Pages.GetPageListAsync(new() { MerchantId = "m" }).ResponseAsync);

        Assert.Equal(
            (StatusCode.Unauthenticated, ErrorReason.TokenRevoked), (failure.StatusCode, failure.GetConnectionStateError().Reason));
        Assert.True(service.Cache.TryGet("m", out var stale) && !stale.IsLive);
        service.ComeBack();
        Assert.True(service.Cache.TryGet("m", out var live) && live.IsLive);
    }

    [Fact]
    public async Task A_page_lost_while_the_server_is_down_is_shown_when_it_comes_back()
    {
        service.AddPage("m", Page);
        await using var updates = service.Watcher.WatchAsync("m").GetAsyncEnumerator();
        Assert.True(await updates.MoveNextAsync());
        service.GoDown();
        Assert.True(await updates.MoveNextAsync());

        service.LosePage("m", Page, Cause.PageDeleted);

        Assert.True(service.Cache.TryGet("m", out var found));
        Assert.Equal((false, 1L, State.Connected), (found.IsLive, found.PageList.Revision, found.PageList.Connections[0].State));

        service.ComeBack();

        Assert.True(service.Cache.TryGet("m", out found));
        Assert.Equal((true, State.Deleted), (found.IsLive, found.PageList.Connections[0].State));
        Assert.True(await updates.MoveNextAsync());
        Assert.Equal(PageListUpdateKind.Changes, updates.Current.Kind);
        Assert.Equal(State.Deleted, Assert.Single(updates.Current.Changes).Transition.To);
    }

    [Fact]
    public async Task A_page_lost_while_the_list_is_stale_is_shown_by_calls_at_once_and_by_the_cache_after_MakeLive()
    {
        service.AddPage("m", Page);
        service.MakeStale("m");

        service.LosePage("m", Page, Cause.TokenExpired);

        Assert.True(service.Cache.TryGet("m", out var found));
        Assert.Equal((false, State.Connected), (found.IsLive, found.PageList.Connections[0].State));
        Assert.Equal(State.Expired, (await service.Client.Pages.GetConnectionAsync(new() { MerchantId = "m", Page = Page })).Connection.State);

        service.MakeLive("m");

        Assert.True(service.Cache.TryGet("m", out found));
        Assert.Equal((true, State.Expired), (found.IsLive, found.PageList.Connections[0].State));
    }

    [Fact]
    public async Task A_watch_started_while_the_server_is_down_has_no_list_until_it_comes_back()
    {
        service.GoDown();
        service.AddPage("m", Page);
        await using var updates = service.Watcher.WatchAsync("m").GetAsyncEnumerator();

        Assert.True(await updates.MoveNextAsync());
        Assert.Equal((PageListUpdateKind.Stale, null), (updates.Current.Kind, updates.Current.PageList));
        Assert.False(service.Cache.TryGet("m", out _));

        service.ComeBack();

        Assert.True(await updates.MoveNextAsync());
        Assert.Equal((PageListUpdateKind.Snapshot, 1L), (updates.Current.Kind, updates.Current.PageList!.Revision));
    }

    [Fact]
    public async Task Dispose_ends_watches_and_waits()
    {
        await using var updates = service.Watcher.WatchAsync("m").GetAsyncEnumerator();
        Assert.True(await updates.MoveNextAsync());
        var next = updates.MoveNextAsync().AsTask();
        var waiting = service.Cache.WaitForAsync("m", list => list.Revision == 9);

        service.Dispose();

        await Assert.ThrowsAsync<ObjectDisposedException>(() => next.WaitAsync(Eventually.Patience));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(Eventually.Patience));
        await using var late = service.Watcher.WatchAsync("m").GetAsyncEnumerator();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => late.MoveNextAsync().AsTask());
        Assert.Throws<ObjectDisposedException>(() => service.Cache.TryGet("m", out _));
    }

    [Fact]
    public async Task A_malformed_merchant_id_throws_as_in_the_real_cache_and_watcher()
    {
        Assert.Throws<ArgumentException>(() => service.Watcher.WatchAsync("shop 1"));
        Assert.Throws<ArgumentException>(() => service.Cache.TryGet("shop 1", out _));
        await Assert.ThrowsAsync<ArgumentException>(() => service.Cache.WaitForAsync("shop 1", _ => true));
    }

    [Fact]
    public async Task Other_calls_are_answered_by_OnCall_and_recorded_with_their_request_id()
    {
        service.OnCall<DisconnectRequest, DisconnectResponse>(_ => throw FakeErrors.Create(ErrorReason.IllegalTransition, StatusCode.FailedPrecondition));

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => service.Client.Pages.DisconnectAsync(new() { MerchantId = "m", Page = Page }).ResponseAsync);

        var error = failure.GetConnectionStateError();
        Assert.Equal(ErrorReason.IllegalTransition, error.Reason);
        Assert.Equal(Assert.IsType<DisconnectRequest>(Assert.Single(service.Requests)).RequestId, error.RequestId);
    }

    [Fact]
    public async Task A_call_that_the_test_did_not_expect_says_what_to_do()
    {
        var failure = await Assert.ThrowsAsync<RpcException>(() => service.Client.Plans.SetPlanAsync(new() { MerchantId = "m" }).ResponseAsync);

        Assert.Contains("OnCall<SetPlanRequest, ...>", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WaitForAsync_completes_when_the_test_changes_the_list()
    {
        var waiting = service.Cache.WaitForAsync("m", list => list.Connections.Count == 1);
        Assert.False(waiting.IsCompleted);

        service.AddPage("m", Page);

        Assert.True((await waiting.WaitAsync(Eventually.Patience)).IsLive);
    }

    [Fact]
    public async Task A_suspect_page_is_seen_by_cache_and_watch_until_a_success_of_its_grant()
    {
        var added = service.AddPage("m", Page);
        await using var updates = service.Watcher.WatchAsync("m").GetAsyncEnumerator();
        Assert.True(await updates.MoveNextAsync());

        service.MakeSuspect("m", Page, Signal.PermissionRevoked);

        Assert.True(service.Cache.TryGet("m", out var found));
        var suspect = found.PageList.Find(Page)!;
        Assert.Equal((true, true, added.GrantId), (suspect.IsSuspect(), suspect.CanSend(), suspect.GrantId));
        Assert.Equal((Signal.PermissionRevoked, true), (suspect.Evidence.Signal, suspect.SuspectSince is not null));
        Assert.True(await updates.MoveNextAsync());
        Assert.Equal((Health.Suspect, added.GrantId), (updates.Current.Changes[0].HealthChanged.Health, updates.Current.Changes[0].HealthChanged.GrantId));

        service.Reporter.ReportSuccess("m", Page, "another grant");
        Assert.True(service.Cache.TryGet("m", out found) && found.PageList.Find(Page)!.IsSuspect());

        service.Reporter.ReportSuccess("m", Page, added.GrantId);
        Assert.True(service.Cache.TryGet("m", out found) && !found.PageList.Find(Page)!.IsSuspect());
        Assert.Null(found.PageList.Find(Page)!.Evidence);
        Assert.True(await updates.MoveNextAsync());
        Assert.Equal(Health.Ok, updates.Current.Changes[0].HealthChanged.Health);
        Assert.Equal(2, service.Requests.OfType<ReportSuccessRequest>().Count());
    }

    [Fact]
    public void A_page_that_is_not_connected_cannot_be_suspect()
    {
        service.AddPage("m", Page);
        service.LosePage("m", Page, Cause.PageDeleted);

        Assert.Throws<ArgumentException>(() => service.MakeSuspect("m", Page));
    }

    [Fact]
    public async Task A_renewal_of_the_current_grant_is_applied_and_one_of_an_older_grant_is_STALE()
    {
        var first = service.AddPage("m", Page).GrantId;
        service.LosePage("m", Page, Cause.TokenExpired);

        var renewed = await service.Client.Signals.RenewGrantAsync(new() { MerchantId = "m", Page = Page, GrantId = first });
        var late = await service.Client.Signals.RenewGrantAsync(new() { MerchantId = "m", Page = Page, GrantId = first });

        Assert.Equal((SignalOutcome.Types.Result.Applied, State.Connected), (renewed.Result, renewed.Connection.State));
        Assert.NotEqual(first, renewed.Connection.GrantId);
        Assert.Matches("^[0-9a-f]{16}$", renewed.Connection.GrantId);
        Assert.Equal((SignalOutcome.Types.Result.Stale, renewed.Connection.GrantId), (late.Result, late.Connection.GrantId));
    }

    [Fact]
    public async Task Reconnect_connects_a_listed_page_with_a_new_grant()
    {
        var first = service.AddPage("m", Page).GrantId;
        service.LosePage("m", Page, Cause.PermissionRevoked);
        var request = new ReconnectRequest { MerchantId = "m", Provider = Page.Provider, Page = new() { PageId = Page.PageId } };

        var reply = await service.Client.Connect.ReconnectAsync(request);
        var unknown = await Assert.ThrowsAsync<RpcException>(
            () => service.Client.Connect.ReconnectAsync(new(request) { MerchantId = "another" }).ResponseAsync);

        Assert.Equal(State.Connected, reply.Connection.State);
        Assert.NotEqual(first, reply.Connection.GrantId);
        Assert.Equal(reply.Connection, Assert.Single(reply.PageList.Connections));
        Assert.Equal(ErrorReason.ConnectionNotFound, unknown.GetConnectionStateError().Reason);
    }

    [Fact]
    public async Task A_false_alarm_is_restored_under_the_same_grant()
    {
        var grantId = service.AddPage("m", Page).GrantId;
        service.LosePage("m", Page, Cause.RoleLost);
        await using var updates = service.Watcher.WatchAsync("m").GetAsyncEnumerator();
        Assert.True(await updates.MoveNextAsync());

        var restored = service.RestorePage("m", Page);

        Assert.Equal((State.Connected, Health.Ok, grantId), (restored.State, restored.Health, restored.GrantId));
        Assert.True(await updates.MoveNextAsync());
        Assert.Equal((Trigger.Restore, State.Revoked), (updates.Current.Changes[0].Transition.Trigger, updates.Current.Changes[0].Transition.From));
    }

    [Fact]
    public async Task Errors_are_reported_through_the_client_and_answered_by_OnCall()
    {
        service.OnCall<ReportProviderErrorRequest, ReportProviderErrorResponse>(_ => new() { Strength = SignalStrength.Soft });

        var reply = await service.Reporter.ReportErrorAsync("m", Page, "0123456789abcdef", -216);

        Assert.Equal(SignalStrength.Soft, reply.Strength);
        Assert.Equal(-216, Assert.IsType<ReportProviderErrorRequest>(Assert.Single(service.Requests)).Code);
    }

    [Fact]
    public void A_success_is_dropped_while_the_server_is_down()
    {
        service.GoDown();

        service.Reporter.ReportSuccess("m", Page, null);

        Assert.Single(service.Requests);
    }
}
