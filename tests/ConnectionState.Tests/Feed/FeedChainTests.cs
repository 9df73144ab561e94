using ConnectionStateService.Feed;
using ConnectionStateService.Store;

namespace ConnectionStateService.Tests.Feed;

public sealed class FeedChainTests
{
    private static readonly FeedSpan Kept = new(new(10, 110), new(20, 120));

    [Fact]
    public void Entries_continue_a_position_if_its_own_entry_is_first_and_no_number_is_missing()
    {
        Assert.True(FeedChain.TryFollow(new(2, 102), [Entry(2), Entry(3), Entry(4)], out var newer));
        Assert.Equal([3, 4], newer.Select(entry => entry.Number));
        Assert.True(FeedChain.TryFollow(new(2, 102), [Entry(2)], out newer));
        Assert.Empty(newer);
    }

    [Fact]
    public void Entries_continue_the_beginning_with_number_1()
    {
        Assert.True(FeedChain.TryFollow(default, [Entry(1), Entry(2)], out var newer));
        Assert.Equal([1, 2], newer.Select(entry => entry.Number));
        Assert.True(FeedChain.TryFollow(default, [], out _));
        Assert.False(FeedChain.TryFollow(default, [Entry(2)], out _));
    }

    [Fact]
    public void Entries_do_not_continue_a_position_that_is_gone_or_another_commit_or_before_a_gap()
    {
        Assert.False(FeedChain.TryFollow(new(2, 102), [], out _));
        Assert.False(FeedChain.TryFollow(new(2, 102), [Entry(3)], out _));
        Assert.False(FeedChain.TryFollow(new(2, 999), [Entry(2), Entry(3)], out _));
        Assert.False(FeedChain.TryFollow(new(2, 102), [Entry(2), Entry(4)], out _));
    }

    [Fact]
    public void A_gap_is_a_missing_number_after_a_position_that_is_in_the_lane()
    {
        Assert.True(FeedChain.HasGap(new(10, 110), [Entry(10), Entry(12)]));
        Assert.True(FeedChain.HasGap(default, [Entry(1), Entry(3)]));
        Assert.False(FeedChain.HasGap(new(10, 110), [Entry(10), Entry(11)]));

        // Nothing is there yet, the position is gone, or it is another commit.
        Assert.False(FeedChain.HasGap(new(10, 110), [Entry(10)]));
        Assert.False(FeedChain.HasGap(new(10, 110), [Entry(12), Entry(14)]));
        Assert.False(FeedChain.HasGap(new(10, 999), [Entry(10), Entry(12)]));
        Assert.False(FeedChain.HasGap(default, [Entry(3), Entry(5)]));
        Assert.False(FeedChain.HasGap(default, []));
    }

    [Fact]
    public void A_stream_continues_at_an_entry_that_is_kept_and_has_the_commit_id() =>
        Assert.Null(FeedChain.Check(new(10, 110), Entry(10), Kept));

    [Fact]
    public void A_position_before_what_is_kept_is_trimmed() => Assert.Equal(FeedResetReason.Trimmed, FeedChain.Check(new(9, 109), null, Kept));

    [Fact]
    public void A_position_beyond_the_end_or_with_another_commit_id_is_replaced()
    {
        Assert.Equal(FeedResetReason.Replaced, FeedChain.Check(new(21, 121), null, Kept));
        Assert.Equal(FeedResetReason.Replaced, FeedChain.Check(new(10, 111), Entry(10), Kept));
        Assert.Equal(FeedResetReason.Replaced, FeedChain.Check(new(1, 101), null, default));
    }

    [Fact]
    public void The_beginning_is_trimmed_once_the_first_entry_is()
    {
        Assert.Null(FeedChain.Check(default, null, default));
        Assert.Null(FeedChain.Check(default, null, new(new(1, 101), new(20, 120))));
        Assert.Equal(FeedResetReason.Trimmed, FeedChain.Check(default, null, Kept));
    }

    private static FeedEntry Entry(long number) => new(number, "m", new(1, 100 + (ulong)number));
}
