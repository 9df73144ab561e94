using ConnectionStateService.Watch;

namespace ConnectionStateService.Tests.Watch.Hub;

/// <summary>What a stream that is read too slowly still hears, and which reason it is given.</summary>
public sealed class StreamOvertakenTests
{
    [Fact]
    public async Task A_stream_that_fell_behind_gets_the_newest_list_alone_however_much_follows()
    {
        using var stream = FallenBehind();

        Assert.True(stream.Tell(SampleHistory.Changes(101, 101)));
        Assert.True(stream.Tell(SampleHistory.Changes(102, 102)));

        Assert.Equal(["FellBehind 102"], await stream.TakeAllAsync());
    }

    [Fact]
    public async Task A_stream_that_fell_behind_and_caught_up_is_told_what_changes_again()
    {
        using var stream = FallenBehind();
        await stream.TakeAsync();

        stream.Tell(SampleHistory.Changes(101, 101));
        stream.Tell(SampleHistory.Changes(102, 102));

        Assert.Equal(["changes 101-102"], await stream.TakeAllAsync());
    }

    [Fact]
    public async Task The_list_of_a_stream_that_fell_behind_is_the_one_of_the_revision_it_names()
    {
        using var stream = FallenBehind();

        var snapshot = Assert.IsType<WatchEvent.Snapshot>(await stream.TakeDeliveryAsync());

        Assert.Equal((100, SampleHistory.At(100)), (snapshot.Record.Revision, snapshot.Position));
    }

    [Theory]
    [InlineData(SnapshotReason.Initial)]
    [InlineData(SnapshotReason.HistoryTrimmed)]
    [InlineData(SnapshotReason.HistoryReplaced)]
    internal async Task A_snapshot_that_was_never_taken_keeps_its_reason_when_the_stream_falls_behind(SnapshotReason reason)
    {
        using var stream = TestStreams.With(SampleHistory.Snapshot(3, reason), SampleHistory.Changes(4, 67));

        Assert.False(stream.Tell(SampleHistory.Changes(68, 68)));

        Assert.Equal([$"{reason} 68"], await stream.TakeAllAsync());
    }

    [Theory]
    [InlineData(SnapshotReason.Initial, SnapshotReason.HistoryTrimmed, SnapshotReason.Initial)]
    [InlineData(SnapshotReason.Initial, SnapshotReason.HistoryReplaced, SnapshotReason.Initial)]
    [InlineData(SnapshotReason.HistoryReplaced, SnapshotReason.HistoryTrimmed, SnapshotReason.HistoryReplaced)]
    [InlineData(SnapshotReason.HistoryTrimmed, SnapshotReason.HistoryReplaced, SnapshotReason.HistoryReplaced)]
    [InlineData(SnapshotReason.HistoryTrimmed, SnapshotReason.HistoryTrimmed, SnapshotReason.HistoryTrimmed)]
    [InlineData(SnapshotReason.FellBehind, SnapshotReason.HistoryReplaced, SnapshotReason.HistoryReplaced)]
    [InlineData(SnapshotReason.FellBehind, SnapshotReason.HistoryTrimmed, SnapshotReason.HistoryTrimmed)]
    internal async Task A_snapshot_that_overtakes_another_keeps_the_reason_that_must_not_be_missed(
        SnapshotReason waiting, SnapshotReason next, SnapshotReason expected)
    {
        using var stream = TestStreams.With(SampleHistory.Snapshot(3, waiting), SampleHistory.Snapshot(5, next));

        Assert.Equal([$"{expected} 5"], await stream.TakeAllAsync());
    }

    [Theory]
    [InlineData(SnapshotReason.HistoryTrimmed)]
    [InlineData(SnapshotReason.HistoryReplaced)]
    internal async Task A_snapshot_replaces_changes_that_wait_and_says_its_own_reason(SnapshotReason reason)
    {
        using var stream = TestStreams.With(SampleHistory.Changes(4, 5), SampleHistory.Snapshot(2, reason));

        Assert.Equal([$"{reason} 2"], await stream.TakeAllAsync());
    }

    [Fact]
    public async Task A_snapshot_replaces_a_snapshot_and_the_changes_behind_it()
    {
        using var stream = TestStreams.With(
            SampleHistory.Snapshot(3, SnapshotReason.HistoryReplaced), SampleHistory.Changes(4, 5), SampleHistory.Snapshot(2, SnapshotReason.HistoryTrimmed));

        Assert.Equal(["HistoryReplaced 2"], await stream.TakeAllAsync());
    }

    [Fact]
    public async Task A_reason_that_was_taken_is_not_given_again()
    {
        using var stream = TestStreams.With(SampleHistory.Snapshot(3, SnapshotReason.Initial), SampleHistory.Changes(4, 67));
        await stream.TakeAsync();

        stream.Tell(SampleHistory.Changes(68, 68));

        Assert.Equal(["FellBehind 68"], await stream.TakeAllAsync());
    }

    [Fact]
    public async Task A_checkpoint_is_dropped_when_changes_wait()
    {
        using var stream = TestStreams.With(SampleHistory.Changes(4, 5), SampleHistory.Checkpoint(5));

        Assert.Equal(["changes 4-5"], await stream.TakeAllAsync());
    }

    [Fact]
    public async Task A_checkpoint_is_dropped_when_a_snapshot_waits()
    {
        using var stream = TestStreams.With(SampleHistory.Snapshot(3, SnapshotReason.Initial), SampleHistory.Changes(4, 4), SampleHistory.Checkpoint(4));

        Assert.Equal(["Initial 3", "changes 4-4"], await stream.TakeAllAsync());
    }

    [Fact]
    public async Task Checkpoints_do_not_queue_up()
    {
        using var stream = TestStreams.With(SampleHistory.Checkpoint(4), SampleHistory.Checkpoint(4), SampleHistory.Checkpoint(4));

        Assert.Equal(["checkpoint 4"], await stream.TakeAllAsync());
    }

    [Fact]
    public async Task A_checkpoint_that_waits_makes_way_for_changes()
    {
        using var stream = TestStreams.With(SampleHistory.Checkpoint(3), SampleHistory.Changes(4, 4), SampleHistory.Changes(5, 5));

        Assert.Equal(["changes 4-5"], await stream.TakeAllAsync());
    }

    [Fact]
    public async Task A_checkpoint_that_waits_makes_way_for_a_snapshot()
    {
        using var stream = TestStreams.With(SampleHistory.Checkpoint(3), SampleHistory.Snapshot(2, SnapshotReason.HistoryReplaced));

        Assert.Equal(["HistoryReplaced 2"], await stream.TakeAllAsync());
    }

    private static WatchStream FallenBehind() => TestStreams.With(SampleHistory.Changes(4, 67), SampleHistory.Changes(68, 100));
}
