using ConnectionStateService.Limits;

namespace ConnectionStateService.Tests.Limits;

public sealed class ConcurrencyLimitTests
{
    [Fact]
    public void As_many_as_allowed_are_in_progress_in_each_slot()
    {
        var limit = new ConcurrencyLimit(2);

        Assert.Equal([true, true, false, false], Enumerable.Range(0, 4).Select(_ => limit.TryEnter(7)));
        Assert.True(limit.TryEnter(8));
    }

    [Fact]
    public void A_call_that_ends_makes_room_for_one()
    {
        var limit = new ConcurrencyLimit(1);
        Assert.True(limit.TryEnter(7));
        Assert.False(limit.TryEnter(7));

        limit.Leave(7);

        Assert.Equal([true, false], Enumerable.Range(0, 2).Select(_ => limit.TryEnter(7)));
    }

    [Fact]
    public void Zero_is_no_limit()
    {
        var limit = new ConcurrencyLimit(0);

        Assert.All(Enumerable.Range(0, 10_000), _ => Assert.True(limit.TryEnter(7)));
        limit.Leave(7);
    }

    [Fact]
    public async Task Calls_that_begin_and_end_at_the_same_time_are_counted_right()
    {
        var limit = new ConcurrencyLimit(3);
        var inside = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                if (limit.TryEnter(7))
                {
                    Assert.InRange(Interlocked.Increment(ref inside), 1, 3);
                    Interlocked.Decrement(ref inside);
                    limit.Leave(7);
                }
            }
        })));

        Assert.Equal([true, true, true, false], Enumerable.Range(0, 4).Select(_ => limit.TryEnter(7)));
    }
}
