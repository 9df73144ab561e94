using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;

namespace ConnectionStateService.Tests.Client;

public sealed class PageListWatcherTests : WatcherInTest
{
    [Fact]
    public async Task Each_message_becomes_an_update_with_the_whole_list()
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
    public async Task Without_a_resume_token_the_request_has_none() => Assert.False((await WatchAsync()).Request.HasResumeToken);

    [Fact]
    public async Task With_a_resume_token_the_watch_continues_after_it_and_takes_the_list_from_the_first_message()
    {
        var stream = await WatchAsync("mine");
        stream.Checkpoint(7, withList: true).Changes(8);

        Assert.Equal("mine", stream.Request.ResumeToken);
        Assert.Equal((PageListUpdateKind.Confirmed, 7, "token-7", true), Facts(await NextAsync()));
        Assert.Equal(8, (await NextAsync()).PageList!.Revision);
    }

    [Fact]
    public async Task A_lost_stream_is_reported_at_once_and_resumed_after_the_last_message()
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
    public async Task Stale_is_reported_once_however_often_reconnecting_fails()
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
    public async Task A_stream_that_ends_with_OK_is_resumed_without_an_update()
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
    public async Task A_stream_that_ends_with_OK_before_a_message_makes_the_list_stale()
    {
        (await WatchAsync()).End();

        var stale = await NextAsync();
        Assert.Equal(PageListUpdateKind.Stale, stale.Kind);
        Assert.Null(stale.Failure);
    }

    [Fact]
    public async Task A_stream_that_misses_three_checkpoints_makes_the_list_stale()
    {
        var clock = new FakeTimeProvider();
        service.Clock = clock;
        var first = await WatchAsync();
        first.Snapshot(3, interval: TimeSpan.FromSeconds(15));
        await NextAsync();

        var pending = NextAsync();
        clock.Advance(TimeSpan.FromSeconds(44));
        Assert.False(first.IsClosed);
        clock.Advance(TimeSpan.FromSeconds(1));
        var stale = await pending;
        Assert.Equal((PageListUpdateKind.Stale, StatusCode.Unavailable), (stale.Kind, stale.Failure!.StatusCode));
        Assert.Contains("00:00:45", stale.Failure.Message, StringComparison.Ordinal);
        var next = NextAsync();
        clock.Advance(service.Options.MaxWatchBackoff);
        (await service.OpenedAsync()).Snapshot(4);
        Assert.Equal(PageListUpdateKind.Snapshot, (await next).Kind);
        Assert.True(first.IsClosed);
    }

    [Fact]
    public async Task A_stream_that_sends_nothing_within_WatchOpenTimeout_makes_the_list_stale()
    {
        var clock = new FakeTimeProvider();
        service.Clock = clock;
        service.Options.WatchOpenTimeout = TimeSpan.FromSeconds(5);
        var stream = await WatchAsync();

        clock.Advance(TimeSpan.FromSeconds(4));
        Assert.False(stream.IsClosed);
        clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(PageListUpdateKind.Stale, (await NextAsync()).Kind);
    }

    [Fact]
    public async Task Cancelling_the_watch_closes_the_stream()
    {
        var stream = await WatchAsync();
        stream.Snapshot(1);
        await NextAsync();
        var next = NextAsync();

        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next);
        Assert.True(stream.IsClosed);
    }
}
