namespace ConnectionStateService.Store.Redis;

/// <summary>What an acknowledged commit survives on a server. docs/redis.md has the whole ladder.</summary>
/// <param name="AppendOnly">Whether commits are written to a log on disk.</param>
/// <param name="AppendFsync"><c>always</c>, <c>everysec</c>, <c>no</c>, or unknown.</param>
/// <param name="Replicas">How many replicas are connected.</param>
/// <param name="MinReplicasToWrite">How many replicas must be connected for a commit, or unknown.</param>
internal sealed record RedisDurability(bool AppendOnly, string AppendFsync, int Replicas, string MinReplicasToWrite)
{
    /// <summary>The higher, the more it survives.</summary>
    public int Rank => ((AppendOnly, AppendFsync) switch
    {
        (false, _) => 0,
        (true, "everysec") => 2,
        (true, "always") => 3,
        _ => 1,
    } * 1_000) + Replicas;

    public override string ToString() =>
        $"appendonly {(AppendOnly ? "yes" : "no")}, appendfsync {AppendFsync}, replicas {Replicas}, min-replicas-to-write "
        + $"{MinReplicasToWrite}: when the server dies, {OnRestart}; when a replica takes over, {OnFailover}";

    private string OnRestart => (AppendOnly, AppendFsync) switch
    {
        (false, _) => "every commit since its last snapshot, if it makes any, is lost",
        (true, "always") => "no acknowledged commit is lost",
        (true, "no") => "what the system had not yet written to disk is lost, half a minute or so",
        (true, "everysec") => "up to two seconds of acknowledged commits are lost",
        _ => "what it had not yet written to disk is lost, up to half a minute or so by its appendfsync",
    };

    private string OnFailover => (Replicas, MinReplicasToWrite) switch
    {
        (0, _) => "nothing: there is none",
        (_, "0") or (_, "unknown") => "what had not reached it is lost",
        _ => "what had not reached it is lost, a few seconds at most",
    };
}
