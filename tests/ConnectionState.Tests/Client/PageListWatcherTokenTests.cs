using ConnectionStateService.Client;
using ConnectionStateService.Client.Testing;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;

namespace ConnectionStateService.Tests.Client;

/// <summary>How a watch goes on over renewals of its token.</summary>
public sealed class PageListWatcherTokenTests : WatcherInTest
{
    private readonly FakeTimeProvider clock = new();
    private TimeSpan lifetime = TimeSpan.FromSeconds(5);
    private Exception? outage;
    private int fetches;

    public PageListWatcherTokenTests()
    {
        service.Clock = clock;
        service.Options.WatchOpenTimeout = TimeSpan.FromMinutes(5);
        service.Options.TokenSource = _ => outage is null
            ? new(new AccessToken($"token-{++fetches}", clock.GetUtcNow() + lifetime))
            : ValueTask.FromException<AccessToken>(outage);
    }

    [Fact]
    public async Task Before_its_token_expires_a_watch_goes_on_with_the_next_token_and_stays_live()
    {
        var first = await WatchAsync();
        first.Snapshot(3);
        await NextAsync();
        Assert.Equal("Bearer token-1", first.Authorization);
        lifetime = TimeSpan.FromHours(1);
        var next = NextAsync();

        clock.Advance(TimeSpan.FromSeconds(4) - TimeSpan.FromTicks(1));
        Assert.Equal((1, false), (fetches, first.IsClosed));
        clock.Advance(TimeSpan.FromTicks(1));
        await AdvanceUntilAsync(() => service.HasOpened);

        var second = await service.OpenedAsync();
        Assert.Equal(("Bearer token-2", "token-3", true), (second.Authorization, second.Request.ResumeToken, first.IsClosed));
        Assert.True(clock.GetUtcNow() - clock.Start < TimeSpan.FromSeconds(5), "The watch used its token to the end.");
        second.Changes(4);

        // The next update is a change: nothing was reported as stale in between.
        Assert.Equal((PageListUpdateKind.Changes, 4, "token-4", true), Facts(await next));
    }

    [Fact]
    public async Task Without_a_next_token_the_list_is_stale_at_the_expiry_and_live_again_only_with_a_new_token()
    {
        var first = await WatchAsync();
        first.Snapshot(3);
        await NextAsync();
        outage = new HttpRequestException("Connection refused");
        var next = NextAsync();

        await AdvanceUntilAsync(() => clock.GetUtcNow() - clock.Start > TimeSpan.FromSeconds(4.8));
        Assert.Equal((false, false), (next.IsCompleted, first.IsClosed));
        await AdvanceUntilAsync(() => next.IsCompleted);

        var stale = await next;
        Assert.Equal((PageListUpdateKind.Stale, 3, "token-3", false), Facts(stale));
        Assert.Equal(
            "No access token: the token has expired, and ConnectionStateClientOptions.TokenSource failed with HttpRequestException: "
            + "Connection refused. The call was not sent.",
            stale.Failure!.Status.Detail);
        next = NextAsync();
        await AdvanceUntilAsync(() => clock.GetUtcNow() - clock.Start > TimeSpan.FromSeconds(10));
        Assert.Equal((false, false, true), (next.IsCompleted, service.HasOpened, first.IsClosed));

        (outage, lifetime) = (null, TimeSpan.FromHours(1));
        await AdvanceUntilAsync(() => service.HasOpened);
        var second = await service.OpenedAsync();
        Assert.Equal(("Bearer token-2", "token-3"), (second.Authorization, second.Request.ResumeToken));
        second.Checkpoint(3);
        Assert.Equal((PageListUpdateKind.Confirmed, 3, "token-3", true), Facts(await next));
    }

    [Theory]
    [InlineData(ErrorReason.TokenExpired)]
    [InlineData(ErrorReason.TokenRevoked)]
    public async Task A_stream_that_the_server_ends_with_its_token_is_stale_and_resumed_with_another_token(ErrorReason reason)
    {
        lifetime = TimeSpan.FromHours(1);
        (await WatchAsync()).Snapshot(3).Fail(Refusal(reason));
        await NextAsync();

        var stale = await NextAsync();
        Assert.Equal((PageListUpdateKind.Stale, 3, "token-3", false), Facts(stale));
        Assert.Equal(reason, stale.Failure!.GetConnectionStateError().Reason);
        var next = NextAsync();
        await AdvanceUntilAsync(() => service.HasOpened);

        var second = await service.OpenedAsync();
        Assert.Equal(("Bearer token-2", "token-3"), (second.Authorization, second.Request.ResumeToken));
        second.Checkpoint(3);
        Assert.True((await next).IsLive);
    }

