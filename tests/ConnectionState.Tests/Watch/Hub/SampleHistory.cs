using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Watch;

namespace ConnectionStateService.Tests.Watch.Hub;

/// <summary>A history in which every revision has the commit id that follows from it, and what streams are told of it.</summary>
internal static class SampleHistory
{
    public static ulong Id(long revision) => revision == 0 ? 0 : 1_000 + (ulong)revision;

    public static HistoryPosition At(long revision) => new(revision, Id(revision));

    public static StoredMerchant Now(long revision) => new(Record(revision), Id(revision));

    public static Commit Commit(long revision, int changes = 1) => new(
        revision,
        Id(revision),
        Id(revision - 1),
        StoreSamples.Time,
        "the test",
        "",
        [.. Enumerable.Repeat<Change>(new Change.PlanChanged(Plan.Standard, 0, 3), changes)]);

    public static ImmutableArray<Commit> Commits(long first, long last) =>
        [.. Enumerable.Range((int)first, (int)(last - first) + 1).Select(revision => Commit(revision))];

    public static WatchEvent.Changes Changes(long first, long last) => new(Commits(first, last), Record(last), At(last));

    /// <summary>One commit with so many changes.</summary>
    public static WatchEvent.Changes Large(long revision, int changes) =>
        new([Commit(revision, changes)], Record(revision), At(revision));

    public static WatchEvent.Snapshot Snapshot(long revision, SnapshotReason reason) => new(Record(revision), At(revision), reason);

    public static WatchEvent.Checkpoint Checkpoint(long revision) => new(At(revision));

    /// <summary>
    /// What was told in a word: <c>changes 3-5</c>, <c>FellBehind 7</c>, <c>checkpoint 7</c>; checks that it agrees in itself.
    /// </summary>
    public static string Text(WatchEvent delivery)
    {
        switch (delivery)
        {
            case WatchEvent.Changes changes:
                Assert.Equal((changes.Commits[^1].Revision, changes.Commits[^1].Id), (changes.Position.Revision, changes.Position.CommitId));
                Assert.Equal(changes.Position.Revision, changes.Record.Revision);
                return $"changes {changes.Commits[0].Revision}-{changes.Position.Revision}";

            case WatchEvent.Snapshot snapshot:
                Assert.Equal(snapshot.Position.Revision, snapshot.Record.Revision);
                return $"{snapshot.Reason} {snapshot.Position.Revision}";

            default:
                return $"checkpoint {delivery.Position.Revision}";
        }
    }

    private static MerchantRecord Record(long revision) => MerchantRecord.Unknown("merchant-1") with { Revision = revision };
}
