using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;
using Status = Grpc.Core.Status;
using StatusDetails = Google.Rpc.Status;

namespace ConnectionStateService.Tests.Client;

/// <summary>Which failures a watch survives, and how soon it reconnects.</summary>
public sealed class PageListWatcherRetryTests : WatcherInTest
{
    [Theory]
    [InlineData(StatusCode.InvalidArgument)]
    [InlineData(StatusCode.Unimplemented)]
    [InlineData(StatusCode.Unauthenticated)]
    [InlineData(StatusCode.PermissionDenied)]
    public async Task A_permanent_failure_of_the_first_stream_is_thrown(StatusCode status)
    {
        (await WatchAsync()).Fail(status);

        var failure = await Assert.ThrowsAsync<RpcException>(NextAsync);

        Assert.Equal(status, failure.StatusCode);
    }

    [Fact]
    public async Task A_begun_watch_survives_every_failure()
    {
        (await WatchAsync()).Snapshot(1).Fail(StatusCode.Unauthenticated);
        await NextAsync();

        Assert.Equal(StatusCode.Unauthenticated, (await NextAsync()).Failure!.StatusCode);
        var next = NextAsync();
        (await service.OpenedAsync()).Snapshot(2);
        Assert.True((await next).IsLive);
    }

    [Fact]
    public async Task A_token_of_a_newer_server_is_tried_again()
    {
        (await WatchAsync("newer")).Fail(ConnectionStateService.Rpc.RpcErrors.ToException(
            new ConnectionStateService.Watch.WatchFault.ResumeTokenInvalid(ConnectionStateService.Watch.ResumeTokenProblem.NewerVersion)));
        await NextAsync();
        var next = NextAsync();

        (await service.OpenedAsync()).Snapshot(1);

        Assert.True((await next).IsLive);
    }

    [Fact]
    public async Task When_one_watch_reaches_the_server_the_others_reconnect_soon()
    {
        service.Options.MaxWatchBackoff = service.Options.InitialWatchBackoff = TimeSpan.FromDays(1);
        var watcher = service.NewWatcher();
        await using var waiting = watcher.WatchAsync("waiting", cancellationToken: stop.Token).GetAsyncEnumerator();
        var lost = waiting.MoveNextAsync();
        (await service.OpenedAsync()).Fail(StatusCode.Unavailable);
        await lost;
        var back = waiting.MoveNextAsync().AsTask();
        service.Options.InitialWatchBackoff = TimeSpan.FromMilliseconds(1);

        await using var other = watcher.WatchAsync("other", cancellationToken: stop.Token).GetAsyncEnumerator();
        var first = other.MoveNextAsync();
        (await service.OpenedAsync()).Snapshot(1);
        await first;

        var opened = await service.OpenedAsync();
        Assert.Equal("waiting", opened.Request.MerchantId);
        opened.Snapshot(1);
        Assert.True(await back.WaitAsync(Eventually.Patience));
    }

    [Theory]
    [InlineData(StatusCode.Internal)]
    [InlineData(StatusCode.DataLoss)]
    [InlineData(StatusCode.Cancelled)]
    [InlineData(StatusCode.ResourceExhausted)]
    public async Task A_transient_failure_is_tried_again(StatusCode status)
    {
        (await WatchAsync()).Fail(status);
        await NextAsync();
        var next = NextAsync();

        (await service.OpenedAsync()).Snapshot(1);

        Assert.True((await next).IsLive);
    }

    [Fact]
    public async Task The_server_can_ask_for_a_longer_delay()
    {
        var clock = new FakeTimeProvider();
        service.Clock = clock;
        service.Options.MaxWatchBackoff = TimeSpan.FromMinutes(10);
        (await WatchAsync()).Fail(Failure(StatusCode.ResourceExhausted, retryAfter: TimeSpan.FromMinutes(10)));
        Assert.Equal(TimeSpan.FromMinutes(10), (await NextAsync()).Failure!.GetConnectionStateError().RetryDelay);
        var next = NextAsync();

        clock.Advance(new TimeSpan(0, 9, 59));
        Assert.False(service.HasOpened);

        // The requested delay, and up to 1 ms of InitialWatchBackoff.
        clock.Advance(TimeSpan.FromSeconds(2));
        (await service.OpenedAsync()).Snapshot(1, interval: TimeSpan.FromDays(1));
        Assert.True((await next).IsLive);
    }

    [Fact]
    public async Task Later_messages_of_a_live_watch_do_not_shorten_the_delay_of_another()
    {
        var clock = new FakeTimeProvider();
        service.Clock = clock;
        service.Options.MaxWatchBackoff = TimeSpan.FromMinutes(10);
        var live = await WatchAsync();
        live.Snapshot(1, interval: TimeSpan.FromDays(1));
        await NextAsync();
        await using var failing = service.Watcher.WatchAsync("failing", cancellationToken: stop.Token).GetAsyncEnumerator();
        var lost = failing.MoveNextAsync();
        (await service.OpenedAsync()).Fail(Failure(StatusCode.Unavailable, retryAfter: TimeSpan.FromMinutes(10)));
        await lost;
        var back = failing.MoveNextAsync().AsTask();

        for (var i = 0; i < 20; i++)
        {
            live.Checkpoint(1);
            await NextAsync();
            clock.Advance(TimeSpan.FromSeconds(1));
            Assert.False(service.HasOpened);
        }

        clock.Advance(TimeSpan.FromMinutes(10));
        (await service.OpenedAsync()).Snapshot(1, interval: TimeSpan.FromDays(1));
        Assert.True(await back.WaitAsync(Eventually.Patience));
    }

    private static RpcException Failure(StatusCode status, TimeSpan retryAfter)
    {
        var details = new StatusDetails { Details = { Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(retryAfter) }) } };
        return new(new Status(status, "scripted failure"), new Metadata { { "grpc-status-details-bin", details.ToByteArray() } });
    }
}
