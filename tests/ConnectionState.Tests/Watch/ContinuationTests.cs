using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Watch;

namespace ConnectionStateService.Tests.Watch;

/// <summary>What the store is found to have when others write, trim and put back between two reads of it.</summary>
public sealed class ContinuationTests
{
    private static readonly ImmutableArray<Commit> Commits =
    [
        .. Enumerable.Range(1, 8).Select(r =>
            new Commit(r, (ulong)r, (ulong)r - 1, default, "", "", [new Change.PlanChanged(Plan.Standard, r, r)])),
    ];

    [Fact]
    public void Current_What_was_committed_after_the_list_was_read_is_told_later()
    {
        var told = Assert.IsType<WatchEvent.Changes>(CatchUp.From(At(3), Now(6, 6), Commits[3..]));

        Assert.Equal([4L, 5L, 6L], told.Commits.Select(c => c.Revision));
        Assert.Equal(At(6), told.Position);
    }

    [Fact]
    public void Reliable_What_was_trimmed_after_the_list_was_read_is_not_passed_over() =>
        AssertList(SnapshotReason.HistoryTrimmed, CatchUp.From(At(3), Now(6, 6), Commits[5..]));

    [Fact]
    public void Reliable_Commits_that_are_all_newer_than_the_list_are_not_told_with_it() =>
        AssertList(SnapshotReason.HistoryTrimmed, CatchUp.From(At(3), Now(6, 6), Commits[6..]));

    [Fact]
    public void Reliable_Commits_that_do_not_lead_to_the_list_are_not_told_with_it() =>
        AssertList(SnapshotReason.HistoryTrimmed, CatchUp.From(At(3), Now(6, 6), Commits[3..5]));

    [Fact]
    public void Ordered_Commits_of_another_history_than_the_lists_are_not_told_with_it() =>
        AssertList(SnapshotReason.HistoryReplaced, CatchUp.From(At(3), Now(6, 600), Commits[3..]));

    [Theory]
    [InlineData(3, 300)]
    [InlineData(2, 2)]
    public void Ordered_A_list_of_another_history_or_an_older_one_is_said_to_be_one(long revision, ulong id) =>
        AssertList(SnapshotReason.HistoryReplaced, CatchUp.From(At(3), Now(revision, id), []));

    private static HistoryPosition At(long revision) => new(revision, (ulong)revision);

    private static StoredMerchant Now(long revision, ulong id) => new(MerchantRecord.Unknown("m1") with { Revision = revision }, id);

    private static void AssertList(SnapshotReason reason, WatchEvent told) =>
        Assert.Equal(reason, Assert.IsType<WatchEvent.Snapshot>(told).Reason);
}
