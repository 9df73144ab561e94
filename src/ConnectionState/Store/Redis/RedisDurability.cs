namespace ConnectionStateService.Store.Redis;

/// <summary>Which failures an acknowledged commit survives on a server. See the table in docs/redis.md.</summary>
/// <param name="AppendOnly">Whether commits are written to the append-only file.</param>
/// <param name="AppendFsync"><c>always</c>, <c>everysec</c>, <c>no</c>, or <c>unknown</c>.</param>
/// <param name="Replicas">The number of connected replicas.</param>
/// <param name="MinReplicasToWrite">The number of replicas that must be connected for a commit, or <c>unknown</c>.</param>
internal sealed record RedisDurability(bool AppendOnly, string AppendFsync, int Replicas, string MinReplicasToWrite)
{
    /// <summary>Orders servers by durability; higher is more durable.</summary>
    public int Rank => ((AppendOnly, AppendFsync) switch
    {
        (false, _) => 0,
        (true, "everysec") => 2,
        (true, "always") => 3,
        _ => 1,
    } * 1_000) + Replicas;

    public override string ToString() =>
        $"appendonly {(AppendOnly ? "yes" : "no")}, appendfsync {AppendFsync}, replicas {Replicas}, min-replicas-to-write "
        + $"{MinReplicasToWrite}: if the server crashes, {OnCrash}; if a replica takes over, {OnFailover}";

    private string OnCrash => (AppendOnly, AppendFsync) switch
    {
        (false, _) => "all commits since the last snapshot, if any, are lost",
        (true, "always") => "no acknowledged commit is lost",
        (true, "no") => "what the operating system had not written to disk is lost, about 30 seconds",
        (true, "everysec") => "up to two seconds of acknowledged commits are lost",
        _ => "what was not yet on disk is lost, up to about 30 seconds depending on appendfsync",
    };

    private string OnFailover => (Replicas, MinReplicasToWrite) switch
    {
        (0, _) => "not applicable: there is no replica",
        (_, "0") or (_, "unknown") => "commits that had not reached it are lost",
        _ => "commits that had not reached it are lost, at most a few seconds",
    };
}
