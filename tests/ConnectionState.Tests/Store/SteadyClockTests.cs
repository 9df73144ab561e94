using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

public sealed class SteadyClockTests
{
    private readonly ManualClock machine = new();

    [Fact]
    public void Time_is_whole_milliseconds_and_goes_on_with_the_machines()
    {
        var clock = new SteadyClock(machine);
        var before = clock.Now;
        machine.Advance(TimeSpan.FromMilliseconds(1.7));

        Assert.Equal(before + TimeSpan.FromMilliseconds(1), clock.Now);
    }

    [Fact]
    public void While_the_machines_clock_is_set_back_a_little_time_stands_still()
    {
        var clock = new SteadyClock(machine);
        var before = clock.Now;
        machine.Advance(TimeSpan.FromSeconds(-59));
        Assert.Equal(before, clock.Now);
        machine.Advance(TimeSpan.FromSeconds(60));

        Assert.Equal(before + TimeSpan.FromSeconds(1), clock.Now);
    }

    [Fact]
    public void A_large_correction_is_followed()
    {
        var clock = new SteadyClock(machine);
        var before = clock.Now;
        machine.Advance(TimeSpan.FromHours(-1));

        Assert.Equal(before - TimeSpan.FromHours(1), clock.Now);
    }
}
