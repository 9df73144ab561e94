using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
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
        service.Options.MaxWatchBackoff = service.Options.InitialWatchBackoff = TimeSpan.FromMinutes(1);
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
        service.Options.MaxWatchBackoff = TimeSpan.FromMinutes(10);
        (await WatchAsync()).Fail(Full(TimeSpan.FromMinutes(10)));

        Assert.Equal(TimeSpan.FromMinutes(10), (await NextAsync()).Failure!.GetConnectionStateError().RetryDelay);
        var next = NextAsync();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
        await Assert.ThrowsAnyAsync<Exception>(async () => await service.OpenedAsync().WaitAsync(TimeSpan.Zero));
    }

    private static RpcException Full(TimeSpan retryAfter)
    {
        var details = new StatusDetails { Details = { Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(retryAfter) }) } };
        return new(new Status(StatusCode.ResourceExhausted, "full"), new Metadata { { "grpc-status-details-bin", details.ToByteArray() } });
    }
}