    [Fact]
    public async Task A_new_watch_whose_token_is_refused_opens_another_stream_with_another_token_and_reports_nothing()
    {
        lifetime = TimeSpan.FromHours(1);
        (await WatchAsync()).Fail(Refusal(ErrorReason.TokenExpired));

        var second = await service.OpenedAsync();
        Assert.Equal("Bearer token-2", second.Authorization);
        second.Snapshot(1);

        Assert.Equal((PageListUpdateKind.Snapshot, 1, "token-1", true), Facts(await NextAsync()));
    }

    [Fact]
    public async Task A_new_watch_whose_next_token_is_refused_too_fails()
    {
        lifetime = TimeSpan.FromHours(1);
        (await WatchAsync()).Fail(Refusal(ErrorReason.TokenExpired));
        (await service.OpenedAsync()).Fail(Refusal(ErrorReason.TokenInvalid));

        var failure = await Assert.ThrowsAsync<RpcException>(NextAsync);

        Assert.Equal(ErrorReason.TokenInvalid, failure.GetConnectionStateError().Reason);
    }

    [Fact]
    public async Task A_new_watch_waits_for_a_source_that_fails()
    {
        (outage, lifetime) = (new HttpRequestException("Connection refused"), TimeSpan.FromHours(1));

        var stale = await NextAsync();
        Assert.Equal((PageListUpdateKind.Stale, -1, "", false), Facts(stale));
        var next = NextAsync();
        outage = null;
        await AdvanceUntilAsync(() => service.HasOpened);

        (await service.OpenedAsync()).Snapshot(1);
        Assert.True((await next).IsLive);
    }

    [Fact]
    public async Task The_server_is_not_reached_while_the_source_hangs_and_the_list_is_stale()
    {
        lifetime = TimeSpan.FromHours(1);
        service.Options.WatchOpenTimeout = TimeSpan.FromSeconds(2);
        var source = service.Options.TokenSource!;
        var hangs = false;
        service.Options.TokenSource = cancellationToken => hangs ? new(new TaskCompletionSource<AccessToken>().Task) : source(cancellationToken);
        (await WatchAsync()).Snapshot(3).Fail(Refusal(ErrorReason.TokenExpired));
        await NextAsync();
        hangs = true;

        Assert.Equal(PageListUpdateKind.Stale, (await NextAsync()).Kind);
        var next = NextAsync();
        await AdvanceUntilAsync(() => clock.GetUtcNow() - clock.Start > TimeSpan.FromSeconds(30), TimeSpan.FromMilliseconds(250));
        Assert.Equal((false, false), (next.IsCompleted, service.HasOpened));

        hangs = false;
        await AdvanceUntilAsync(() => service.HasOpened);
        (await service.OpenedAsync()).Checkpoint(3);
        Assert.True((await next).IsLive);
    }

    [Fact]
    public async Task A_source_that_hangs_leaves_the_list_stale_at_the_expiry_and_not_only_when_it_is_given_up()
    {
        var source = service.Options.TokenSource!;
        var hangs = false;
        service.Options.TokenSource = cancellationToken => hangs ? new(new TaskCompletionSource<AccessToken>().Task) : source(cancellationToken);
        (await WatchAsync()).Snapshot(3);
        await NextAsync();
        hangs = true;
        var next = NextAsync();

        await AdvanceUntilAsync(() => next.IsCompleted);

        var stale = await next;
        Assert.Equal((PageListUpdateKind.Stale, 3, "token-3", false), Facts(stale));
        Assert.InRange(clock.GetUtcNow() - clock.Start, lifetime, lifetime + TimeSpan.FromSeconds(2));
        Assert.Contains("the token has expired, and the token source has not returned the next one yet", stale.Failure!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watch_without_a_token_that_the_server_wants_fails_and_says_what_to_set()
    {
        service.Options.TokenSource = null;
        (await WatchAsync()).Fail(FakeErrors.Create(ErrorReason.TokenMissing, StatusCode.Unauthenticated, "The call has no token."));

        var failure = await Assert.ThrowsAsync<RpcException>(NextAsync);

        Assert.Equal(
            "The call has no token. This client sends no token: set ConnectionStateClientOptions.ApiKey or TokenSource.", failure.Status.Detail);
    }

    private static RpcException Refusal(ErrorReason reason) => FakeErrors.Create(reason, StatusCode.Unauthenticated);

    // Small steps, so that a timer that another thread starts between two of them is late by one step only.
    private Task AdvanceUntilAsync(Func<bool> condition, TimeSpan? step = null) => Eventually.TrueAsync(() =>
    {
        if (!condition())
        {
            clock.Advance(step ?? TimeSpan.FromMilliseconds(50));
        }

        return Task.FromResult(condition());
    });
}
