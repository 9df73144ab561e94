using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Result = ConnectionStateService.V1.CommitFeedPositionsResponse.Types.Result;

namespace ConnectionStateService.Tests.Client;

/// <summary>The processor of the feed when leases, handlers and commits fail, on a scripted service.</summary>
public sealed class FeedProcessorFaultTests
{
    private readonly ScriptedFeed feed = new();

    [Fact]
    public async Task A_partition_that_begins_anew_gets_nothing_from_the_stream_before_so_it_misses_nothing()
    {
        var (epoch, added) = (1L, false);
        feed.Hold = _ => [ScriptedFeed.Lease(7, Volatile.Read(ref epoch))];
        feed.Commit = _ => Result.LeaseLost;

        // The partitions have changed, and the stream of before is still open: its next message comes.
        using var log = new HookedLog(() =>
        {
            if (Volatile.Read(ref epoch) == 2 && !Interlocked.Exchange(ref added, true))
            {
                var stream = feed.Streams[0];
                var awaited = stream.Awaited;
                feed.AddCommit(7, 2);
                SpinWait.SpinUntil(() => stream.Awaited > awaited || stream.IsClosed, TimeSpan.FromSeconds(5));
            }
        });
        var handler = new FeedRecorder();
        await using var processor = new RunningProcessor(feed.Processor(handler, loggers: log));
        feed.AddCommit(7, 1);
        await handler.UntilAsync(1);

        // What was handled under the first epoch was not committed.
        Volatile.Write(ref epoch, 2);
        await Eventually.TrueAsync(() => Task.FromResult(handler.Commits.Any(commit => commit.Revision == 2)));

        Assert.Equal([1, 1, 2], handler.Commits.Select(commit => commit.Revision));
    }

    [Fact]
    public async Task A_partition_that_was_stopped_and_is_kept_after_all_goes_on()
    {
        var (releases, committed) = (false, "start");
        feed.Hold = _ => [ScriptedFeed.Lease(7, position: Volatile.Read(ref committed), release: Volatile.Read(ref releases))];
        feed.Commit = position =>
        {
            // The store fails once, and meanwhile the other instance leaves.
            if (Interlocked.Exchange(ref releases, false))
            {
                throw new RpcException(new(StatusCode.Unavailable, "The store is down."));
            }

            Volatile.Write(ref committed, position.Position_);
            return Result.Committed;
        };
        var handler = new FeedRecorder();
        await using var processor = new RunningProcessor(feed.Processor(handler, commitInterval: TimeSpan.FromHours(1)));
        feed.AddCommit(7, 1);
        await handler.UntilAsync(1);

        Volatile.Write(ref releases, true);
        await Eventually.TrueAsync(() => Task.FromResult(!Volatile.Read(ref releases)));
        feed.AddCommit(7, 2);
        await handler.UntilAsync(2);

        Assert.Equal([1, 2], handler.Commits.Select(commit => commit.Revision));
    }

    [Fact]
    public async Task An_OnFailure_that_throws_skips_nothing()
    {
        feed.Hold = _ => [ScriptedFeed.Lease(7)];
        var handler = new FeedRecorder { Fails = (_, attempt) => attempt < 3, Skips = (_, _) => throw new InvalidOperationException("OnFailure fails.") };
        await using var processor = new RunningProcessor(feed.Processor(handler));

        feed.AddCommit(7, 1);
        await handler.UntilAsync(1);

        Assert.Equal([1, 2], handler.Failures["m-7"]);
    }

