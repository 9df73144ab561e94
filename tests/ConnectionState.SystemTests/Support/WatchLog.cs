using ConnectionStateService.V1;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>
/// What one reader has received, over however many streams. Fails when a message breaks a promise: a change that comes twice, is left
/// out or comes too early, a commit that is split, a revision that falls without a word.
/// </summary>
internal sealed class WatchLog
{
    private readonly List<Change> changes = [];
    private readonly List<Reason> snapshots = [];
    private int beforeSnapshot;

    /// <summary>Where the reader is; none: nothing was received.</summary>
    public string? Token { get; private set; }

    public long Revision { get; private set; } = -1;

    public PageList? List { get; private set; }

    public IReadOnlyList<Change> Changes => changes;

    /// <summary>What changed since the last snapshot.</summary>
    public IEnumerable<Change> SinceSnapshot => changes.Skip(beforeSnapshot);

    /// <summary>Why it got snapshots, in the order in which it got them.</summary>
    public IReadOnlyList<Reason> Snapshots => snapshots;

    public int Checkpoints { get; private set; }

    public void Take(WatchPageListResponse message)
    {
        switch (message.KindCase)
        {
            case WatchPageListResponse.KindOneofCase.Snapshot:
                TakeSnapshot(message.Snapshot);
                break;
            case WatchPageListResponse.KindOneofCase.Changes:
                TakeChanges(message.Changes);
                break;
            case WatchPageListResponse.KindOneofCase.Checkpoint:
                Assert.Equal(Revision, message.Checkpoint.Revision);
                Checkpoints++;
                break;
            default:
                Assert.Fail($"A message without content: {message}");
                break;
        }

        Token = message.ResumeToken;
    }

    private void TakeSnapshot(WatchPageListResponse.Types.Snapshot snapshot)
    {
        Assert.Equal(Token is null, snapshot.Reason is Reason.Initial);
        Assert.True(
            snapshot.Reason is Reason.HistoryReplaced || snapshot.PageList.Revision >= Revision,
            $"From revision {Revision} back to {snapshot.PageList.Revision}: {snapshot.Reason}");
        snapshots.Add(snapshot.Reason);
        beforeSnapshot = changes.Count;
        (List, Revision) = (snapshot.PageList, snapshot.PageList.Revision);
    }

    private void TakeChanges(WatchPageListResponse.Types.Changes message)
    {
        // Changes of one revision belong together and come in one message; the next message begins with the next revision.
        var revisions = message.Changes_.Select(c => c.Revision).Distinct().ToList();
        Assert.Equal(Enumerable.Range(1, revisions.Count).Select(step => Revision + step), revisions);
        Assert.Equal(revisions[^1], message.PageList.Revision);
        changes.AddRange(message.Changes_);
        (List, Revision) = (message.PageList, message.PageList.Revision);
    }
}
