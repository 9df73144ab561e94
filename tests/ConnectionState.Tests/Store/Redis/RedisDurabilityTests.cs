using ConnectionStateService.Store.Redis;

namespace ConnectionStateService.Tests.Store.Redis;

/// <summary>The description and the order of durability settings.</summary>
public sealed class RedisDurabilityTests
{
    private static readonly RedisDurability[] Levels =
    [
        new(false, "everysec", 0, "0"),
        new(true, "no", 0, "0"),
        new(true, "everysec", 0, "0"),
        new(true, "always", 0, "0"),
    ];

    [Theory]
    [InlineData(false, "always", "all commits since the last snapshot, if any, are lost")]
    [InlineData(true, "no", "what the operating system had not written to disk is lost, about 30 seconds")]
    [InlineData(true, "everysec", "up to two seconds of acknowledged commits are lost")]
    [InlineData(true, "always", "no acknowledged commit is lost")]
    [InlineData(true, "unknown", "what was not yet on disk is lost, up to about 30 seconds depending on appendfsync")]
    public void The_description_of_a_crash_depends_on_the_append_only_settings(bool appendOnly, string fsync, string lost) =>
        Assert.Contains($": if the server crashes, {lost}; ", $"{new RedisDurability(appendOnly, fsync, 0, "0")}", StringComparison.Ordinal);

    [Theory]
    [InlineData(0, "0", "not applicable: there is no replica")]
    [InlineData(0, "1", "not applicable: there is no replica")]
    [InlineData(2, "0", "commits that had not reached it are lost")]
    [InlineData(2, "unknown", "commits that had not reached it are lost")]
    [InlineData(2, "1", "commits that had not reached it are lost, at most a few seconds")]
    public void The_description_of_a_failover_depends_on_replicas_and_min_replicas_to_write(int replicas, string needed, string lost) =>
        Assert.EndsWith($"if a replica takes over, {lost}", $"{new RedisDurability(true, "always", replicas, needed)}", StringComparison.Ordinal);

    [Fact]
    public void The_description_starts_with_the_settings() => Assert.StartsWith(
        "appendonly yes, appendfsync everysec, replicas 1, min-replicas-to-write 0: ",
        $"{new RedisDurability(true, "everysec", 1, "0")}",
        StringComparison.Ordinal);

    [Fact]
    public void Rank_orders_by_durability_first_and_replicas_second()
    {
        Assert.Equal(Levels, Levels.Reverse().OrderBy(level => level.Rank));
        Assert.True((Levels[2] with { Replicas = 1 }).Rank > Levels[2].Rank);
        Assert.True((Levels[2] with { Replicas = 9 }).Rank < Levels[3].Rank);
    }

    [Fact]
    public void An_unknown_appendfsync_ranks_like_the_weakest() =>
        Assert.Equal(Levels[1].Rank, (Levels[1] with { AppendFsync = "unknown" }).Rank);
}
