using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

public sealed class MonotonicClampTests
{
    private static readonly DateTimeOffset Start = StoreSamples.Time;
    private readonly MonotonicClamp clamp = new();

    [Fact]
    public void Time_is_whole_milliseconds() =>
        Assert.Equal(Start + TimeSpan.FromMilliseconds(1), clamp.Advance(Start + TimeSpan.FromMilliseconds(1.7)));

    [Fact]
    public void Time_stands_still_while_the_clock_is_set_back_by_less_than_a_minute()
    {
        clamp.Advance(Start);

        Assert.Equal(Start, clamp.Advance(Start - TimeSpan.FromSeconds(59)));
        Assert.Equal(Start + TimeSpan.FromSeconds(1), clamp.Advance(Start + TimeSpan.FromSeconds(1)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(60)]
    public void A_step_back_of_a_minute_or_more_is_followed(int minutes)
    {
        clamp.Advance(Start);

        Assert.Equal(Start - TimeSpan.FromMinutes(minutes), clamp.Advance(Start - TimeSpan.FromMinutes(minutes)));
    }
}
