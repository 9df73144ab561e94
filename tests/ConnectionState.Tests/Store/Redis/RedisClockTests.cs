using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.Tests.Support;
using FsCheck.Xunit;

namespace ConnectionStateService.Tests.Store.Redis;

/// <summary>
/// The clock of Redis between two server times. The server clock and the stopwatch of this process run at the same rate; the time of day
/// of this process is an hour ahead throughout, and must have no effect.
/// </summary>
public sealed class RedisClockTests
{
    private static readonly TimeSpan LongestWindow = TimeSpan.FromSeconds(10);

    private readonly ManualClock server = new();
    private readonly RedisClock clock;
    private Func<IEnumerable<Task<long>>> askServers = () => throw new InvalidOperationException("No request was expected.");

    public RedisClockTests() => clock = new RedisClock(new ManualStopwatch(server), () => askServers());

    /// <summary>A server time arrives some time after the previous one, and some time after it was taken; later the clock is read.</summary>
    public readonly record struct Reply(byte Pause, ushort Age, byte Later);

    [Fact]
    public void Without_a_server_time_the_clock_has_no_time() => Assert.False(clock.TryGetTime(out _));

    [Fact]
    public void Time_is_in_whole_milliseconds_and_continues_with_the_stopwatch()
    {
        Receive(TimeSpan.Zero);
        var received = server.GetUtcNow();
        Assert.Equal(received, Now());

        server.Advance(TimeSpan.FromMilliseconds(17.9));

        Assert.Equal(received + TimeSpan.FromMilliseconds(17), Now());
    }

    [Fact]
    public void A_server_time_is_usable_for_one_second()
    {
        Receive(TimeSpan.Zero);
        server.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        Assert.True(clock.TryGetTime(out _));
        server.Advance(TimeSpan.FromTicks(1));
        Assert.False(clock.TryGetTime(out _));

        Receive(TimeSpan.Zero);

        Assert.Equal(server.GetUtcNow(), Now(), TimeSpan.FromMilliseconds(1));
    }

    [Property(MaxTest = 1_000)]
    public void Time_is_never_ahead_of_the_server_and_never_goes_back_whatever_the_order_and_age_of_replies(Reply[] replies)
    {
        var before = DateTimeOffset.MinValue;
        foreach (var reply in replies)
        {
            // Some replies overtake others, and some take seconds.
            server.Advance(TimeSpan.FromMilliseconds(reply.Pause * 0.317));
            Receive(TimeSpan.FromMilliseconds(reply.Age * 0.713));
            var takenAt = server.GetUtcNow() - TimeSpan.FromMilliseconds(reply.Age * 0.713);
            server.Advance(TimeSpan.FromMilliseconds(reply.Later * 0.511));

            var now = Now();
            Assert.InRange(now, takenAt - TimeSpan.FromMilliseconds(1), server.GetUtcNow());
            Assert.True(now >= before, $"{now:O} after {before:O}");
            before = now;
        }
    }

    [Fact]
    public void Time_stands_still_after_the_server_clock_was_set_back_by_less_than_a_minute()
    {
        Receive(TimeSpan.Zero);
        var before = Now();
        Receive(TimeSpan.FromSeconds(59));
        Assert.Equal(before, Now());

        server.Advance(TimeSpan.FromSeconds(60));
        Receive(TimeSpan.FromSeconds(59));

        Assert.Equal(before + TimeSpan.FromSeconds(1), Now());
    }

    [Fact]
    public void Time_does_not_go_back_behind_a_server_time_that_was_received_but_never_read()
    {
        Receive(TimeSpan.Zero);
        var received = server.GetUtcNow();

        Receive(TimeSpan.FromSeconds(30));

        Assert.Equal(received, Now());
    }

