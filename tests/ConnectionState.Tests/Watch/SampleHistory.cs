using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Watch;

namespace ConnectionStateService.Tests.Watch;

/// <summary>A history whose commit ids follow from the revisions, and the events of a stream that watches it.</summary>
internal static class SampleHistory
{
    public static ulong CommitId(long revision) => revision == 0 ? 0 : 1_000 + (ulong)revision;

    public static HistoryPosition At(long revision) => new(revision, CommitId(revision));

    public static StoredMerchant Stored(long revision) => new(Record(revision), CommitId(revision));

    public static Commit Commit(long revision, int changes = 1) => new(
        revision,
        CommitId(revision),
        CommitId(revision - 1),
        StoreSamples.Time,
        "the test",
        "",
        [.. Enumerable.Repeat<Change>(new Change.PlanChanged(Plan.Standard, 0, 3), changes)]);

    public static ImmutableArray<Commit> Commits(long first, long last) =>
        [.. Enumerable.Range((int)first, (int)(last - first) + 1).Select(revision => Commit(revision))];

    public static WatchEvent.Changes Changes(long first, long last) => new(Commits(first, last), Stored(last));

    /// <summary>One commit with several changes.</summary>
    public static WatchEvent.Changes LargeCommit(long revision, int changes) =>
        new([Commit(revision, changes)], Stored(revision));

    public static WatchEvent.Snapshot Snapshot(long revision, SnapshotReason reason) => new(Stored(revision), reason);

    public static WatchEvent.Checkpoint Checkpoint(long revision) => new(At(revision));

    /// <summary>
    /// Describes an event as <c>changes 3-5</c>, <c>FellBehind 7</c> or <c>checkpoint 7</c>, and asserts that its parts agree.
    /// </summary>
    public static string Describe(WatchEvent watchEvent)
    {
        switch (watchEvent)
        {
            case WatchEvent.Changes changes:
                Assert.Equal(changes.Position, new HistoryPosition(changes.Commits[^1].Revision, changes.Commits[^1].Id));
                Assert.Equal(changes.Position.Revision, changes.Merchant.Record.Revision);
                return $"changes {changes.Commits[0].Revision}-{changes.Position.Revision}";

            case WatchEvent.Snapshot snapshot:
                Assert.Equal(snapshot.Position.Revision, snapshot.Merchant.Record.Revision);
                return $"{snapshot.Reason} {snapshot.Position.Revision}";

            default:
                return $"checkpoint {watchEvent.Position.Revision}";
        }
    }

    private static MerchantRecord Record(long revision) => MerchantRecord.Unknown("merchant-1") with { Revision = revision };
}
