namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>What the service was told to keep to while the streams were recorded.</summary>
internal sealed record WatchExpectations
{
    /// <summary>How long a stream may be without a message; none: nobody looks.</summary>
    public TimeSpan? CheckpointInterval { get; init; }

    /// <summary>What a message may take on the way, on a machine that has other things to do.</summary>
    public TimeSpan Slack { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How many changes may wait for a slow reader.</summary>
    public int BufferedChanges { get; init; } = 64;

    /// <summary>
    /// The most changes that one message may hold, unless they are one commit. A service that hears of its commits at once never tells
    /// more than may wait; one that was deaf tells at once what it has missed, up to this.
    /// </summary>
    public int MaxChanges { get; init; } = 1_000;

    /// <summary>How many commits the store keeps at least.</summary>
    public int KeptCommits { get; init; } = 1_000;

    /// <summary>Endings that are not the service's fault, as when its process was killed.</summary>
    public Func<Ending, bool> Forgives { get; init; } = _ => false;
}
