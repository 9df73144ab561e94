using ConnectionStateService.Store.Redis;

namespace ConnectionStateService.Tests.Store.Redis;

/// <summary>How the processes of the fleet are stored.</summary>
public sealed class FleetMemberTests
{
    [Theory]
    [InlineData("process-1", new int[0])]
    [InlineData("process-1 7", new[] { 7 })]
    [InlineData("process-1 0-2 5 254-255", new[] { 0, 1, 2, 5, 254, 255 })]
    public void The_partitions_that_a_process_does_not_reach_are_stored_as_ranges(string stored, int[] unreached)
    {
        Assert.Equal(stored, new FleetMember("process-1", [.. unreached.Reverse()]).ToString());
        Assert.Equal(unreached, FleetMember.Parse(stored).Unreached);
        Assert.Equal("process-1", FleetMember.Parse(stored).Id);
    }

    [Fact]
    public void All_partitions_are_one_range() =>
        Assert.Equal("process-1 0-255", new FleetMember("process-1", [.. Enumerable.Range(0, 256)]).ToString());

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("process-1 x")]
    [InlineData("process-1 -")]
    [InlineData("process-1 3-1")]
    [InlineData("process-1 256 0-256 -1")]
    public void What_is_not_a_range_of_partitions_is_ignored(string stored) => Assert.Empty(FleetMember.Parse(stored).Unreached);
}
