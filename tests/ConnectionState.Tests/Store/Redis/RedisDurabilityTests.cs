using ConnectionStateService.Store.Redis;

namespace ConnectionStateService.Tests.Store.Redis;

/// <summary>Each rung of the ladder promises what it can keep.</summary>
public sealed class RedisDurabilityTests
{
    private static readonly RedisDurability[] Ladder =
    [
        new(false, "everysec", 0, "0"),
        new(true, "no", 0, "0"),
        new(true, "everysec", 0, "0"),
        new(true, "always", 0, "0"),
    ];

    [Theory]
    [InlineData(false, "always", "every commit since its last snapshot, if it makes any, is lost")]
    [InlineData(true, "no", "what the system had not yet written to disk is lost, half a minute or so")]
    [InlineData(true, "everysec", "up to two seconds of acknowledged commits are lost")]
    [InlineData(true, "always", "no acknowledged commit is lost")]
    [InlineData(true, "unknown", "what it had not yet written to disk is lost, up to half a minute or so by its appendfsync")]
    public void What_is_lost_when_the_server_dies_depends_on_its_log(bool appendOnly, string fsync, string lost) =>
        Assert.Contains($": when the server dies, {lost}; ", $"{new RedisDurability(appendOnly, fsync, 0, "0")}", StringComparison.Ordinal);

    [Theory]
    [InlineData(0, "0", "nothing: there is none")]
    [InlineData(0, "1", "nothing: there is none")]
    [InlineData(2, "0", "what had not reached it is lost")]
    [InlineData(2, "unknown", "what had not reached it is lost")]
    [InlineData(2, "1", "what had not reached it is lost, a few seconds at most")]
    public void What_is_lost_when_a_replica_takes_over_depends_on_what_commits_wait_for(int replicas, string needed, string lost) =>
        Assert.EndsWith($"when a replica takes over, {lost}", $"{new RedisDurability(true, "always", replicas, needed)}", StringComparison.Ordinal);

    [Fact]
    public void It_begins_with_the_settings_that_it_follows_from() => Assert.StartsWith(
        "appendonly yes, appendfsync everysec, replicas 1, min-replicas-to-write 0: ",
        $"{new RedisDurability(true, "everysec", 1, "0")}",
        StringComparison.Ordinal);

    [Fact]
    public void A_higher_rung_survives_more_and_replicas_count_on_the_same_rung()
    {
        Assert.Equal(Ladder, Ladder.Reverse().OrderBy(rung => rung.Rank));
        Assert.True((Ladder[2] with { Replicas = 1 }).Rank > Ladder[2].Rank);
        Assert.True((Ladder[2] with { Replicas = 9 }).Rank < Ladder[3].Rank);
    }

    [Fact]
    public void What_is_not_known_counts_as_the_least_that_it_may_be() =>
        Assert.Equal(Ladder[1].Rank, (Ladder[1] with { AppendFsync = "unknown" }).Rank);
}
