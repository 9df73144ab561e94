using ConnectionState.Client;
using ConnectionState.Tests.Support;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using Grpc.Core;
using Status = Grpc.Core.Status;
using StatusDetails = Google.Rpc.Status;

namespace ConnectionState.Tests.Client;

public sealed class PageListWatcherTests : IAsyncDisposable
{
    private readonly ScriptedStreams service = new();
    private readonly CancellationTokenSource stop = new();
    private IAsyncEnumerator<PageListUpdate>? updates;

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        stop.Dispose();
        try
        {
            await (updates?.DisposeAsync() ?? default);
        }
        catch (NotSupportedException)
        {
            // The test left it in the middle of a wait.
        }
    }

    [Fact]
    public async Task Every_message_is_an_update_with_all_there_is_to_show()
    {
        var stream = await WatchAsync();
        stream.Snapshot(3).Changes(4).Checkpoint(4);

        Assert.Equal((PageListUpdateKind.Snapshot, 3, "token-3", true), Facts(await NextAsync()));
        var changed = await NextAsync();
        Assert.Equal((PageListUpdateKind.Changes, 4, "token-4", true), Facts(changed));
        Assert.Equal(4, Assert.Single(changed.Changes).Revision);
        var confirmed = await NextAsync();
        Assert.Equal((PageListUpdateKind.Confirmed, 4, "token-4", true), Facts(confirmed));
        Assert.Empty(confirmed.Changes);
    }

    [Fact]
    public async Task Without_a_token_the_watch_begins_with_the_present() => Assert.False((await WatchAsync()).Request.HasResumeToken);

    [Fact]
    public async Task With_a_token_the_watch_goes_on_after_it_and_knows_the_list_from_the_first_message()
    {
        var stream = await WatchAsync("mine");
        stream.Checkpoint(7, withList: true).Changes(8);

        Assert.Equal("mine", stream.Request.ResumeToken);
        Assert.Equal((PageListUpdateKind.Confirmed, 7, "token-7", true), Facts(await NextAsync()));
        Assert.Equal(8, (await NextAsync()).PageList!.Revision);
    }

    [Fact]
    public async Task A_lost_stream_is_told_at_once_and_opened_again_after_the_last_message()
    {
        (await WatchAsync()).Snapshot(3).Changes(4).Fail(StatusCode.Unavailable);
        await NextAsync();
        await NextAsync();

        var stale = await NextAsync();
        Assert.Equal((PageListUpdateKind.Stale, 4, "token-4", false), Facts(stale));
        Assert.Equal(StatusCode.Unavailable, stale.Failure!.StatusCode);
        var resuming = NextAsync();
        var second = await service.OpenedAsync();
        Assert.Equal("token-4", second.Request.ResumeToken);
        second.Checkpoint(4);
        Assert.Equal((PageListUpdateKind.Confirmed, 4, "token-4", true), Facts(await resuming));
    }

    [Fact]
    public async Task Being_stale_is_told_once_however_often_opening_fails()
    {
        var first = NextAsync();
        for (var i = 0; i < 5; i++)
        {
            (await service.OpenedAsync()).Fail(StatusCode.Unavailable);
            if (i == 0)
            {
                var stale = await first;
                Assert.Null(stale.PageList);
                Assert.Null(stale.ResumeToken);
                first = NextAsync();
            }
        }

        (await service.OpenedAsync()).Snapshot(1);
        Assert.Equal(PageListUpdateKind.Snapshot, (await first).Kind);
    }

    [Fact]
    public async Task A_stream_that_ends_well_is_followed_by_the_next_and_nobody_is_told()
    {
        var first = await WatchAsync();
        first.Snapshot(3);
        await NextAsync();
        first.End();

        var next = NextAsync();
        (await service.OpenedAsync()).Changes(4);
        Assert.Equal(PageListUpdateKind.Changes, (await next).Kind);
        await Eventually.TrueAsync(() => Task.FromResult(first.IsClosed));
    }

    [Fact]
    public async Task A_stream_that_ends_well_without_a_word_is_a_loss()
    {
        (await WatchAsync()).End();

        var stale = await NextAsync();
        Assert.Equal(PageListUpdateKind.Stale, stale.Kind);
        Assert.Null(stale.Failure);
    }

    [Fact]
    public async Task A_stream_on_which_three_checkpoints_are_missing_is_a_loss_and_its_channel_is_given_up()
    {
        var first = await WatchAsync();
        first.Snapshot(3, interval: TimeSpan.FromMilliseconds(20));
        await NextAsync();

        var stale = await NextAsync();
        Assert.Equal((PageListUpdateKind.Stale, StatusCode.Unavailable), (stale.Kind, stale.Failure!.StatusCode));
        Assert.Contains("00:00:00.06", stale.Failure.Message, StringComparison.Ordinal);
        var next = NextAsync();
        (await service.OpenedAsync()).Snapshot(4);
        Assert.Equal(PageListUpdateKind.Snapshot, (await next).Kind);
        Assert.Equal(2, service.Channels);
        Assert.True(first.IsClosed);
    }

    [Fact]
    public async Task A_stream_that_says_nothing_at_all_is_a_loss()
    {
        service.Options.WatchOpenTimeout = TimeSpan.FromMilliseconds(20);

        Assert.Equal(PageListUpdateKind.Stale, (await NextAsync()).Kind);
    }

    [Fact]
    public async Task A_lost_stream_leaves_the_channel_to_the_others()
    {
        (await WatchAsync()).Fail(StatusCode.Unavailable);
        await NextAsync();
        _ = NextAsync();

        await service.OpenedAsync();

        Assert.Equal(1, service.Channels);
    }

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
        (await WatchAsync("newer")).Fail(ConnectionState.Rpc.RpcErrors.ToException(
            new ConnectionState.Core.Fault.ResumeTokenInvalid(ConnectionState.Core.TokenProblem.NewerVersion)));
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

    [Fact]
    public async Task The_caller_ends_the_watch_and_the_stream_with_it()
    {
        var stream = await WatchAsync();
        stream.Snapshot(1);
        await NextAsync();
        var next = NextAsync();

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
        Assert.True(stream.IsClosed);
    }

    private static (PageListUpdateKind, long, string, bool) Facts(PageListUpdate update) =>
        (update.Kind, update.PageList?.Revision ?? -1, update.ResumeToken ?? "", update.IsLive);

    private static RpcException Full(TimeSpan retryAfter)
    {
        var details = new StatusDetails { Details = { Any.Pack(new RetryInfo { RetryDelay = Duration.FromTimeSpan(retryAfter) }) } };
        return new(new Status(StatusCode.ResourceExhausted, "full"), new Metadata { { "grpc-status-details-bin", details.ToByteArray() } });
    }

    // The stream is opened when the first update is asked for; that first question is answered by the first NextAsync.
    private Task<PageListUpdate>? asked;

    private async Task<ScriptedStream> WatchAsync(string? resumeToken = null)
    {
        updates = service.NewWatcher().WatchAsync("m", resumeToken, stop.Token).GetAsyncEnumerator();
        asked = MoveAsync();
        return await service.OpenedAsync();
    }

    private async Task<PageListUpdate> NextAsync()
    {
        updates ??= service.NewWatcher().WatchAsync("m", cancellationToken: stop.Token).GetAsyncEnumerator();
        var next = asked ?? MoveAsync();
        asked = null;
        return await next.WaitAsync(Eventually.Patience);
    }

    private async Task<PageListUpdate> MoveAsync()
    {
        Assert.True(await updates!.MoveNextAsync());
        return updates.Current;
    }
}
