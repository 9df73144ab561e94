namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>The options of the service under which streams were recorded, and what a check tolerates.</summary>
internal sealed record WatchExpectations
{
    /// <summary>The maximum idle time of a stream, or null if it is not checked.</summary>
    public TimeSpan? CheckpointInterval { get; init; }

    /// <summary>The maximum time that a message takes to arrive, on a busy machine.</summary>
    public TimeSpan Slack { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The number of changes that are buffered for a slow reader.</summary>
    public int BufferedChanges { get; init; } = 64;

    /// <summary>
    /// The maximum number of changes in one message, unless they are one commit. It exceeds the buffer because a resumed stream, or one
    /// whose notifications were lost, gets everything at once.
    /// </summary>
    public int MaxChanges { get; init; } = 1_000;

    /// <summary>The minimum number of commits that the store keeps.</summary>
    public int KeptCommits { get; init; } = 1_000;

    /// <summary>Endings that are not the service's fault, for example because its process was killed.</summary>
    public Func<Ending, bool> Forgives { get; init; } = _ => false;
}
