using System.Diagnostics.CodeAnalysis;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>What an update of a watched page list reports.</summary>
public enum PageListUpdateKind
{
    /// <summary>The current page list, without the changes that led to it; <see cref="PageListUpdate.Reason"/> says why.</summary>
    Snapshot,

    /// <summary>The page list has changed; <see cref="PageListUpdate.Changes"/> says how.</summary>
    Changes,

    /// <summary>Nothing has changed; the page list is current.</summary>
    Confirmed,

    /// <summary>
    /// The stream is lost, or its access token has expired and there is no other, and the page list may be out of date. The watcher reconnects;
    /// the next update of another kind means that the list is live again.
    /// </summary>
    Stale,
}

/// <summary>
/// An update of a watched page list. It contains the whole list: nothing has to be merged. Its messages are shared; do not modify them.
/// </summary>
public sealed class PageListUpdate
{
    private PageListUpdate(PageListUpdateKind kind, PageList? pageList, string? resumeToken)
    {
        Kind = kind;
        PageList = pageList;
        ResumeToken = resumeToken;
    }

    /// <summary>What the update reports.</summary>
    public PageListUpdateKind Kind { get; }

    /// <summary>The newest known page list, or null while the server has not been reached. Never null if <see cref="IsLive"/>.</summary>
    public PageList? PageList { get; }

    /// <summary>
    /// A later watch with this token continues exactly after this update. Null while the server has not been reached and the watch started
    /// without a token.
    /// </summary>
    public string? ResumeToken { get; }

    /// <summary>
    /// True if the stream is open and the page list is current: the last message is at most three checkpoint intervals old, 45 seconds by
    /// default.
    /// </summary>
    [MemberNotNullWhen(true, nameof(PageList), nameof(ResumeToken))]
    public bool IsLive => Kind is not PageListUpdateKind.Stale;

    /// <summary>The changes since the previous update, oldest first. Empty unless <see cref="PageListUpdateKind.Changes"/>.</summary>
    public IReadOnlyList<Change> Changes { get; private init; } = [];

    /// <summary>Why the server sent a snapshot; <see cref="SnapshotReason.Unspecified"/> unless <see cref="PageListUpdateKind.Snapshot"/>.</summary>
    public SnapshotReason Reason { get; private init; }

    /// <summary>
    /// The failure that ended the stream, or null if the stream ended without one; null unless <see cref="PageListUpdateKind.Stale"/>.
    /// </summary>
    public RpcException? Failure { get; private init; }

    /// <summary>Creates a <see cref="PageListUpdateKind.Snapshot"/>.</summary>
    public static PageListUpdate FromSnapshot(
        PageList pageList, SnapshotReason reason = SnapshotReason.Initial, string resumeToken = "") =>
        new(PageListUpdateKind.Snapshot, NotNull(pageList), NotNull(resumeToken)) { Reason = reason };

    /// <summary>Creates <see cref="PageListUpdateKind.Changes"/>.</summary>
    public static PageListUpdate FromChanges(PageList pageList, IReadOnlyList<Change> changes, string resumeToken = "") =>
        new(PageListUpdateKind.Changes, NotNull(pageList), NotNull(resumeToken)) { Changes = NotNull(changes) };

    /// <summary>Creates a <see cref="PageListUpdateKind.Confirmed"/>.</summary>
    public static PageListUpdate FromCheckpoint(PageList pageList, string resumeToken = "") =>
        new(PageListUpdateKind.Confirmed, NotNull(pageList), NotNull(resumeToken));

    /// <summary>Creates a <see cref="PageListUpdateKind.Stale"/>.</summary>
    public static PageListUpdate FromFailure(PageList? pageList = null, RpcException? failure = null, string? resumeToken = null) =>
        new(PageListUpdateKind.Stale, pageList, resumeToken) { Failure = failure };

    private static T NotNull<T>(T value) where T : class
    {
        ArgumentNullException.ThrowIfNull(value);
        return value;
    }
}
