using ConnectionStateService.Store.Redis;
using ConnectionStateService.Tests.Support;
using FsCheck.Xunit;

namespace ConnectionStateService.Tests.Store.Redis;

/// <summary>
/// The time by Redis between its answers. The server's clock and this machine's stopwatch go alike; this machine's time of day is an
/// hour ahead throughout, and nobody may notice.
/// </summary>
public sealed class RedisClockTests
{
    private readonly ManualClock server = new();
    private readonly RedisClock clock;

    public RedisClockTests() => clock = new RedisClock(new ManualStopwatch(server));

    /// <summary>An answer arrives, some time after the one before and some time after it was given; some time later it is looked at.</summary>
    public readonly record struct Answer(byte Pause, ushort Way, byte Later);

    [Fact]
    public void Without_an_answer_it_does_not_know() => Assert.False(clock.TryTell(out _));

    [Fact]
    public void Time_is_whole_milliseconds_and_goes_on_with_the_stopwatch()
    {
        Hear(TimeSpan.Zero);
        var heard = server.GetUtcNow();
        Assert.Equal(heard, Tell());

        server.Advance(TimeSpan.FromMilliseconds(17.9));

        Assert.Equal(heard + TimeSpan.FromMilliseconds(17), Tell());
    }

    [Fact]
    public void After_a_second_it_does_not_know_any_more_until_it_hears_again()
    {
        Hear(TimeSpan.Zero);
        server.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        Assert.True(clock.TryTell(out _));
        server.Advance(TimeSpan.FromTicks(1));
        Assert.False(clock.TryTell(out _));

        Hear(TimeSpan.Zero);

        Assert.Equal(server.GetUtcNow(), Tell(), TimeSpan.FromMilliseconds(1));
    }

    [Property(MaxTest = 1_000)]
    public void It_is_never_ahead_and_never_goes_back_whatever_the_order_and_the_delay_of_answers(Answer[] answers)
    {
        var before = DateTimeOffset.MinValue;
        foreach (var answer in answers)
        {
            // Answers that overtake each other, and some that take seconds.
            server.Advance(TimeSpan.FromMilliseconds(answer.Pause * 0.317));
            Hear(TimeSpan.FromMilliseconds(answer.Way * 0.713));
            var asOf = server.GetUtcNow() - TimeSpan.FromMilliseconds(answer.Way * 0.713);
            server.Advance(TimeSpan.FromMilliseconds(answer.Later * 0.511));

            var told = Tell();
            Assert.InRange(told, asOf - TimeSpan.FromMilliseconds(1), server.GetUtcNow());
            Assert.True(told >= before, $"{told:O} after {before:O}");
            before = told;
        }
    }

    [Fact]
    public void While_the_servers_clock_is_set_back_a_little_time_stands_still()
    {
        Hear(TimeSpan.Zero);
        var before = Tell();
        Hear(TimeSpan.FromSeconds(59));
        Assert.Equal(before, Tell());

        server.Advance(TimeSpan.FromSeconds(60));
        Hear(TimeSpan.FromSeconds(59));

        Assert.Equal(before + TimeSpan.FromSeconds(1), Tell());
    }

    [Fact]
    public void Time_stands_still_also_after_what_was_heard_and_never_asked_for()
    {
        Hear(TimeSpan.Zero);
        var heard = server.GetUtcNow();

        Hear(TimeSpan.FromSeconds(30));

        Assert.Equal(heard, Tell());
    }

    [Fact]
    public void A_large_correction_is_followed()
    {
        Hear(TimeSpan.Zero);
        var before = Tell();

        Hear(TimeSpan.FromHours(1));

        Assert.Equal(before - TimeSpan.FromHours(1), Tell());
    }

    // What the server said so long ago arrives now.
    private void Hear(TimeSpan age) => clock.Hear((server.GetUtcNow() - age - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);

    private DateTimeOffset Tell()
    {
        Assert.True(clock.TryTell(out var now));
        return now;
    }
}
