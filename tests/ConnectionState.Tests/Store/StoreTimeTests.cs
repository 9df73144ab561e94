using ConnectionStateService.Store;

namespace ConnectionStateService.Tests.Store;

/// <summary>Times as the stores have them.</summary>
public sealed class StoreTimeTests
{
    [Theory]
    [InlineData(0, "1970-01-01T00:00:00.000Z")]
    [InlineData(-1, "1969-12-31T23:59:59.999Z")]
    [InlineData(1_772_352_000_001, "2026-03-01T08:00:00.001Z")]
    public void A_whole_number_of_milliseconds_is_a_time(double stored, string expected)
    {
        Assert.True(StoreTime.TryToTime(stored, out var time));
        Assert.Equal(DateTimeOffset.Parse(expected), time);
    }

    [Theory]
    [InlineData(0.5)]
    [InlineData(1e300)]
    [InlineData(253_402_300_800_000)]
    [InlineData(-62_135_596_800_001)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void Any_other_number_is_no_time(double stored) => Assert.False(StoreTime.TryToTime(stored, out _));
}
