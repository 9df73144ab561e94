using ConnectionStateService.Watch;
using static ConnectionStateService.Tests.Watch.SampleHistory;

namespace ConnectionStateService.Tests.Watch;

/// <summary>How pending events of a stream are merged, when they exceed the buffer, and which reason the snapshot then has.</summary>
public sealed class WatchStreamBufferTests
{
    [Fact]
    public async Task Ordered_Events_are_read_in_the_order_in_which_they_are_enqueued()
    {
        using var stream = TestStreams.New();
        stream.Enqueue(Snapshot(3, SnapshotReason.Initial));
        Assert.Equal("Initial 3", await stream.NextAsync());
        stream.Enqueue(Changes(4, 4));
        Assert.Equal("changes 4-4", await stream.NextAsync());
        stream.Enqueue(Checkpoint(4));
        Assert.Equal("checkpoint 4", await stream.NextAsync());
    }

    [Fact]
    public async Task Reliable_Pending_changes_are_merged_into_one_event_with_every_commit_and_the_newest_record()
    {
        using var stream = TestStreams.WithPending(Changes(4, 4), Changes(5, 6), Changes(7, 7));

        var merged = Assert.IsType<WatchEvent.Changes>(await stream.NextEventAsync());

        Assert.Equal([4, 5, 6, 7], merged.Commits.Select(c => c.Revision));
        Assert.Equal((7, At(7)), (merged.Merchant.Record.Revision, merged.Position));
        Assert.Empty(await stream.DrainAsync());
    }

    [Fact]
    public async Task Reliable_Changes_behind_a_pending_snapshot_are_read_after_it()
    {
        using var stream = TestStreams.WithPending(Snapshot(3, SnapshotReason.Initial), Changes(4, 4), Changes(5, 5));

        Assert.Equal("Initial 3", await stream.NextAsync());
        Assert.Equal("changes 4-5", await stream.NextAsync());
    }

