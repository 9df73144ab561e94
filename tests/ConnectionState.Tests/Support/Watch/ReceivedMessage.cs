using ConnectionStateService.Core;
using ConnectionStateService.V1;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>One message of a stream.</summary>
/// <param name="Message">The message.</param>
/// <param name="Position">The position in its resume token, or null if the token is invalid.</param>
/// <param name="At">When it arrived.</param>
/// <param name="ReadRevision">The revision that a read right after it returned, or null if there was no read.</param>
internal sealed record ReceivedMessage(WatchPageListResponse Message, HistoryPosition? Position, TimeSpan At, long? ReadRevision = null)
{
    /// <summary>The changes; empty for other kinds of messages.</summary>
    public IReadOnlyList<V1.Change> Changes => Message.Changes?.Changes_ ?? [];

    /// <summary>The revisions of the changes, in the order of arrival.</summary>
    public IReadOnlyList<long> Revisions => [.. Changes.Select(c => c.Revision).Distinct()];

    /// <summary>The page list of a snapshot or of changes; otherwise null.</summary>
    public V1.PageList? List => Message.Snapshot?.PageList ?? Message.Changes?.PageList;

    /// <summary>The reason of a snapshot; unspecified for other kinds of messages.</summary>
    public SnapshotReason Reason => Message.Snapshot?.Reason ?? SnapshotReason.Unspecified;

    public bool IsChanges => Message.KindCase is WatchPageListResponse.KindOneofCase.Changes;

    public bool IsSnapshot => Message.KindCase is WatchPageListResponse.KindOneofCase.Snapshot;

    public bool IsCheckpoint => Message.KindCase is WatchPageListResponse.KindOneofCase.Checkpoint;

    public override string ToString() => Message.KindCase switch
    {
        WatchPageListResponse.KindOneofCase.Snapshot => $"Snapshot {Reason} at {Position}",
        WatchPageListResponse.KindOneofCase.Changes => $"Changes of {string.Join(",", Revisions)} at {Position}",
        WatchPageListResponse.KindOneofCase.Checkpoint => $"Checkpoint {Message.Checkpoint.Revision} at {Position}",
        _ => $"an empty message at {Position}",
    };
}
