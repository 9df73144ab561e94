using ConnectionStateService.Core;
using ConnectionStateService.Feed;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Feed;

public sealed class FeedBufferTests
{
    private static readonly int Size = Item(1).Size;

    [Fact]
    public void The_newest_items_are_kept_and_reading_begins_exactly_at_an_index()
    {
        var buffer = new FeedBuffer(3);
        buffer.Append([Item(0), Item(1)]);
        buffer.Append([Item(2), Item(3), Item(4)]);

        Assert.Equal(5, buffer.End);
        Assert.False(buffer.TryRead(1, 10, int.MaxValue, out _));
        Assert.True(buffer.TryRead(2, 10, int.MaxValue, out var all));
        Assert.Equal([2, 3, 4], Numbers(all));
        Assert.True(buffer.TryRead(3, 1, int.MaxValue, out var one));
        Assert.Equal([3], Numbers(one));
        Assert.True(buffer.TryRead(5, 10, int.MaxValue, out var none));
        Assert.Empty(none);
        Assert.Equal((false, true), (buffer.Has(1), buffer.Has(2)));
    }

    [Fact]
    public void Items_are_bounded_in_bytes_and_the_newest_is_kept_however_large_it_is()
    {
        var buffer = new FeedBuffer(100, maxSize: 3 * Size);
        buffer.Append([.. Enumerable.Range(0, 5).Select(number => Item(number))]);
        Assert.Equal((false, true), (buffer.Has(1), buffer.Has(2)));

        buffer.Append([Item(5, changes: 1_000)]);
        Assert.Equal((false, true), (buffer.Has(4), buffer.Has(5)));
        Assert.True(buffer.TryRead(5, 10, 1, out var large));
        Assert.Equal([5], Numbers(large));

        buffer.Append([Item(6), Item(7), Item(8)]);
        Assert.Equal((false, true), (buffer.Has(5), buffer.Has(6)));
    }

    [Fact]
    public void A_batch_is_bounded_in_bytes()
    {
        var buffer = new FeedBuffer(100);
        buffer.Append([.. Enumerable.Range(0, 5).Select(number => Item(number))]);

        Assert.True(buffer.TryRead(0, 10, 2 * Size, out var two));
        Assert.True(buffer.TryRead(0, 10, (2 * Size) - 1, out var one));

        Assert.Equal([0, 1], Numbers(two));
        Assert.Equal([0], Numbers(one));
    }

    [Fact]
    public async Task Waiting_for_an_item_ends_when_it_is_appended()
    {
        var buffer = new FeedBuffer(3);
        buffer.Append([Item(0)]);
        Assert.True(buffer.WaitAsync(0).IsCompleted);
        var waiting = buffer.WaitAsync(1);
        Assert.False(waiting.IsCompleted);

        buffer.Append([Item(1)]);

        await waiting.WaitAsync(Eventually.Patience);
    }

    private static FeedItem Item(long number, int changes = 1) => new(0, new FeedCommit(
        0,
        new(number, "m", new(number, (ulong)number)),
        new(number, (ulong)number, 0, StoreSamples.Time, "", "", [.. Enumerable.Repeat<Change>(new Change.PlanChanged(Plan.Standard, 0, 3), changes)])));

    private static IEnumerable<long> Numbers(IEnumerable<FeedItem> items) => items.Select(item => item.Commit!.Entry.Number);
}