    [Fact]
    public void A_large_correction_of_the_server_clock_is_followed_within_ten_seconds()
    {
        Receive(TimeSpan.Zero);

        Repeat(LongestWindow, () => Receive(TimeSpan.FromHours(1)));

        Assert.Equal(server.GetUtcNow() - TimeSpan.FromHours(1), Now(), TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public void Time_follows_the_primary_that_is_furthest_ahead_when_primaries_of_a_Cluster_are_minutes_apart()
    {
        var before = DateTimeOffset.MinValue;
        var n = 0;
        Repeat(TimeSpan.FromMinutes(1), () =>
        {
            Receive(n++ % 3 == 0 ? TimeSpan.Zero : TimeSpan.FromMinutes(5));
            var now = Now();
            Assert.True(now >= before, $"{now:O} after {before:O}");
            Assert.Equal(server.GetUtcNow(), now, TimeSpan.FromMilliseconds(1));
            before = now;
        });
    }

    [Fact]
    public async Task Callers_that_find_the_clock_too_old_at_the_same_time_share_one_request()
    {
        var reply = new TaskCompletionSource<long>();
        var requests = 0;
        askServers = () =>
        {
            requests++;
            return [reply.Task];
        };

        var callers = Enumerable.Range(0, 50).Select(_ => clock.GetTimeAsync(CancellationToken.None).AsTask()).ToList();
        reply.SetResult(Microseconds(TimeSpan.Zero));

        Assert.All(await Task.WhenAll(callers), now => Assert.Equal(server.GetUtcNow(), now));
        Assert.Equal(1, requests);
    }

    [Fact]
    public async Task A_failed_request_fails_its_callers_and_the_next_caller_sends_another()
    {
        askServers = () => [Task.FromException<long>(new StoreUnavailableException("down"))];
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await clock.GetTimeAsync(CancellationToken.None));

        askServers = () => [Task.FromResult(Microseconds(TimeSpan.Zero))];

        Assert.Equal(server.GetUtcNow(), await clock.GetTimeAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_caller_that_cancels_does_not_cancel_the_shared_request()
    {
        var reply = new TaskCompletionSource<long>();
        askServers = () => [reply.Task];
        using var cancellation = new CancellationTokenSource();
        var canceled = clock.GetTimeAsync(cancellation.Token).AsTask();
        var other = clock.GetTimeAsync(CancellationToken.None).AsTask();

        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => canceled);
        reply.SetResult(Microseconds(TimeSpan.Zero));

        Assert.Equal(server.GetUtcNow(), await other);
    }

    [Fact]
    public async Task A_server_that_hangs_or_fails_delays_no_caller_and_its_answer_counts_when_it_arrives()
    {
        var (hanging, failing, answering) = (new TaskCompletionSource<long>(), new TaskCompletionSource<long>(), new TaskCompletionSource<long>());
        askServers = () => [hanging.Task, failing.Task, answering.Task];
        var caller = clock.GetTimeAsync(CancellationToken.None).AsTask();

        failing.SetException(new StoreUnavailableException("down"));
        Assert.False(caller.IsCompleted);
        answering.SetResult(Microseconds(TimeSpan.FromSeconds(2)));
        Assert.Equal(server.GetUtcNow() - TimeSpan.FromSeconds(2), await caller);

        hanging.SetResult(Microseconds(TimeSpan.Zero));
        await Eventually.TrueAsync(() => Task.FromResult(Now() == server.GetUtcNow()));
    }

    [Fact]
    public async Task Callers_fail_when_no_server_answers()
    {
        askServers = () => [.. Enumerable.Range(0, 3).Select(_ => Task.FromException<long>(new StoreUnavailableException("down")))];

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await clock.GetTimeAsync(CancellationToken.None));
    }

    private void Repeat(TimeSpan duration, Action action)
    {
        var step = TimeSpan.FromMilliseconds(100);
        for (var passed = TimeSpan.Zero; passed <= duration; passed += step)
        {
            server.Advance(step);
            action();
        }
    }

    // A server time arrives that was taken some time ago.
    private void Receive(TimeSpan age) => clock.Update(Microseconds(age));

    private long Microseconds(TimeSpan age) => (server.GetUtcNow() - age - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    private DateTimeOffset Now()
    {
        Assert.True(clock.TryGetTime(out var now));
        return now;
    }
}
