using ConnectionStateService.Limits;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Limits;

public sealed class RateLimitTests
{
    [Fact]
    public void A_burst_is_accepted_and_what_is_beyond_it_is_told_when_to_come_back()
    {
        var limit = new RateLimit(perSecond: 2, burst: 5);

        Assert.All(Enumerable.Range(0, 10), _ => Assert.Null(limit.Take(7)));

        Assert.InRange(limit.Take(7)!.Value, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(1));
    }

    [Fact]
    public void Each_slot_has_a_limit_of_its_own()
    {
        var limit = new RateLimit(perSecond: 1, burst: 1);

        Assert.Null(limit.Take(7));
        Assert.NotNull(limit.Take(7));
        Assert.Null(limit.Take(8));
    }

    [Fact]
    public async Task Calls_are_accepted_again_as_time_passes()
    {
        var limit = new RateLimit(perSecond: 10, burst: 1);
        while (limit.Take(7) is null)
        {
        }

        await Eventually.TrueAsync(() => Task.FromResult(limit.Take(7) is null));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(15)]
    [InlineData(19)]
    [InlineData(2_000)]
    [InlineData(1_000_000)]
    public void The_rate_is_the_configured_one(int perSecond)
    {
        var options = RateLimit.OptionsFor(perSecond, burst: 5);

        Assert.Equal(perSecond, options.TokensPerPeriod / options.ReplenishmentPeriod.TotalSeconds, tolerance: perSecond / 1_000.0);
        Assert.Equal(5 * perSecond, options.TokenLimit);
    }

    [Fact]
    public void Zero_is_no_limit()
    {
        var limit = new RateLimit(perSecond: 0, burst: 1);

        Assert.All(Enumerable.Range(0, 10_000), _ => Assert.Null(limit.Take(7)));
    }

    [Fact]
    public async Task A_slot_that_is_not_used_any_more_costs_nothing()
    {
        var limit = new RateLimit(perSecond: 1_000, burst: 1, idleTime: TimeSpan.FromMilliseconds(1));
        foreach (var slot in Enumerable.Range(0, 100))
        {
            limit.Take(slot);
        }

        await Eventually.TrueAsync(() =>
        {
            limit.Take(200);
            return Task.FromResult(limit.Buckets <= 1);
        });
    }

    [Fact]
    public async Task A_slot_that_has_not_all_its_calls_back_is_kept()
    {
        // The slot of one call is full again after a moment, that of all its calls only after a minute.
        const int Burst = 60_000;
        var limit = new RateLimit(perSecond: 1_000, burst: Burst / 1_000, idleTime: TimeSpan.FromMilliseconds(1));
        Assert.Equal(Burst, Enumerable.Range(0, Burst).Count(_ => limit.Take(7) is null));
        limit.Take(8);
        await Eventually.TrueAsync(() =>
        {
            limit.Take(200);
            return Task.FromResult(limit.Buckets <= 2);
        });

        Assert.InRange(Enumerable.Range(0, Burst).Count(_ => limit.Take(7) is null), 0, Burst - 1);
    }

    [Fact]
    public void Names_share_few_slots()
    {
        var slots = Enumerable.Range(0, 1_000).Select(i => Slots.Of($"shop-{i}")).ToList();

        Assert.All(slots, slot => Assert.InRange(slot, 0, Slots.Count - 1));
        Assert.True(slots.Distinct().Count() > 900, $"{slots.Distinct().Count()} slots");
        Assert.All(new[] { int.MinValue, -1, int.MaxValue }, hash => Assert.InRange(Slots.Of(hash), 0, Slots.Count - 1));
    }
}
