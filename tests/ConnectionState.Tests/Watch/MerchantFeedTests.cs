using ConnectionStateService.Store;
using ConnectionStateService.Watch;
using static ConnectionStateService.Tests.Watch.SampleHistory;

namespace ConnectionStateService.Tests.Watch;

/// <summary>One feed reads a merchant's history for all its streams, while commits are made and streams come and go.</summary>
public sealed class MerchantFeedTests : IAsyncLifetime
{
    private const string Read = nameof(IConnectionStore.ReadAsync);
    private const string ReadCommits = nameof(IConnectionStore.ReadCommitsAsync);
    private TestHub hub = null!;

    // No stream reaches this bound.
    public async Task InitializeAsync() => hub = await TestHub.StartAsync(new WatchOptions { BufferedChanges = 1_000 });

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Fact]
    public async Task Reliable_A_stream_gets_each_commit_with_its_position_and_id()
    {
        using var stream = await hub.StartStreamAsync();

        for (var revision = 1; revision <= 5; revision++)
        {
            var position = await hub.CommitAsync();
            var changes = Assert.IsType<WatchEvent.Changes>(await stream.NextEventAsync());
            Assert.Equal((position, position.CommitId), (changes.Position, Assert.Single(changes.Commits).Id));
        }
    }

    [Fact]
    public async Task One_read_serves_all_streams_of_a_merchant()
    {
        var streams = new List<WatchStream>();
        for (var i = 0; i < 10; i++)
        {
            streams.Add(await hub.StartStreamAsync());
        }

        var (reads, commitReads) = (hub.Reads, hub.Calls(ReadCommits));
        await hub.CommitAsync();

        foreach (var stream in streams)
        {
            Assert.Equal("changes 1-1", await stream.NextAsync());
        }

        Assert.Equal((reads + 1, commitReads + 1), (hub.Reads, hub.Calls(ReadCommits)));
        streams.ForEach(stream => stream.Dispose());
    }

    [Fact]
    public async Task All_streams_of_a_merchant_share_its_events()
    {
        var gate = hub.PauseBefore(Read);
        using var opening = hub.Open();
        await gate.UntilReachedAsync();
        using var one = hub.Open();
        using var other = hub.Open();
        gate.Open();

        Assert.Same(await one.NextEventAsync(), await other.NextEventAsync());

        await hub.CommitAsync();

        Assert.Same(await one.NextEventAsync(), await other.NextEventAsync());
    }

    [Fact]
    public async Task Streams_that_are_opened_during_a_read_share_the_next_read()
    {
        var gate = hub.PauseBefore(Read);
        using var first = hub.Open();
        await gate.UntilReachedAsync();
        var later = Enumerable.Range(0, 10).Select(_ => hub.Open()).ToList();
        gate.Open();

        Assert.Equal("Initial 0", await first.NextAsync());
        foreach (var stream in later)
        {
            Assert.Equal("Initial 0", await stream.NextAsync());
        }

        Assert.Equal(2, hub.Reads);
        later.ForEach(stream => stream.Dispose());
    }

    [Fact]
    public async Task Unique_A_new_stream_causes_no_event_on_the_others()
    {
        using var open = await hub.StartStreamAsync();
        var waiting = open.NextAsync();
        using var opening = await hub.StartStreamAsync();

        await hub.CommitAsync();

        Assert.Equal("changes 1-1", await waiting);
        Assert.Equal("changes 1-1", await opening.NextAsync());
        Assert.Empty(await open.DrainAsync());
    }

    [Fact]
    public async Task Ordered_A_stream_gets_only_the_changes_of_its_own_merchant()
    {
        using var one = await hub.StartStreamAsync("merchant-1");
        using var other = await hub.StartStreamAsync("merchant-2");

        await hub.CommitAsync("merchant-1");
        await hub.CommitAsync("merchant-2", times: 2);

        Assert.Equal("merchant-1", Assert.IsType<WatchEvent.Changes>(await one.NextEventAsync()).Merchant.Record.MerchantId);
        Assert.Equal(2, (await other.ReadToAsync(2)).OfType<WatchEvent.Changes>().Sum(c => c.Commits.Length));
        Assert.Empty(await one.DrainAsync());
    }

    [Fact]
    public async Task Resumable_A_resume_from_the_current_position_starts_with_a_checkpoint_and_reads_no_commits()
    {
        var position = await hub.CommitAsync(times: 3);

        using var stream = hub.Open(from: position);

        var first = Assert.IsType<WatchEvent.Checkpoint>(await stream.NextEventAsync());
        Assert.Equal((position, 3), (first.Position, first.Merchant?.Record.Revision));
        Assert.Equal(0, hub.Calls(ReadCommits));
    }

    [Fact]
    public async Task Resumable_A_resume_starts_with_the_missed_commits_and_continues_with_new_ones()
    {
        var position = await hub.CommitAsync(times: 2);
        await hub.CommitAsync(times: 3);

        using var stream = hub.Open(from: position);
        Assert.Equal("changes 3-5", await stream.NextAsync());

        await hub.CommitAsync();
        Assert.Equal("changes 6-6", await stream.NextAsync());
    }

    [Fact]
    public async Task Resumable_A_resume_reads_as_many_commits_as_fit_into_one_event_and_never_more()
    {
        var first = await hub.CommitAsync();
        await hub.CommitAsync(times: CatchUp.MaxChanges);

        using var exact = hub.Open(from: first);
        Assert.Equal($"changes 2-{CatchUp.MaxChanges + 1}", await exact.NextAsync());
        Assert.Equal(CatchUp.MaxChanges, hub.Store.CommitsRead);

        using var beyond = hub.Open(from: At(0));
        Assert.Equal($"HistoryTrimmed {CatchUp.MaxChanges + 1}", await beyond.NextAsync());
        Assert.Equal(2 * CatchUp.MaxChanges, hub.Store.CommitsRead);
    }

    [Fact]
    public async Task Resumable_A_resume_from_another_history_starts_with_a_snapshot_and_continues_with_new_commits()
    {
        await hub.CommitAsync(times: 2);

        using var stream = hub.Open(from: At(2));
        Assert.Equal("HistoryReplaced 2", await stream.NextAsync());

        await hub.CommitAsync();
        Assert.Equal("changes 3-3", await stream.NextAsync());
    }

    [Fact]
    public async Task The_feed_stops_with_its_last_stream_and_the_next_stream_starts_a_new_one()
    {
        var (one, other) = (await hub.StartStreamAsync(), await hub.StartStreamAsync());
        one.Dispose();
        other.Dispose();
        var reads = hub.Reads;

        await hub.CommitAsync(times: 2);
        await hub.ReconcileAsync();
        Assert.Equal(0, hub.Calls(nameof(IConnectionStore.ReadPositionsAsync)));

        using var next = hub.Open();
        Assert.Equal("Initial 2", await next.NextAsync());
        Assert.Equal(reads + 1, hub.Reads);
        await hub.CommitAsync();
        Assert.Equal("changes 3-3", await next.NextAsync());
    }

    [Fact]
    public async Task A_stream_continues_when_another_one_is_closed_even_twice()
    {
        var closing = await hub.StartStreamAsync();
        closing.Dispose();
        using var open = await hub.StartStreamAsync();
        closing.Dispose();
        (await hub.StartStreamAsync()).Dispose();

        await hub.CommitAsync();

        Assert.Equal("changes 1-1", await open.NextAsync());
    }

    [Fact]
    public async Task The_feed_does_not_run_in_the_execution_context_of_the_call_that_starts_it()
    {
        var context = new AsyncLocal<string?> { Value = "a call" };
        var seen = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        hub.Before = _ =>
        {
            seen.TrySetResult(context.Value);
            return Task.CompletedTask;
        };
        using var stream = hub.Open();

        Assert.Null(await seen.Task);
    }

    [Fact]
    public async Task Current_A_commit_before_the_first_read_is_in_the_first_snapshot()
    {
        var gate = hub.PauseBefore(Read);
        using var stream = hub.Open();
        await gate.UntilReachedAsync();

        await hub.CommitAsync();
        gate.Open();

        Assert.Equal("Initial 1", await stream.NextAsync());
    }

    [Fact]
    public async Task Reliable_A_commit_after_the_first_read_follows_the_first_snapshot()
    {
        var gate = hub.PauseAfter(Read);
        using var stream = hub.Open();
        await gate.UntilReachedAsync();

        await hub.CommitAsync();
        gate.Open();

        Assert.Equal(["Initial 0", "changes 1-1"], [await stream.NextAsync(), await stream.NextAsync()]);
    }

    [Fact]
    public async Task Reliable_A_stream_that_is_opened_during_catch_up_gets_every_commit_after_its_snapshot()
    {
        using var open = await hub.StartStreamAsync();
        var gate = hub.PauseAfter(Read);
        await hub.CommitAsync();
        await gate.UntilReachedAsync();

        using var opening = hub.Open();
        await hub.CommitAsync();
        gate.Open();

        Assert.Equal("Initial 2", await opening.NextAsync());
        TestStreams.AssertComplete(await open.ReadToAsync(2), from: 0, to: 2);
        await hub.CommitAsync();
        Assert.Equal("changes 3-3", await opening.NextAsync());
    }

    [Fact]
    public async Task Unique_A_commit_between_the_reads_of_record_and_history_arrives_once()
    {
        using var stream = await hub.StartStreamAsync();
        var gate = hub.PauseBefore(ReadCommits);
        await hub.CommitAsync();
        await gate.UntilReachedAsync();

        await hub.CommitAsync();
        gate.Open();

        TestStreams.AssertComplete(await stream.ReadToAsync(2), from: 0, to: 2);
    }

    // A store elsewhere answers both within one round trip.
    [Fact]
    public async Task The_record_and_the_new_commits_are_read_at_the_same_time()
    {
        using var stream = await hub.StartStreamAsync();
        var gate = hub.PauseBefore(Read);

        await hub.CommitAsync();
        await gate.UntilReachedAsync();
        await hub.UntilCalledAsync(ReadCommits, 1);
        gate.Open();

        Assert.Equal("changes 1-1", await stream.NextAsync());
        Assert.Equal(1, hub.Calls(ReadCommits));
    }

    [Fact]
    public async Task Reliable_Commits_that_were_read_before_the_record_are_read_again_if_they_do_not_lead_to_it()
    {
        using var stream = await hub.StartStreamAsync();
        var gate = hub.PauseBefore(Read);
        await hub.CommitAsync();
        await gate.UntilReachedAsync();
        await hub.UntilCalledAsync(ReadCommits, 1);

        await hub.CommitAsync(times: 2);
        gate.Open();

        Assert.Equal("changes 1-3", await stream.NextAsync());
    }

    [Fact]
    public async Task Commits_are_not_read_for_a_notification_of_what_the_streams_have()
    {
        using var stream = await hub.StartStreamAsync();
        await hub.CommitAsync();
        Assert.Equal("changes 1-1", await stream.NextAsync());
        var (reads, commitReads) = (hub.Reads, hub.Calls(ReadCommits));

        using var opening = await hub.StartStreamAsync();

        Assert.Equal((reads + 1, commitReads), (hub.Reads, hub.Calls(ReadCommits)));
    }

    [Fact]
    public async Task Resumable_A_resume_during_commits_gets_each_of_them_once()
    {
        var position = await hub.CommitAsync(times: 2);
        await hub.CommitAsync();
        var gate = hub.PauseBefore(ReadCommits);
        using var stream = hub.Open(from: position);
        await gate.UntilReachedAsync();

        await hub.CommitAsync(times: 2);
        gate.Open();

        TestStreams.AssertComplete(await stream.ReadToAsync(5), from: 2, to: 5);
    }

    [Fact]
    public async Task A_stream_that_is_closed_during_a_read_does_not_affect_the_next_one()
    {
        var gate = hub.PauseAfter(Read);
        var closing = hub.Open();
        await gate.UntilReachedAsync();
        closing.Dispose();

        using var next = hub.Open();
        await hub.CommitAsync();
        gate.Open();

        await AssertCompleteFromSnapshotAsync(next, last: 1);
    }

    [Fact]
    public async Task Reliable_Streams_that_are_opened_during_commits_get_each_later_commit_once()
    {
        const int Last = 150;
        var reading = new List<Task>();
        while (reading.Count < 15)
        {
            reading.Add(Task.Run(async () =>
            {
                using var stream = hub.Open();
                await AssertCompleteFromSnapshotAsync(stream, Last);
            }));
            await hub.CommitAsync(times: Last / 15);
        }

        await Task.WhenAll(reading);
    }

    [Fact]
    public async Task Resumable_Streams_that_resume_after_every_event_get_each_commit_once()
    {
        const int Last = 150;
        var committing = Task.Run(() => hub.CommitAsync(times: Last));

        var reading = Enumerable.Range(0, 5).Select(async _ =>
        {
            var position = At(0);
            while (position.Revision < Last)
            {
                using var stream = hub.Open(from: position);
                var watchEvent = await stream.NextEventAsync();
                TestStreams.AssertComplete([watchEvent], position.Revision, watchEvent.Position.Revision);
                position = watchEvent.Position;
            }
        });

        await Task.WhenAll([committing, .. reading]);
    }

    private static async Task AssertCompleteFromSnapshotAsync(WatchStream stream, long last)
    {
        var events = await stream.ReadToAsync(last);
        Assert.Equal(SnapshotReason.Initial, Assert.IsType<WatchEvent.Snapshot>(events[0]).Reason);
        TestStreams.AssertComplete(events.Skip(1), events[0].Position.Revision, last);
    }
}
