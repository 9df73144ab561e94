using System.Collections.Immutable;
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

        Assert.Equal(All, members.SelectMany(member => Of(member, members)).Order());
    }

    [Fact]
    public void The_order_of_the_members_does_not_matter()
    {
        var members = Members(10);

        Assert.All(members, member => Assert.Equal(
            Of(member, members).AsEnumerable(),
            Of(member, [.. members.AsEnumerable().Reverse()])));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(9)]
    public void A_process_that_joins_or_leaves_moves_only_its_own_share(int others)
    {
        var (before, after) = (Members(others), Members(others + 1));
        var share = Of(after[^1], after);

        Assert.NotEmpty(share);
        Assert.All(before, member => Assert.Equal(
            Of(member, before).Except(share), Of(member, after)));
    }

    [Fact]
    public void The_shares_of_ten_processes_are_alike()
    {
        var members = Members(10);

        Assert.All(members, member => Assert.InRange(Of(member, members).Length, 10, 50));
    }

    [Fact]
    public void A_process_that_is_not_a_member_has_no_partitions() => Assert.Empty(Of("other", Members(3)));

    [Fact]
    public void The_assignment_never_changes_because_releases_run_side_by_side() =>
        Assert.Equal([4, 8, 11, 12, 18, 20], Of("process-0", Members(3)).Take(6));

    [Fact]
    public void A_partition_that_its_owner_does_not_reach_belongs_to_another_process_and_no_other_partition_moves()
    {
        var members = Members(3);
        var share = Of("process-0", members);
        ImmutableArray<int> unreached = [.. share.Take(10)];
        FleetMember[] fleet = [new("process-0", unreached), new("process-1", []), new("process-2", [])];

        Assert.Equal(share.Except(unreached), PartitionAssignment.Of("process-0", fleet));
        Assert.Equal(All, members.SelectMany(member => PartitionAssignment.Of(member, fleet)).Order());
        Assert.Equal(
            Of("process-1", ["process-1", "process-2"]).Intersect(unreached).Union(Of("process-1", members)).Order(),
            PartitionAssignment.Of("process-1", fleet));
    }

    [Fact]
    public void Partitions_that_no_process_reaches_stay_where_they_are()
    {
        var members = Members(3);
        FleetMember[] fleet = [.. members.Select(member => new FleetMember(member, [.. All]))];

        Assert.All(members, member => Assert.Equal(Of(member, members).AsEnumerable(), PartitionAssignment.Of(member, fleet)));
    }

    private static ImmutableArray<int> Of(string process, string[] members) =>
        PartitionAssignment.Of(process, [.. members.Select(member => new FleetMember(member, []))]);

    private static string[] Members(int count) => [.. Enumerable.Range(0, count).Select(n => $"process-{n}")];
}