    [Fact]
    public async Task Reliable_Changes_behind_a_snapshot_are_still_merged_after_the_snapshot_is_read()
    {
        using var stream = TestStreams.WithPending(Snapshot(3, SnapshotReason.Initial), Changes(4, 4));
        Assert.Equal("Initial 3", await stream.NextAsync());

        stream.Enqueue(Changes(5, 5));

        Assert.Equal(["changes 4-5"], await stream.DrainAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Bounded_As_many_changes_as_the_buffer_holds_stay_pending(bool behindSnapshot)
    {
        using var stream = New(behindSnapshot);
        Assert.True(stream.Enqueue(Changes(4, 66)));
        Assert.True(stream.Enqueue(Changes(67, 67)));

        Assert.Equal("changes 4-67", (await stream.DrainAsync())[^1]);
    }

    [Theory]
    [InlineData(true, "Initial 68")]
    [InlineData(false, "FellBehind 68")]
    public async Task Bounded_One_change_more_than_the_buffer_holds_leaves_only_the_newest_snapshot(bool behindSnapshot, string expected)
    {
        using var stream = New(behindSnapshot);
        Assert.True(stream.Enqueue(Changes(4, 67)));
        Assert.False(stream.Enqueue(Changes(68, 68)));

        Assert.Equal([expected], await stream.DrainAsync());
    }

    [Fact]
    public async Task Bounded_The_buffer_counts_changes_and_not_commits()
    {
        using var stream = TestStreams.WithPending(LargeCommit(4, 60));
        Assert.True(stream.Enqueue(LargeCommit(5, 4)));
        Assert.False(stream.Enqueue(LargeCommit(6, 1)));

        Assert.Equal(["FellBehind 6"], await stream.DrainAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Atomic_A_commit_larger_than_the_buffer_is_kept_whole_if_no_changes_are_pending(bool behindSnapshot)
    {
        using var stream = New(behindSnapshot);

        Assert.True(stream.Enqueue(LargeCommit(4, 65)));

        Assert.Equal("changes 4-4", (await stream.DrainAsync())[^1]);
    }

    [Fact]
    public async Task Bounded_Behind_an_event_larger_than_the_buffer_the_whole_buffer_is_available()
    {
        using var stream = TestStreams.WithPending(Changes(4, 103));
        Assert.True(stream.Enqueue(Changes(104, 104)));
        Assert.True(stream.Enqueue(Changes(105, 167)));
        using var full = TestStreams.WithPending(Changes(4, 103), Changes(104, 167));
        Assert.False(full.Enqueue(Changes(168, 168)));

        Assert.Equal(["changes 4-103", "changes 104-167"], await stream.DrainAsync());
        Assert.Equal(["FellBehind 168"], await full.DrainAsync());
    }

    [Fact]
    public async Task Bounded_Two_events_larger_than_the_buffer_leave_only_the_newest_snapshot()
    {
        using var stream = TestStreams.WithPending(LargeCommit(4, 65));

        Assert.False(stream.Enqueue(LargeCommit(5, 65)));

        Assert.Equal(["FellBehind 5"], await stream.DrainAsync());
    }

    [Fact]
    public async Task Bounded_A_commit_that_no_longer_fits_behind_pending_changes_leaves_only_the_newest_snapshot()
    {
        using var stream = TestStreams.WithPending(Changes(4, 4));

        Assert.False(stream.Enqueue(LargeCommit(5, 64)));

        Assert.Equal(["FellBehind 5"], await stream.DrainAsync());
    }

    [Fact]
    public async Task Bounded_Changes_that_were_read_no_longer_count()
    {
        using var stream = TestStreams.WithPending(Changes(4, 67));
        await stream.NextAsync();

        Assert.True(stream.Enqueue(Changes(68, 131)));

        Assert.Equal(["changes 68-131"], await stream.DrainAsync());
    }

    [Fact]
    public async Task Bounded_A_stream_that_fell_behind_keeps_only_the_newest_snapshot_and_counts_once()
    {
        using var stream = FallenBehind();

        Assert.True(stream.Enqueue(Changes(101, 101)));
        Assert.True(stream.Enqueue(Changes(102, 102)));

        Assert.Equal(["FellBehind 102"], await stream.DrainAsync());
    }

    [Fact]
    public async Task Bounded_A_stream_that_fell_behind_gets_changes_again_after_the_snapshot_is_read()
    {
        using var stream = FallenBehind();
        var snapshot = Assert.IsType<WatchEvent.Snapshot>(await stream.NextEventAsync());
        Assert.Equal((100, At(100)), (snapshot.Merchant.Record.Revision, snapshot.Position));

        stream.Enqueue(Changes(101, 101));
        stream.Enqueue(Changes(102, 102));

        Assert.Equal(["changes 101-102"], await stream.DrainAsync());
    }

    [Theory]
    [InlineData(SnapshotReason.Initial)]
    [InlineData(SnapshotReason.HistoryTrimmed)]
    [InlineData(SnapshotReason.HistoryReplaced)]
    internal async Task Resumable_A_pending_snapshot_keeps_its_reason_when_the_stream_falls_behind(SnapshotReason reason)
    {
        using var stream = TestStreams.WithPending(Snapshot(3, reason), Changes(4, 67));

        Assert.False(stream.Enqueue(Changes(68, 68)));

        Assert.Equal([$"{reason} 68"], await stream.DrainAsync());
    }

    [Theory]
    [InlineData(SnapshotReason.Initial, SnapshotReason.HistoryTrimmed, SnapshotReason.Initial)]
    [InlineData(SnapshotReason.Initial, SnapshotReason.HistoryReplaced, SnapshotReason.Initial)]
    [InlineData(SnapshotReason.HistoryReplaced, SnapshotReason.HistoryTrimmed, SnapshotReason.HistoryReplaced)]
    [InlineData(SnapshotReason.HistoryTrimmed, SnapshotReason.HistoryReplaced, SnapshotReason.HistoryReplaced)]
    [InlineData(SnapshotReason.HistoryTrimmed, SnapshotReason.HistoryTrimmed, SnapshotReason.HistoryTrimmed)]
    [InlineData(SnapshotReason.FellBehind, SnapshotReason.HistoryReplaced, SnapshotReason.HistoryReplaced)]
    [InlineData(SnapshotReason.FellBehind, SnapshotReason.HistoryTrimmed, SnapshotReason.HistoryTrimmed)]
    internal async Task Resumable_A_snapshot_that_replaces_another_has_the_more_important_of_both_reasons(
        SnapshotReason pending, SnapshotReason next, SnapshotReason expected)
    {
        using var stream = TestStreams.WithPending(Snapshot(3, pending), Snapshot(5, next));

        Assert.Equal([$"{expected} 5"], await stream.DrainAsync());
    }

    [Theory]
    [InlineData(SnapshotReason.HistoryTrimmed)]
    [InlineData(SnapshotReason.HistoryReplaced)]
    internal async Task Resumable_A_snapshot_that_replaces_pending_changes_has_its_own_reason(SnapshotReason reason)
    {
        using var stream = TestStreams.WithPending(Changes(4, 5), Snapshot(2, reason));

        Assert.Equal([$"{reason} 2"], await stream.DrainAsync());
    }

    [Fact]
    public async Task Ordered_A_snapshot_replaces_a_pending_snapshot_and_the_changes_behind_it()
    {
        using var stream = TestStreams.WithPending(
            Snapshot(3, SnapshotReason.HistoryReplaced), Changes(4, 5), Snapshot(2, SnapshotReason.HistoryTrimmed));

        Assert.Equal(["HistoryReplaced 2"], await stream.DrainAsync());
    }

    [Fact]
    public async Task Resumable_The_reason_of_a_snapshot_that_was_read_is_not_repeated()
    {
        using var stream = TestStreams.WithPending(Snapshot(3, SnapshotReason.Initial), Changes(4, 67));
        await stream.NextAsync();

        stream.Enqueue(Changes(68, 68));

        Assert.Equal(["FellBehind 68"], await stream.DrainAsync());
    }

    [Fact]
    public async Task Reliable_A_checkpoint_is_dropped_if_changes_are_pending()
    {
        using var stream = TestStreams.WithPending(Changes(4, 5), Checkpoint(5));

        Assert.Equal(["changes 4-5"], await stream.DrainAsync());
    }

    [Fact]
    public async Task Reliable_A_checkpoint_is_dropped_if_a_snapshot_is_pending()
    {
        using var stream = TestStreams.WithPending(Snapshot(3, SnapshotReason.Initial), Changes(4, 4), Checkpoint(4));

        Assert.Equal(["Initial 3", "changes 4-4"], await stream.DrainAsync());
    }

    [Fact]
    public async Task Checkpointed_Only_one_checkpoint_is_pending()
    {
        using var stream = TestStreams.WithPending(Checkpoint(4), Checkpoint(4), Checkpoint(4));

        Assert.Equal(["checkpoint 4"], await stream.DrainAsync());
    }

    [Fact]
    public async Task Resumable_The_first_checkpoint_keeps_its_record_when_another_follows()
    {
        using var stream = TestStreams.WithPending(new WatchEvent.Checkpoint(At(3), Stored(3)), Checkpoint(3));

        Assert.Equal(3, Assert.IsType<WatchEvent.Checkpoint>(await stream.NextEventAsync()).Merchant?.Record.Revision);
        Assert.Empty(await stream.DrainAsync());
    }

    [Fact]
    public async Task Checkpointed_A_pending_checkpoint_is_replaced_by_changes()
    {
        using var stream = TestStreams.WithPending(Checkpoint(3), Changes(4, 4), Changes(5, 5));

        Assert.Equal(["changes 4-5"], await stream.DrainAsync());
    }

    [Fact]
    public async Task Checkpointed_A_pending_checkpoint_is_replaced_by_a_snapshot()
    {
        using var stream = TestStreams.WithPending(Checkpoint(3), Snapshot(2, SnapshotReason.HistoryReplaced));

        Assert.Equal(["HistoryReplaced 2"], await stream.DrainAsync());
    }

    private static WatchStream New(bool behindSnapshot) =>
        behindSnapshot ? TestStreams.WithPending(Snapshot(3, SnapshotReason.Initial)) : TestStreams.New();

    private static WatchStream FallenBehind() => TestStreams.WithPending(Changes(4, 67), Changes(68, 100));
}
