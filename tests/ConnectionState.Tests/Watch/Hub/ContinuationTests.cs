using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Watch;

namespace ConnectionStateService.Tests.Watch.Hub;

/// <summary>What leads from a place in the history to the present.</summary>
public sealed class ContinuationTests
{
    private const int Most = CatchUp.MaxChanges;

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public void At_the_present_there_is_nothing_but_a_checkpoint(long revision) =>
        Check($"checkpoint {revision}", SampleHistory.At(revision), SampleHistory.Now(revision), []);

    [Fact]
    public void At_the_present_a_checkpoint_carries_the_place() =>
        Assert.Equal(SampleHistory.At(7), CatchUp.From(SampleHistory.At(7), SampleHistory.Now(7), []).Position);

    [Theory]
    [InlineData(6, 7, "changes 7-7")]
    [InlineData(2, 7, "changes 3-7")]
    [InlineData(0, 1, "changes 1-1")]
    [InlineData(0, 7, "changes 1-7")]
    public void Behind_the_present_there_is_every_commit_since(long from, long now, string expected) =>
        Check(expected, SampleHistory.At(from), SampleHistory.Now(now), SampleHistory.Commits(from + 1, now));

    [Fact]
    public void The_changes_come_with_the_list_as_it_is_after_the_last_of_them()
    {
        var now = SampleHistory.Now(7);

        var changes = Assert.IsType<WatchEvent.Changes>(CatchUp.From(SampleHistory.At(5), now, SampleHistory.Commits(6, 7)));

        Assert.Same(now.Record, changes.Record);
        Assert.Equal(now.Position, changes.Position);
        Assert.Equal(SampleHistory.Commits(6, 7).Select(c => c.Id), changes.Commits.Select(c => c.Id));
    }

    [Fact]
    public void A_place_beyond_the_present_is_of_another_history() =>
        Check("HistoryReplaced 7", SampleHistory.At(8), SampleHistory.Now(7), []);

    [Fact]
    public void A_place_at_the_same_revision_with_another_commit_is_of_another_history() =>
        Check("HistoryReplaced 7", new HistoryPosition(7, 1), SampleHistory.Now(7), []);

    [Fact]
    public void A_place_of_a_merchant_that_nothing_is_stored_of_any_more_is_of_another_history() =>
        Check("HistoryReplaced 0", SampleHistory.At(3), SampleHistory.Now(0), []);

    [Fact]
    public void A_place_that_the_next_commit_does_not_follow_on_is_of_another_history() =>
        Check("HistoryReplaced 7", new HistoryPosition(5, 1), SampleHistory.Now(7), SampleHistory.Commits(6, 7));

    [Fact]
    public void A_first_commit_that_follows_on_something_is_of_another_history() => Check(
        "HistoryReplaced 2", SampleHistory.At(0), SampleHistory.Now(2), [SampleHistory.Commit(1) with { PreviousId = 9 }, SampleHistory.Commit(2)]);

    [Fact]
    public void A_gap_in_the_history_is_never_passed_over() =>
        Check("HistoryReplaced 7", SampleHistory.At(3), SampleHistory.Now(7), [SampleHistory.Commit(4), SampleHistory.Commit(5), SampleHistory.Commit(7)]);

    [Fact]
    public void A_revision_that_is_left_out_is_never_passed_over_even_when_the_commits_follow_on_each_other() => Check(
        "HistoryReplaced 6", SampleHistory.At(3), SampleHistory.Now(6), [SampleHistory.Commit(4), SampleHistory.Commit(6) with { PreviousId = SampleHistory.Id(4) }]);

    [Fact]
    public void A_commit_in_between_that_does_not_follow_on_the_one_before_is_never_passed_over() => Check(
        "HistoryReplaced 6", SampleHistory.At(3), SampleHistory.Now(6), [SampleHistory.Commit(4), SampleHistory.Commit(5) with { Id = 9 }, SampleHistory.Commit(6)]);

    [Fact]
    public void A_last_commit_that_is_not_the_records_is_of_another_history() => Check(
        "HistoryReplaced 5", SampleHistory.At(3), SampleHistory.Now(5), [SampleHistory.Commit(4), SampleHistory.Commit(5) with { Id = 9 }]);

    [Fact]
    public void What_was_committed_after_the_record_was_read_is_left_for_the_next_time() =>
        Check("changes 4-5", SampleHistory.At(3), SampleHistory.Now(5), SampleHistory.Commits(4, 9));

    [Fact]
    public void What_was_committed_after_the_record_was_read_does_not_count_as_too_much() =>
        Check("changes 4-5", SampleHistory.At(3), SampleHistory.Now(5), [SampleHistory.Commit(4), SampleHistory.Commit(5), SampleHistory.Commit(6, Most)]);

    [Fact]
    public void A_history_that_begins_too_late_was_trimmed() =>
        Check("HistoryTrimmed 7", SampleHistory.At(3), SampleHistory.Now(7), SampleHistory.Commits(5, 7));

    [Fact]
    public void A_history_that_begins_after_the_record_was_trimmed() =>
        Check("HistoryTrimmed 7", SampleHistory.At(3), SampleHistory.Now(7), SampleHistory.Commits(8, 9));

    [Fact]
    public void A_history_that_is_gone_was_trimmed() => Check("HistoryTrimmed 7", SampleHistory.At(3), SampleHistory.Now(7), []);

    [Fact]
    public void A_history_that_ends_too_early_is_never_taken_for_all() =>
        Check("HistoryTrimmed 7", SampleHistory.At(3), SampleHistory.Now(7), SampleHistory.Commits(4, 6));

    [Fact]
    public void As_many_changes_as_may_be_told_are_told_one_by_one() =>
        Check($"changes 4-{Most + 3}", SampleHistory.At(3), SampleHistory.Now(Most + 3), SampleHistory.Commits(4, Most + 3));

    [Fact]
    public void One_change_more_than_may_be_told_is_too_much() =>
        Check($"HistoryTrimmed {Most + 4}", SampleHistory.At(3), SampleHistory.Now(Most + 4), SampleHistory.Commits(4, Most + 4));

    [Theory]
    [InlineData(Most - 1, "changes 4-5")]
    [InlineData(Most, "HistoryTrimmed 5")]
    public void It_is_the_changes_that_are_counted_and_not_the_commits(int changesOfTheFirst, string expected) =>
        Check(expected, SampleHistory.At(3), SampleHistory.Now(5), [SampleHistory.Commit(4, changesOfTheFirst), SampleHistory.Commit(5)]);

    private static void Check(string expected, HistoryPosition from, StoredMerchant now, ImmutableArray<Commit> commits)
    {
        var delivery = CatchUp.From(from, now, commits);

        Assert.Equal(expected, SampleHistory.Text(delivery));
        Assert.Equal(now.Position, delivery.Position);
    }
}
