using ConnectionStateService.Watch;

namespace ConnectionStateService.Tests.Watch.Hub;

/// <summary>Who waits at a stream is woken, and gives up without harm.</summary>
public sealed class StreamWaitingTests
{
    [Fact]
    public async Task Who_waits_is_woken_by_what_is_put_in()
    {
        using var stream = TestStreams.New();
        var waiting = stream.TakeAsync();
        Assert.False(waiting.IsCompleted);

        stream.Tell(SampleHistory.Changes(4, 4));

        Assert.Equal("changes 4-4", await waiting);
    }

    [Fact]
    public async Task Who_waits_is_woken_by_a_failure()
    {
        using var stream = TestStreams.New();
        var waiting = stream.TakeAsync();

        stream.Fail(new InvalidOperationException("the failure"));

        Assert.Equal("the failure", (await Assert.ThrowsAsync<InvalidOperationException>(() => waiting)).Message);
    }

    [Fact]
    public async Task A_failure_comes_after_what_waits()
    {
        using var stream = TestStreams.With(SampleHistory.Snapshot(3, SnapshotReason.Initial), SampleHistory.Changes(4, 4));
        stream.Fail(new InvalidOperationException("the failure"));

        Assert.Equal("Initial 3", await stream.TakeAsync());
        Assert.Equal("changes 4-4", await stream.TakeAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(stream.TakeAsync);
    }

    [Fact]
    public async Task The_first_failure_is_the_one_that_is_told()
    {
        using var stream = TestStreams.New();
        stream.Fail(new InvalidOperationException("the first"));
        stream.Fail(new InvalidOperationException("the second"));

        Assert.Equal("the first", (await Assert.ThrowsAsync<InvalidOperationException>(stream.TakeAsync)).Message);
    }

    [Fact]
    public async Task A_wait_that_is_given_up_ends_at_once_and_takes_nothing_away()
    {
        using var stream = TestStreams.New();
        using var giveUp = new CancellationTokenSource();
        var waiting = stream.ReadAsync(giveUp.Token).AsTask();

        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        stream.Tell(SampleHistory.Changes(4, 4));

        Assert.Equal("changes 4-4", await stream.TakeAsync());
    }

    [Fact]
    public async Task Who_gave_up_before_asking_takes_nothing_away()
    {
        using var stream = TestStreams.With(SampleHistory.Changes(4, 4));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream.ReadAsync(new CancellationToken(canceled: true)).AsTask());

        Assert.Equal("changes 4-4", await stream.TakeAsync());
    }

    [Fact]
    public async Task A_stream_has_joined_when_it_was_told_something_and_remembers_when_that_was()
    {
        using var stream = TestStreams.New();
        Assert.False(stream.HasStarted);

        stream.Enqueue(SampleHistory.Checkpoint(3), timestamp: 17);
        Assert.Equal((true, 17L), (stream.HasStarted, stream.LastEventAt));

        stream.Enqueue(SampleHistory.Changes(4, 4), timestamp: 18);
        Assert.Equal((true, 18L), (stream.HasStarted, stream.LastEventAt));
        Assert.Equal("changes 4-4", await stream.TakeAsync());
    }

    [Fact]
    public void A_stream_that_failed_before_it_was_told_anything_has_not_joined()
    {
        using var stream = TestStreams.New();

        stream.Fail(new InvalidOperationException("the failure"));

        Assert.False(stream.HasStarted);
    }

    [Fact]
    public void Leaving_does_what_was_asked_for()
    {
        var left = 0;
        var stream = TestStreams.New();
        stream.OnClosed(() => left++);

        stream.Dispose();

        Assert.Equal(1, left);
    }
}
