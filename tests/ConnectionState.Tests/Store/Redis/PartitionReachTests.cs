using ConnectionStateService.Store.Redis;
using Microsoft.Extensions.Time.Testing;

namespace ConnectionStateService.Tests.Store.Redis;

/// <summary>When a process gives up a partition that it does not reach.</summary>
public sealed class PartitionReachTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(6);

    private readonly FakeTimeProvider time = new();
    private readonly PartitionReach reach;

    public PartitionReachTests() => reach = new PartitionReach(Patience, time);

    [Fact]
    public void A_partition_is_given_up_after_looks_have_failed_for_the_whole_time()
    {
        Assert.False(reach.Report([1, 2], isReached: false));
        time.Advance(Patience - TimeSpan.FromMilliseconds(1));
        Assert.False(reach.Report([1, 2], isReached: false));
        time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.True(reach.Report([2], isReached: false));

        Assert.Equal([2], reach.Unreached.AsEnumerable());
        Assert.False(reach.Report([2], isReached: false));
    }

    [Fact]
    public void A_look_that_is_answered_begins_the_time_again()
    {
        reach.Report([1], isReached: false);
        time.Advance(Patience);
        reach.Report([1], isReached: true);

        Assert.False(reach.Report([1], isReached: false));

        Assert.Empty(reach.Unreached);
    }

    [Fact]
    public void The_looks_at_a_partition_that_is_no_longer_looked_at_are_forgotten()
    {
        reach.Report([1, 2, 3], isReached: false);
        time.Advance(Patience);
        reach.Report([3], isReached: false);

        reach.Retain([2]);

        Assert.Empty(reach.Unreached);
        reach.Report([1, 2, 3], isReached: false);
        Assert.Equal([2], reach.Unreached.AsEnumerable());
        Assert.Equal([false, true, false], new[] { 1, 2, 3 }.Select(reach.IsUnreached));
    }

    [Fact]
    public void A_partition_that_is_reached_again_is_taken_back_at_once()
    {
        reach.Report([1, 2], isReached: false);
        time.Advance(Patience);
        reach.Report([1, 2], isReached: false);

        Assert.True(reach.Report([1], isReached: true));

        Assert.Equal([2], reach.Unreached.AsEnumerable());
    }
}
