using ConnectionStateService.Store.Redis;

namespace ConnectionStateService.Tests.Store.Redis;

/// <summary>The fleet shares the partitions without talking about them.</summary>
public sealed class PartitionAssignmentTests
{
    private static readonly int[] All = [.. Enumerable.Range(0, RedisKeys.PartitionCount)];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(10)]
    [InlineData(30)]
    public void Every_partition_has_exactly_one_owner(int processes)
    {
        var members = Members(processes);

        Assert.Equal(All, members.SelectMany(member => PartitionAssignment.Of(member, members)).Order());
    }

    [Fact]
    public void The_order_of_the_members_does_not_matter()
    {
        var members = Members(10);

        Assert.All(members, member => Assert.Equal(
            PartitionAssignment.Of(member, members).AsEnumerable(),
            PartitionAssignment.Of(member, [.. members.AsEnumerable().Reverse()])));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(9)]
    public void A_process_that_joins_or_leaves_moves_only_its_own_share(int others)
    {
        var (before, after) = (Members(others), Members(others + 1));
        var share = PartitionAssignment.Of(after[^1], after);

        Assert.NotEmpty(share);
        Assert.All(before, member => Assert.Equal(
            PartitionAssignment.Of(member, before).Except(share), PartitionAssignment.Of(member, after)));
    }

    [Fact]
    public void The_shares_of_ten_processes_are_alike()
    {
        var members = Members(10);

        Assert.All(members, member => Assert.InRange(PartitionAssignment.Of(member, members).Length, 10, 50));
    }

    [Fact]
    public void A_process_that_is_not_a_member_has_no_partitions() => Assert.Empty(PartitionAssignment.Of("other", Members(3)));

    [Fact]
    public void The_assignment_never_changes_because_releases_run_side_by_side() =>
        Assert.Equal([4, 8, 11, 12, 18, 20], PartitionAssignment.Of("process-0", Members(3)).Take(6));

    private static string[] Members(int count) => [.. Enumerable.Range(0, count).Select(n => $"process-{n}")];
}
