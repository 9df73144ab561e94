using ConnectionStateService.Tests.Support;
using ConnectionStateService.Watch;
using static ConnectionStateService.Tests.Watch.SampleHistory;

namespace ConnectionStateService.Tests.Watch;

/// <summary>Reading a stream: waiting, canceling, failing, closing, and doing all that concurrently.</summary>
public sealed class WatchStreamTests
{
    private const int LastRevision = 20_000;

    [Fact]
    public async Task A_waiting_read_returns_the_event_that_is_enqueued()
    {
        using var stream = TestStreams.New();
        var reading = stream.NextAsync();
        Assert.False(reading.IsCompleted);

        stream.Enqueue(Changes(4, 4));

        Assert.Equal("changes 4-4", await reading);
    }

    [Fact]
    public async Task Ends_well_A_waiting_read_throws_the_failure()
    {
        using var stream = TestStreams.New();
        var reading = stream.NextAsync();

        stream.Fail(new InvalidOperationException("the failure"));

        Assert.Equal("the failure", (await Assert.ThrowsAsync<InvalidOperationException>(() => reading)).Message);
    }

    [Fact]
    public async Task Ends_well_Pending_events_are_read_before_the_failure()
    {
        using var stream = TestStreams.WithPending(Snapshot(3, SnapshotReason.Initial), Changes(4, 4));
        stream.Fail(new InvalidOperationException("the failure"));

        Assert.Equal("Initial 3", await stream.NextAsync());
        Assert.Equal("changes 4-4", await stream.NextAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(stream.NextAsync);
    }

    [Fact]
    public async Task Ends_well_Events_after_a_failure_are_ignored()
    {
        using var stream = TestStreams.New();
        stream.Fail(new InvalidOperationException("the failure"));
        stream.Enqueue(Changes(4, 4));

        await Assert.ThrowsAsync<InvalidOperationException>(stream.NextAsync);
    }

    [Fact]
    public async Task Ends_well_The_first_failure_wins()
    {
        using var stream = TestStreams.New();
        stream.Fail(new InvalidOperationException("the first"));
        stream.Fail(new InvalidOperationException("the second"));

        Assert.Equal("the first", (await Assert.ThrowsAsync<InvalidOperationException>(stream.NextAsync)).Message);
    }

    [Fact]
    public async Task Reliable_A_canceled_read_loses_no_event()
    {
        using var stream = TestStreams.New();
        using var cancellation = new CancellationTokenSource();
        var reading = stream.ReadAsync(cancellation.Token).AsTask();

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);
        stream.Enqueue(Changes(4, 4));

        Assert.Equal("changes 4-4", await stream.NextAsync());
    }

    [Fact]
    public async Task Reliable_A_read_that_is_canceled_from_the_start_loses_no_event()
    {
        using var stream = TestStreams.WithPending(Changes(4, 4));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stream.ReadAsync(new CancellationToken(canceled: true)).AsTask());

        Assert.Equal("changes 4-4", await stream.NextAsync());
    }

    [Fact]
    public void A_stream_starts_with_its_first_event_and_remembers_when_the_last_one_was_enqueued()
    {
        using var stream = TestStreams.New();
        Assert.False(stream.HasStarted);

        stream.Enqueue(Checkpoint(3), timestamp: 17);
        Assert.Equal((true, 17L), (stream.HasStarted, stream.LastEventAt));

        stream.Enqueue(Changes(4, 4), timestamp: 18);
        Assert.Equal((true, 18L), (stream.HasStarted, stream.LastEventAt));
    }

    [Fact]
    public void A_stream_that_fails_before_its_first_event_has_not_started()
    {
        using var stream = TestStreams.New();

        stream.Fail(new InvalidOperationException("the failure"));

        Assert.False(stream.HasStarted);
    }

    [Fact]
    public void Disposing_a_stream_runs_the_close_action_once()
    {
        var closed = 0;
        var stream = TestStreams.New();
        stream.OnClosed(() => closed++);

        stream.Dispose();
        stream.Dispose();

        Assert.Equal(1, closed);
    }

    [Theory]
    [InlineData(int.MaxValue)]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(64)]
    public async Task Reliable_Concurrent_reads_and_writes_keep_every_commit_or_a_newer_snapshot(int bufferedChanges)
    {
        foreach (var seed in Seeds.Of(LongRun.Of(all: 50, usual: 1)))
        {
            using var stream = TestStreams.New(bufferedChanges);
            var writing = Task.Run(() => WriteAsync(stream, new Random(seed)));
            var events = await Task.Run(() => ReadAsync(stream, new Random(~seed)));
            await writing;

            var failure = Record.Exception(() => TestStreams.AssertComplete(
                events, from: 0, to: LastRevision, mayFallBehind: bufferedChanges < int.MaxValue));
            Assert.True(failure is null, $"{Seeds.Variable}={seed}: {failure?.Message}");
        }
    }

    private static async Task WriteAsync(WatchStream stream, Random random)
    {
        var at = 0;
        while (at < LastRevision)
        {
            var next = Math.Min(LastRevision, at + random.Next(1, 4));
            stream.Enqueue(Changes(at + 1, next));
            at = next;
            if (random.Next(4) == 0)
            {
                stream.Enqueue(Checkpoint(at));
            }

            if (random.Next(8) == 0)
            {
                await Task.Yield();
            }
        }
    }

    // Cancels a quarter of its reads.
    private static async Task<List<WatchEvent>> ReadAsync(WatchStream stream, Random random)
    {
        var events = new List<WatchEvent>();
        while (events.Count == 0 || events[^1].Position.Revision < LastRevision)
        {
            using var cancellation = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            var next = stream.ReadAsync(cancellation.Token);
            var isCanceled = random.Next(4) == 0;
            if (isCanceled)
            {
                await cancellation.CancelAsync();
            }

            try
            {
                events.Add(await next);
            }
            catch (OperationCanceledException) when (isCanceled)
            {
                await Task.Yield();
            }
        }

        return events;
    }
}
