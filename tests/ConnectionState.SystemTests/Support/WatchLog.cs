using ConnectionStateService.V1;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>
/// The messages that one reader has received over one or several streams. Fails when a message violates a promise: a repeated, missing or
/// reordered change, a split commit, or a revision that falls without a HISTORY_REPLACED snapshot.
/// </summary>
internal sealed class WatchLog
{
    private readonly List<Change> changes = [];
    private readonly List<Reason> snapshots = [];
    private int beforeSnapshot;

    /// <summary>The last resume token, or null if nothing was received.</summary>
    public string? Token { get; private set; }

    public long Revision { get; private set; } = -1;

    public PageList? List { get; private set; }

    public IReadOnlyList<Change> Changes => changes;

    /// <summary>The changes since the last snapshot.</summary>
    public IEnumerable<Change> SinceSnapshot => changes.Skip(beforeSnapshot);

    /// <summary>The reasons of all snapshots, in order.</summary>
    public IReadOnlyList<Reason> Snapshots => snapshots;

    public int Checkpoints { get; private set; }

    public void Add(WatchPageListResponse message)
    {
        switch (message.KindCase)
        {
            case WatchPageListResponse.KindOneofCase.Snapshot:
                AddSnapshot(message.Snapshot);
                break;
            case WatchPageListResponse.KindOneofCase.Changes:
                AddChanges(message.Changes);
                break;
            case WatchPageListResponse.KindOneofCase.Checkpoint:
                Assert.Equal(Revision, message.Checkpoint.Revision);
                Checkpoints++;
                break;
            default:
                Assert.Fail($"An empty message: {message}");
                break;
        }

        Token = message.ResumeToken;
    }

    private void AddSnapshot(WatchPageListResponse.Types.Snapshot snapshot)
    {
        Assert.Equal(Token is null, snapshot.Reason is Reason.Initial);
        Assert.True(
            snapshot.Reason is Reason.HistoryReplaced || snapshot.PageList.Revision >= Revision,
            $"From revision {Revision} back to {snapshot.PageList.Revision}: {snapshot.Reason}");
        snapshots.Add(snapshot.Reason);
        beforeSnapshot = changes.Count;
        (List, Revision) = (snapshot.PageList, snapshot.PageList.Revision);
    }

    private void AddChanges(WatchPageListResponse.Types.Changes message)
    {
        // All changes of a revision arrive in one message, and the next message starts with the next revision.
        var revisions = message.Changes_.Select(c => c.Revision).Distinct().ToList();
        Assert.Equal(Enumerable.Range(1, revisions.Count).Select(step => Revision + step), revisions);
        Assert.Equal(revisions[^1], message.PageList.Revision);
        changes.AddRange(message.Changes_);
        (List, Revision) = (message.PageList, message.PageList.Revision);
    }
}
