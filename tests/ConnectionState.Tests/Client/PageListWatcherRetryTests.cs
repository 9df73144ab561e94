using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Status = Grpc.Core.Status;
using StatusDetails = Google.Rpc.Status;

namespace ConnectionStateService.Tests.Client;

/// <summary>Which failures a watch gets over, and how soon.</summary>
public sealed class PageListWatcherRetryTests : WatcherInTest
{
    [Theory]
    [InlineData(StatusCode.InvalidArgument)]
    [InlineData(StatusCode.Unimplemented)]
    [InlineData(StatusCode.Unauthenticated)]
    [InlineData(StatusCode.PermissionDenied)]
    public async Task What_can_never_succeed_is_thrown(StatusCode status)
    {
        (await WatchAsync()).Fail(status);

        var failure = await Assert.ThrowsAsync<ConnectionStateException>(NextAsync);

        Assert.Equal(status, failure.StatusCode);
    }

    [Fact]
    public async Task A_watch_that_has_begun_does_not_fail_any_more()
    {
        (await WatchAsync()).Snapshot(1).Fail(StatusCode.Unauthenticated);
        await NextAsync();

        Assert.Equal(StatusCode.Unauthenticated, (await NextAsync()).Failure!.StatusCode);
        var next = NextAsync();
        (await service.OpenedAsync()).Snapshot(2);
        Assert.True((await next).IsLive);
    }

    [Fact]
    public async Task A_token_that_only_a_newer_process_understands_is_tried_again()
    {
        (await WatchAsync("newer")).Fail(ConnectionStateService.Rpc.RpcErrors.ToException(
            new ConnectionStateService.Watch.WatchFault.ResumeTokenInvalid(ConnectionStateService.Watch.ResumeTokenProblem.NewerVersion)));
        await NextAsync();
        var next = NextAsync();

        (await service.OpenedAsync()).Snapshot(1);

        Assert.True((await next).IsLive);
    }

    [Fact]
    public async Task When_one_watch_reaches_the_service_the_others_need_not_wait_as_long()
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
    public async Task What_may_pass_is_tried_again(StatusCode status)
    {
        (await WatchAsync()).Fail(status);
        await NextAsync();
        var next = NextAsync();

        (await service.OpenedAsync()).Snapshot(1);

        Assert.True((await next).IsLive);
    }

    [Fact]
    public async Task The_service_may_ask_for_a_longer_wait()
    {
        service.Options.MaxWatchBackoff = TimeSpan.FromMinutes(10);
        (await WatchAsync()).Fail(Full(TimeSpan.FromMinutes(10)));

        Assert.Equal(TimeSpan.FromMinutes(10), (await NextAsync()).Failure!.RetryAfter);
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