    [Fact]
    public async Task A_partition_that_cannot_go_on_ends_the_processor()
    {
        feed.Hold = _ => [ScriptedFeed.Lease(7)];
        using var log = new HookedLog(() => { }, () => throw new InvalidOperationException("The log fails."));
        var running = feed.Processor(new FeedRecorder { Fails = (_, _) => true }, loggers: log).RunAsync(default);

        feed.AddCommit(7, 1);
        var failure = await Assert.ThrowsAnyAsync<Exception>(() => running.WaitAsync(Eventually.Patience));

        Assert.Contains("The log fails.", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Leases_are_renewed_while_a_handler_does_not_return_and_its_partition_is_released_after_that()
    {
        var release = false;
        var epoch = 1L;
        feed.Hold = hold => hold.Released.Count > 0
            ? [ScriptedFeed.Lease(2)]
            : [ScriptedFeed.Lease(1, Volatile.Read(ref epoch), release: Volatile.Read(ref release)), ScriptedFeed.Lease(2)];
        var (entered, returns) = (new TaskCompletionSource(), new TaskCompletionSource());
        var handler = new FeedRecorder
        {
            Waits = async commit =>
            {
                entered.TrySetResult();
                await (commit.MerchantId == "m-1" ? returns.Task : Task.CompletedTask);
            },
        };
        await using var processor = new RunningProcessor(feed.Processor(handler));
        try
        {
            feed.AddCommit(1, 1);
            await entered.Task.WaitAsync(Eventually.Patience);

            Volatile.Write(ref release, true);
            await HeartbeatsAsync(3);
            feed.AddCommit(2, 1);
            await handler.UntilAsync(1);

            // The partition comes back under another epoch, and its handler still runs.
            Volatile.Write(ref epoch, 2);
            Volatile.Write(ref release, false);
            await HeartbeatsAsync(3);
            Volatile.Write(ref release, true);
            await HeartbeatsAsync(3);
            Assert.DoesNotContain(feed.Holds, hold => hold.Released.Count > 0);
            Assert.Equal("m-2", Assert.Single(handler.Commits).MerchantId);
        }
        finally
        {
            returns.SetResult();
        }

        await Eventually.TrueAsync(() => Task.FromResult(feed.Holds.Any(hold => hold.Released.SequenceEqual([1]))));
    }

    [Fact]
    public async Task A_partition_whose_oldest_position_is_not_known_yet_does_not_begin_later()
    {
        var asked = 0;
        feed.Hold = _ => [ScriptedFeed.Lease(7, position: "")];
        feed.Positions = () => Interlocked.Increment(ref asked) < 3 ? new() : PositionsOf(7);
        await using var processor = new RunningProcessor(feed.Processor(new FeedRecorder(), FeedProcessorStart.Oldest));

        await Eventually.TrueAsync(() => Task.FromResult(feed.Streams.Count > 0));
        Assert.Equal("oldest", feed.Streams[0].StartOf(7)!.Position);
    }

    [Theory]
    [InlineData(FeedProcessorStart.Now, "newest")]
    [InlineData(FeedProcessorStart.Oldest, "oldest")]
    public async Task A_partition_without_a_position_begins_where_it_has_committed_that_it_begins(FeedProcessorStart start, string position)
    {
        feed.Hold = _ => [ScriptedFeed.Lease(7, position: "")];
        feed.Positions = () => PositionsOf(7);
        var failures = 0;
        feed.Commit = _ => Interlocked.Increment(ref failures) < 3 ? throw new RpcException(new(StatusCode.Unavailable, "The store is down.")) : Result.Committed;
        await using var processor = new RunningProcessor(feed.Processor(new FeedRecorder(), start, commitInterval: TimeSpan.FromHours(1)));

        await Eventually.TrueAsync(() => Task.FromResult(feed.Streams.Count > 0));

        // No stream began before the position was kept.
        Assert.Equal(position, feed.Streams[0].StartOf(7)!.Position);
        Assert.Equal(3, Volatile.Read(ref failures));
        Assert.All(feed.Commits, commit => Assert.Equal((7, position, false), (commit.Positions.Single().Partition, commit.Positions.Single().Position_, commit.Rewind)));
    }

    [Fact]
    public async Task A_partition_whose_lease_was_lost_before_it_has_begun_does_not_begin()
    {
        feed.Hold = _ => [ScriptedFeed.Lease(7, position: "")];
        feed.Positions = () => PositionsOf(7);
        feed.Commit = _ => Result.LeaseLost;
        await using var processor = new RunningProcessor(feed.Processor(new FeedRecorder(), commitInterval: TimeSpan.FromHours(1)));

        await Eventually.TrueAsync(() => Task.FromResult(feed.Commits.Count >= 3));

        Assert.Empty(feed.Streams);
    }

    [Fact]
    public async Task A_reset_drops_what_was_handled_before_it_and_what_comes_after_it_rewinds()
    {
        feed.Hold = _ => [ScriptedFeed.Lease(7), ScriptedFeed.Lease(8)];
        var (committing, commits) = (new TaskCompletionSource(), new TaskCompletionSource());
        feed.Commit = position =>
        {
            // The reset is handled while an earlier position is being committed.
            committing.TrySetResult();
            Assert.True(commits.Task.Wait(Eventually.Patience));
            return Result.Committed;
        };
        var handler = new FeedRecorder();
        await using var processor = new RunningProcessor(feed.Processor(handler));

        feed.AddCommit(7, 1);
        await committing.Task.WaitAsync(Eventually.Patience);
        feed.AddCommit(7, 2);
        feed.Add(7, new() { Reset = new() { Reason = WatchFeedResponse.Types.Reset.Types.Reason.Replaced } });
        await Eventually.TrueAsync(() => Task.FromResult(handler.Resets.Count == 1));
        commits.SetResult();

        // Two rounds of commits pass before the snapshot ends.
        feed.AddCommit(8, 101);
        await CommittedAsync("p-101");
        feed.AddCommit(8, 102);
        await CommittedAsync("p-102");
        feed.Add(7, new() { Position = "p-0", Snapshot = new() { Last = true } });
        await CommittedAsync("p-0");
        feed.AddCommit(7, 3);
        await CommittedAsync("p-3");

        Assert.Equal(
            [("p-1", false), ("p-0", true), ("p-3", false)],
            feed.Commits.SelectMany(commit => commit.Positions.Where(position => position.Partition == 7).Select(position => (position.Position_, commit.Rewind))));
    }

    [Fact]
    public async Task A_position_that_is_behind_is_not_committed()
    {
        feed.Hold = _ => [ScriptedFeed.Lease(7)];
        feed.Commit = _ => Result.Behind;
        await using var processor = new RunningProcessor(feed.Processor(new FeedRecorder()));

        feed.AddCommit(7, 1);

        await Eventually.TrueAsync(() => Task.FromResult(feed.Commits.Count >= 2));
    }

    [Fact]
    public async Task A_commit_that_fails_holds_up_its_partition_alone_however_many_follow_it()
    {
        const int Count = 100;
        feed.Hold = _ => [ScriptedFeed.Lease(1), ScriptedFeed.Lease(2)];
        var fails = true;
        var handler = new FeedRecorder { Fails = (commit, _) => commit.MerchantId == "m-1" && Volatile.Read(ref fails) };
        await using var processor = new RunningProcessor(feed.Processor(handler));

        for (var revision = 1; revision <= Count; revision++)
        {
            feed.AddCommit(1, revision);
        }

        feed.AddCommit(2, 1);
        await handler.UntilAsync(1);
        Assert.Equal("m-2", Assert.Single(handler.Commits).MerchantId);

        // It goes on after the last commit that was received.
        Volatile.Write(ref fails, false);
        await handler.UntilAsync(Count + 1);
        Assert.Equal(
            Enumerable.Range(1, Count).Select(revision => (long)revision),
            handler.Commits.Where(commit => commit.MerchantId == "m-1").Select(commit => commit.Revision));
    }

    [Fact]
    public void Each_instance_has_a_name_of_its_own_that_the_service_accepts()
    {
        var (one, two) = (new FeedProcessorOptions().Instance, new FeedProcessorOptions().Instance);

        Assert.NotEqual(one, two);
        Assert.Matches("^[A-Za-z0-9._:-]{1,64}$", one);
        Assert.Contains($"-{Environment.ProcessId}-", one, StringComparison.Ordinal);
    }

    private static GetFeedPositionsResponse PositionsOf(int partition) =>
        new() { Partitions = { new GetFeedPositionsResponse.Types.Partition { Partition_ = partition, Oldest = "oldest", Newest = "newest" } } };

    private Task CommittedAsync(string position) => Eventually.TrueAsync(
        () => Task.FromResult(feed.Commits.Any(commit => commit.Positions.Any(committed => committed.Position_ == position))));

    private async Task HeartbeatsAsync(int count)
    {
        var before = feed.Holds.Count;
        await Eventually.TrueAsync(() => Task.FromResult(feed.Holds.Count >= before + count));
    }

    /// <summary>Calls back when the processor logs that its partitions have changed, or that a handler has failed.</summary>
    private sealed class HookedLog(Action partitionsChanged, Action? handlerFailed = null) : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => categoryName == typeof(FeedProcessor).FullName ? this : NullLogger.Instance;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            switch (eventId.Name)
            {
                case "FeedPartitionsChanged":
                    partitionsChanged();
                    break;
                case "FeedHandlerFailed":
                    handlerFailed?.Invoke();
                    break;
            }
        }

        public void Dispose()
        {
            // Nothing to dispose.
        }
    }
}
