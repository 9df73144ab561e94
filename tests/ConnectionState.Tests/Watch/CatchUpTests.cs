using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Watch;
using static ConnectionStateService.Tests.Watch.SampleHistory;

namespace ConnectionStateService.Tests.Watch;

/// <summary>Which event moves a stream from its position to the current one, whatever the store contains by then.</summary>
public sealed class CatchUpTests
{
    private const int Max = CatchUp.MaxChanges;

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void Checkpointed_At_the_current_position_the_event_is_a_checkpoint(long revision) =>
        AssertEvent($"checkpoint {revision}", At(revision), Stored(revision), []);

    [Theory]
    [InlineData(6, 7, "changes 7-7")]
    [InlineData(2, 7, "changes 3-7")]
    [InlineData(0, 1, "changes 1-1")]
    [InlineData(0, 7, "changes 1-7")]
    public void Reliable_Behind_the_current_position_the_event_has_every_commit_since(long from, long current, string expected) =>
        AssertEvent(expected, At(from), Stored(current), Commits(from + 1, current));

    [Fact]
    public void Current_Changes_come_with_the_record_after_the_last_of_them()
    {
        var current = Stored(7);

        var changes = Assert.IsType<WatchEvent.Changes>(CatchUp.From(At(5), current, Commits(6, 7)));

        Assert.Same(current, changes.Merchant);
        Assert.Equal(Commits(6, 7).Select(c => c.Id), changes.Commits.Select(c => c.Id));
    }

    [Fact]
    public void Resumable_A_position_beyond_the_current_one_belongs_to_a_replaced_history() =>
        AssertEvent("HistoryReplaced 7", At(8), Stored(7), []);

    [Fact]
    public void Resumable_A_position_with_the_current_revision_and_another_commit_id_belongs_to_a_replaced_history() =>
        AssertEvent("HistoryReplaced 7", new HistoryPosition(7, 1), Stored(7), []);

    [Fact]
    public void Resumable_A_position_of_a_merchant_that_is_no_longer_stored_belongs_to_a_replaced_history() =>
        AssertEvent("HistoryReplaced 0", At(3), Stored(0), []);

    [Fact]
    public void Resumable_A_position_that_the_next_commit_does_not_follow_belongs_to_a_replaced_history() =>
        AssertEvent("HistoryReplaced 7", new HistoryPosition(5, 1), Stored(7), Commits(6, 7));

    [Fact]
    public void Resumable_A_first_commit_with_a_predecessor_belongs_to_a_replaced_history() => AssertEvent(
        "HistoryReplaced 2", At(0), Stored(2), [Commit(1) with { PreviousId = 9 }, Commit(2)]);

    [Fact]
    public void Reliable_A_missing_commit_is_never_skipped() =>
        AssertEvent("HistoryReplaced 7", At(3), Stored(7), [Commit(4), Commit(5), Commit(7)]);

    [Fact]
    public void Reliable_A_missing_revision_is_never_skipped_even_if_the_commit_ids_form_a_chain() => AssertEvent(
        "HistoryReplaced 6", At(3), Stored(6), [Commit(4), Commit(6) with { PreviousId = CommitId(4) }]);

    [Fact]
    public void Reliable_A_broken_chain_of_commit_ids_is_never_skipped() => AssertEvent(
        "HistoryReplaced 6", At(3), Stored(6), [Commit(4), Commit(5) with { Id = 9 }, Commit(6)]);

    [Fact]
    public void Ordered_Commits_that_do_not_end_with_the_commit_of_the_record_belong_to_a_replaced_history() => AssertEvent(
        "HistoryReplaced 5", At(3), Stored(5), [Commit(4), Commit(5) with { Id = 9 }]);

    [Fact]
    public void Current_Commits_that_are_newer_than_the_record_are_left_for_the_next_event() =>
        AssertEvent("changes 4-5", At(3), Stored(5), Commits(4, 9));

    [Fact]
    public void Current_Commits_that_are_newer_than_the_record_do_not_count_towards_the_maximum() =>
        AssertEvent("changes 4-5", At(3), Stored(5), [Commit(4), Commit(5), Commit(6, Max)]);

    [Fact]
    public void Resumable_A_history_that_starts_after_the_next_revision_is_trimmed() =>
        AssertEvent("HistoryTrimmed 7", At(3), Stored(7), Commits(5, 7));

    [Fact]
    public void Resumable_A_history_that_starts_after_the_record_is_trimmed() =>
        AssertEvent("HistoryTrimmed 7", At(3), Stored(7), Commits(8, 9));

    [Fact]
    public void Resumable_An_empty_history_is_trimmed() => AssertEvent("HistoryTrimmed 7", At(3), Stored(7), []);

    [Fact]
    public void Reliable_A_history_that_ends_before_the_record_is_trimmed() =>
        AssertEvent("HistoryTrimmed 7", At(3), Stored(7), Commits(4, 6));

    [Fact]
    public void Resumable_The_maximum_number_of_changes_fits_into_one_event() =>
        AssertEvent($"changes 4-{Max + 3}", At(3), Stored(Max + 3), Commits(4, Max + 3));

    [Fact]
    public void Resumable_One_change_more_than_the_maximum_is_reported_as_trimmed() =>
        AssertEvent($"HistoryTrimmed {Max + 4}", At(3), Stored(Max + 4), Commits(4, Max + 4));

    [Theory]
    [InlineData(Max - 1, "changes 4-5")]
    [InlineData(Max, "HistoryTrimmed 5")]
    public void Resumable_The_maximum_counts_changes_and_not_commits(int changesOfFirstCommit, string expected) =>
        AssertEvent(expected, At(3), Stored(5), [Commit(4, changesOfFirstCommit), Commit(5)]);

    private static void AssertEvent(string expected, HistoryPosition from, StoredMerchant current, ImmutableArray<Commit> commits)
    {
        var watchEvent = CatchUp.From(from, current, commits);

        Assert.Equal(expected, Describe(watchEvent));
        Assert.Equal(current.Position, watchEvent.Position);
    }
}
