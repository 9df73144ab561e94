using System.Diagnostics.CodeAnalysis;
using ConnectionStateService.V1;
namespace ConnectionStateService.Client;

/// <summary>What an update of a watched page list is about.</summary>
public enum PageListUpdateKind
{
    /// <summary>The page list as it is, whatever led there; <see cref="PageListUpdate.Reason"/> says why it comes that way.</summary>
    Snapshot,

    /// <summary>The page list has changed; <see cref="PageListUpdate.Changes"/> says how.</summary>
    Changes,

    /// <summary>Nothing has changed; the page list is the present one.</summary>
    Confirmed,

    /// <summary>
    /// The stream is lost, and the page list may be an old one. The watcher goes on trying; the next update of another kind says
    /// that it is live again.
    /// </summary>
    Stale,
}

/// <summary>A watched page list: each update holds all there is to show. The messages in it belong to all who see them; do not change
/// them.</summary>
public sealed class PageListUpdate
{
    internal PageListUpdate(PageListUpdateKind kind, PageList? pageList, string? resumeToken)
    {
        Kind = kind;
        PageList = pageList;
        ResumeToken = resumeToken;
    }

    /// <summary>What it is about.</summary>
    public PageListUpdateKind Kind { get; }

    /// <summary>
    /// The newest page list that is known. None only as long as the service was not reached, and so never when the watch is live.
    /// </summary>
    public PageList? PageList { get; }

    /// <summary>Where the watch is after this update: with it, a later watch goes on exactly from here. None as long as the service was
    /// not reached and no token was given.</summary>
    public string? ResumeToken { get; }

    /// <summary>
    /// The page list is the present one, as far as anybody can know: the stream is open, and was heard of within three checkpoint
    /// intervals, 45 seconds by default.
    /// </summary>
    [MemberNotNullWhen(true, nameof(PageList), nameof(ResumeToken))]
    public bool IsLive => Kind is not PageListUpdateKind.Stale;

    /// <summary>What changed since the update before, oldest first; empty unless <see cref="PageListUpdateKind.Changes"/>.</summary>
    public IReadOnlyList<Change> Changes { get; internal init; } = [];

    /// <summary>Why it is a snapshot; <see cref="SnapshotReason.Unspecified"/> unless <see cref="PageListUpdateKind.Snapshot"/>.</summary>
    public SnapshotReason Reason { get; internal init; }

    /// <summary>How the stream was lost, if it failed; none unless <see cref="PageListUpdateKind.Stale"/>.</summary>
    public ConnectionStateException? Failure { get; internal init; }
}
