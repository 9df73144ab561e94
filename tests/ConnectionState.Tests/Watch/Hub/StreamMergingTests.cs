using ConnectionStateService.Watch;

namespace ConnectionStateService.Tests.Watch.Hub;

/// <summary>What waits in a stream is merged, up to the bound.</summary>
public sealed class StreamMergingTests
{
    [Fact]
    public async Task What_is_put_in_comes_out_in_order()
    {
        using var stream = TestStreams.New();
        stream.Tell(SampleHistory.Snapshot(3, SnapshotReason.Initial));
        Assert.Equal("Initial 3", await stream.TakeAsync());
        stream.Tell(SampleHistory.Changes(4, 4));
        Assert.Equal("changes 4-4", await stream.TakeAsync());
        stream.Tell(SampleHistory.Checkpoint(4));
        Assert.Equal("checkpoint 4", await stream.TakeAsync());
    }

    [Fact]
    public async Task Changes_that_wait_become_one_delivery_with_every_commit_and_the_newest_list()
    {
        using var stream = TestStreams.With(SampleHistory.Changes(4, 4), SampleHistory.Changes(5, 6), SampleHistory.Changes(7, 7));

        var merged = Assert.IsType<WatchEvent.Changes>(await stream.TakeDeliveryAsync());

        Assert.Equal([4, 5, 6, 7], merged.Commits.Select(c => c.Revision));
        Assert.Equal((7, SampleHistory.At(7)), (merged.Record.Revision, merged.Position));
        Assert.Empty(await stream.TakeAllAsync());
    }

    [Fact]
    public async Task Changes_wait_behind_a_snapshot()
    {
        using var stream = TestStreams.With(SampleHistory.Snapshot(3, SnapshotReason.Initial), SampleHistory.Changes(4, 4), SampleHistory.Changes(5, 5));

        Assert.Equal(["Initial 3", "changes 4-5"], await stream.TakeAllAsync());
    }

    [Fact]
    public async Task Changes_that_wait_behind_a_snapshot_come_without_being_asked_for_by_anything_else()
    {
        using var stream = TestStreams.With(SampleHistory.Snapshot(3, SnapshotReason.Initial), SampleHistory.Changes(4, 4));

        Assert.Equal("Initial 3", await stream.TakeAsync());
        Assert.Equal("changes 4-4", await stream.TakeAsync());
    }

    [Fact]
    public async Task Changes_that_wait_behind_a_snapshot_go_on_being_merged_when_it_was_taken()
    {
        using var stream = TestStreams.With(SampleHistory.Snapshot(3, SnapshotReason.Initial), SampleHistory.Changes(4, 4));
        Assert.Equal("Initial 3", await stream.TakeAsync());

        stream.Tell(SampleHistory.Changes(5, 5));

        Assert.Equal(["changes 4-5"], await stream.TakeAllAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Exactly_as_many_changes_as_the_bound_wait(bool behindASnapshot)
    {
        using var stream = Behind(behindASnapshot);
        Assert.True(stream.Tell(SampleHistory.Changes(4, 66)));
        Assert.True(stream.Tell(SampleHistory.Changes(67, 67)));

        Assert.Equal("changes 4-67", (await stream.TakeAllAsync())[^1]);
    }

    [Theory]
    [InlineData(true, "Initial 68")]
    [InlineData(false, "FellBehind 68")]
    public async Task One_change_more_than_the_bound_leaves_the_newest_list_alone(bool behindASnapshot, string expected)
    {
        using var stream = Behind(behindASnapshot);
        Assert.True(stream.Tell(SampleHistory.Changes(4, 67)));
        Assert.False(stream.Tell(SampleHistory.Changes(68, 68)));

        Assert.Equal([expected], await stream.TakeAllAsync());
    }

    [Fact]
    public async Task It_is_the_changes_that_are_counted_and_not_the_commits()
    {
        using var stream = TestStreams.With(SampleHistory.Large(4, 60));
        Assert.True(stream.Tell(SampleHistory.Large(5, 4)));
        Assert.False(stream.Tell(SampleHistory.Large(6, 1)));

        Assert.Equal(["FellBehind 6"], await stream.TakeAllAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_commit_that_is_larger_than_the_bound_is_told_whole_when_no_change_waits(bool behindASnapshot)
    {
        using var stream = Behind(behindASnapshot);

        Assert.True(stream.Tell(SampleHistory.Large(4, 65)));

        Assert.Equal("changes 4-4", (await stream.TakeAllAsync())[^1]);
    }

    [Fact]
    public async Task Behind_what_is_larger_than_the_bound_as_much_waits_as_the_bound_allows_and_no_more()
    {
        using var stream = TestStreams.With(SampleHistory.Changes(4, 103));
        Assert.True(stream.Tell(SampleHistory.Changes(104, 104)));
        Assert.True(stream.Tell(SampleHistory.Changes(105, 167)));
        using var fuller = TestStreams.With(SampleHistory.Changes(4, 103), SampleHistory.Changes(104, 167));
        Assert.False(fuller.Tell(SampleHistory.Changes(168, 168)));

        Assert.Equal(["changes 4-103", "changes 104-167"], await stream.TakeAllAsync());
        Assert.Equal(["FellBehind 168"], await fuller.TakeAllAsync());
    }

    [Fact]
    public async Task Two_that_are_larger_than_the_bound_do_not_wait_together()
    {
        using var stream = TestStreams.With(SampleHistory.Large(4, 65));

        Assert.False(stream.Tell(SampleHistory.Large(5, 65)));

        Assert.Equal(["FellBehind 5"], await stream.TakeAllAsync());
    }

    [Fact]
    public async Task A_commit_that_is_larger_than_the_bound_does_not_wait_behind_a_change()
    {
        using var stream = TestStreams.With(SampleHistory.Changes(4, 4));

        Assert.False(stream.Tell(SampleHistory.Large(5, 64)));

        Assert.Equal(["FellBehind 5"], await stream.TakeAllAsync());
    }

    [Fact]
    public async Task What_was_taken_does_not_count_any_more()
    {
        using var stream = TestStreams.With(SampleHistory.Changes(4, 67));
        await stream.TakeAsync();

        Assert.True(stream.Tell(SampleHistory.Changes(68, 131)));

        Assert.Equal(["changes 68-131"], await stream.TakeAllAsync());
    }

    [Fact]
    public async Task The_list_that_comes_with_the_first_checkpoint_is_not_lost_to_the_next()
    {
        using var stream = TestStreams.With(new WatchEvent.Checkpoint(SampleHistory.At(3), SampleHistory.Now(3).Record), SampleHistory.Checkpoint(3));

        Assert.Equal(3, Assert.IsType<WatchEvent.Checkpoint>(await stream.TakeDeliveryAsync()).Record?.Revision);
        Assert.Empty(await stream.TakeAllAsync());
    }

    private static WatchStream Behind(bool aSnapshot) =>
        aSnapshot ? TestStreams.With(SampleHistory.Snapshot(3, SnapshotReason.Initial)) : TestStreams.New();
}
