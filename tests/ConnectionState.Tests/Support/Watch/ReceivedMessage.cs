using ConnectionStateService.Core;
using ConnectionStateService.V1;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>One message of a stream.</summary>
/// <param name="Message">The message.</param>
/// <param name="Position">Where its resume token says that the stream is; none: the token cannot be read.</param>
/// <param name="At">When it arrived.</param>
/// <param name="ReadRevision">The revision that was read right after it; none: nobody read.</param>
internal sealed record ReceivedMessage(WatchPageListResponse Message, HistoryPosition? Position, TimeSpan At, long? ReadRevision = null)
{
    /// <summary>What changed; empty for other messages.</summary>
    public IReadOnlyList<V1.Change> Changes => Message.Changes?.Changes_ ?? [];

    /// <summary>The revisions of what changed, in the order in which they came.</summary>
    public IReadOnlyList<long> Revisions => [.. Changes.Select(c => c.Revision).Distinct()];

    /// <summary>The page list that came; none with a checkpoint.</summary>
    public V1.PageList? List => Message.Snapshot?.PageList ?? Message.Changes?.PageList;

    /// <summary>Why there is a snapshot; unspecified for other messages.</summary>
    public SnapshotReason Reason => Message.Snapshot?.Reason ?? SnapshotReason.Unspecified;

    public bool IsChanges => Message.KindCase is WatchPageListResponse.KindOneofCase.Changes;

    public bool IsSnapshot => Message.KindCase is WatchPageListResponse.KindOneofCase.Snapshot;

    public bool IsCheckpoint => Message.KindCase is WatchPageListResponse.KindOneofCase.Checkpoint;

    public override string ToString() => Message.KindCase switch
    {
        WatchPageListResponse.KindOneofCase.Snapshot => $"Snapshot {Reason} at {Position}",
        WatchPageListResponse.KindOneofCase.Changes => $"Changes of {string.Join(",", Revisions)} at {Position}",
        WatchPageListResponse.KindOneofCase.Checkpoint => $"Checkpoint {Message.Checkpoint.Revision} at {Position}",
        _ => $"a message of no kind at {Position}",
    };
}
