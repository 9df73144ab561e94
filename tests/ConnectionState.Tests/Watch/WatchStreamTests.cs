using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Watch;

namespace ConnectionStateService.Tests.Watch;

/// <summary>What waits in one stream for its reader, to the last change.</summary>
public sealed class WatchStreamTests
{
    private static readonly MerchantRecord Record = MerchantRecord.Unknown("m1");

    [Fact]
    public async Task Bounded_What_waits_is_told_together_up_to_the_bound()
    {
        using var stream = Waiting(bound: 64, commits: 64);

        var all = Assert.IsType<WatchEvent.Changes>(await stream.ReadAsync(CancellationToken.None));

        Assert.Equal(Enumerable.Range(1, 64).Select(r => (long)r), all.Commits.Select(c => c.Revision));
    }

    [Theory]
    [InlineData(65)]
    [InlineData(500)]
    public async Task Bounded_One_change_more_than_may_wait_makes_the_newest_list_of_them(int commits)
    {
        using var stream = Waiting(bound: 64, commits);

        var list = Assert.IsType<WatchEvent.Snapshot>(await stream.ReadAsync(CancellationToken.None));

        Assert.Equal((SnapshotReason.FellBehind, commits), (list.Reason, list.Position.Revision));
    }

    [Fact]
    public async Task Bounded_A_reader_that_fell_behind_goes_on_with_what_changes_then()
    {
        using var stream = Waiting(bound: 2, commits: 3);
        await stream.ReadAsync(CancellationToken.None);

        Tell(stream, 4);

        Assert.IsType<WatchEvent.Changes>(await stream.ReadAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Bounded_A_commit_that_is_larger_than_the_bound_is_not_split()
    {
        using var stream = new WatchStream("m1", null, bufferedChanges: 2);

        Tell(stream, 1, changes: 5);

        Assert.Equal(5, Assert.IsType<WatchEvent.Changes>(await stream.ReadAsync(CancellationToken.None)).Count);
    }

    [Fact]
    public async Task Reliable_A_checkpoint_does_not_take_the_place_of_what_waits()
    {
        using var stream = Waiting(bound: 64, commits: 2);

        stream.Enqueue(new WatchEvent.Checkpoint(At(2)), 0);

        Assert.Equal(2, Assert.IsType<WatchEvent.Changes>(await stream.ReadAsync(CancellationToken.None)).Count);
    }

    [Fact]
    public async Task Reliable_What_changes_after_a_list_that_waits_comes_after_it()
    {
        using var stream = new WatchStream("m1", null, 64);
        stream.Enqueue(List(At(3), SnapshotReason.Initial), 0);
        Tell(stream, 4);
        Tell(stream, 5);

        Assert.Equal(At(3), (await stream.ReadAsync(CancellationToken.None)).Position);
        var then = Assert.IsType<WatchEvent.Changes>(await stream.ReadAsync(CancellationToken.None));

        Assert.Equal([4L, 5L], then.Commits.Select(c => c.Revision));
    }

    // The reason that waits, the one that comes, and the one that must be told.
    [Theory]
    [InlineData("Initial", "HistoryTrimmed", "Initial")]
    [InlineData("Initial", "HistoryReplaced", "Initial")]
    [InlineData("HistoryTrimmed", "HistoryReplaced", "HistoryReplaced")]
    [InlineData("HistoryReplaced", "HistoryTrimmed", "HistoryReplaced")]
    [InlineData("FellBehind", "HistoryReplaced", "HistoryReplaced")]
    [InlineData("FellBehind", "HistoryTrimmed", "HistoryTrimmed")]
    public async Task Resumable_A_list_that_overtakes_another_says_what_the_reader_must_not_miss(string waits, string comes, string told)
    {
        using var stream = new WatchStream("m1", null, 64);
        stream.Enqueue(List(At(3), Enum.Parse<SnapshotReason>(waits)), 0);
        stream.Enqueue(List(At(9), Enum.Parse<SnapshotReason>(comes)), 0);

        var list = Assert.IsType<WatchEvent.Snapshot>(await stream.ReadAsync(CancellationToken.None));

        Assert.Equal((told, At(9)), ($"{list.Reason}", list.Position));
    }

    [Theory]
    [InlineData("Initial")]
    [InlineData("HistoryTrimmed")]
    [InlineData("HistoryReplaced")]
    public async Task Bounded_A_list_that_waits_keeps_its_reason_when_too_much_comes_after_it(string waits)
    {
        using var stream = new WatchStream("m1", null, bufferedChanges: 2);
        stream.Enqueue(List(At(3), Enum.Parse<SnapshotReason>(waits)), 0);
        for (var revision = 4; revision <= 9; revision++)
        {
            Tell(stream, revision);
        }

        var list = Assert.IsType<WatchEvent.Snapshot>(await stream.ReadAsync(CancellationToken.None));

        Assert.Equal(waits, $"{list.Reason}");
    }

    [Fact]
    public async Task Ends_well_What_waits_is_told_before_the_stream_fails()
    {
        using var stream = Waiting(bound: 64, commits: 2);
        stream.Fail(new InvalidOperationException("an end"));

        Assert.IsType<WatchEvent.Changes>(await stream.ReadAsync(CancellationToken.None));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await stream.ReadAsync(CancellationToken.None));
    }

    private static HistoryPosition At(long revision) => new(revision, (ulong)revision);

    private static WatchEvent.Snapshot List(HistoryPosition place, SnapshotReason reason) => new(Record, place, reason);

    private static WatchStream Waiting(int bound, int commits)
    {
        var stream = new WatchStream("m1", null, bound);
        for (var revision = 1; revision <= commits; revision++)
        {
            Tell(stream, revision);
        }

        return stream;
    }

    private static void Tell(WatchStream stream, long revision, int changes = 1)
    {
        ImmutableArray<Change> told = [.. Enumerable.Repeat(new Change.PlanChanged(Plan.Standard, 1, 1), changes)];
        var commit = new Commit(revision, (ulong)revision, (ulong)revision - 1, default, "", "", told);
        stream.Enqueue(new WatchEvent.Changes([commit], Record, At(revision)), 0);
    }
}
