using ConnectionStateService.Client;
using ConnectionStateService.Rpc;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Watch;
using Grpc.Core;

namespace ConnectionStateService.Tests.Client;

/// <summary>Faults that watches once had.</summary>
public sealed class PageListWatcherFaultTests : WatcherInTest
{
    [Fact]
    public async Task A_watch_that_first_meets_an_outage_reports_a_permanent_failure_afterwards()
    {
        (await WatchAsync()).Fail(StatusCode.Unavailable);
        Assert.Equal(PageListUpdateKind.Stale, (await NextAsync()).Kind);
        var next = NextAsync();
        (await service.OpenedAsync()).Fail(StatusCode.InvalidArgument);

        var failure = await Assert.ThrowsAsync<RpcException>(() => next.WaitAsync(Eventually.Patience));

        Assert.Equal(StatusCode.InvalidArgument, failure.StatusCode);
    }

    [Fact]
    public async Task A_begun_watch_drops_a_refused_resume_token_and_starts_with_a_snapshot()
    {
        (await WatchAsync()).Snapshot(3).Fail(RpcErrors.ToException(new WatchFault.ResumeTokenInvalid(ResumeTokenProblem.Malformed)));
        await NextAsync();
        Assert.Equal(PageListUpdateKind.Stale, (await NextAsync()).Kind);
        var next = NextAsync();

        var stream = await service.OpenedAsync();

        Assert.False(stream.Request.HasResumeToken);
        stream.Snapshot(9);
        Assert.Equal((PageListUpdateKind.Snapshot, 9, "token-9", true), Facts(await next));
    }

    [Fact]
    public async Task WatchAsync_can_be_enumerated_more_than_once()
    {
        var updates = service.NewWatcher().WatchAsync("m", "first", stop.Token);
        await using var one = updates.GetAsyncEnumerator();
        var first = one.MoveNextAsync().AsTask();
        (await service.OpenedAsync()).Snapshot(3);
        await first.WaitAsync(Eventually.Patience);

        await using var two = updates.GetAsyncEnumerator();
        var second = two.MoveNextAsync().AsTask();

        Assert.Equal("first", (await service.OpenedAsync()).Request.ResumeToken);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
    }
}
