using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Timers;

namespace ConnectionStateService.Tests.Timers;

/// <summary>MerchantCommandHandler that the timer fails on do not keep it from the others.</summary>
public sealed class DeadlineProcessorFailureTests : IAsyncLifetime
{
    private const int Batch = 8;
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(5);

    private Engine engine = null!;

    public async Task InitializeAsync() =>
        engine = await Engine.StartAsync(timer: new TimerOptions { BatchSize = Batch, Parallelism = 4, RetryAfter = RetryAfter });

    public async Task DisposeAsync() => await engine.DisposeAsync();

    [Fact]
    public async Task A_merchant_that_fails_is_logged_and_counted_and_does_not_keep_the_others_waiting()
    {
        var merchants = await engine.ConnectManyAsync(3 * Batch);
        engine.MakeUnreadable(merchants[0]);
        using var failed = new CounterReading(engine.Meters, "connectionstate.timer.failed");

        await engine.SweepAfterAsync(Hour);

        Assert.Equal(merchants[1..], await engine.ExpiredOnceAsync(merchants[1..]));
        Assert.Equal(1, failed.Total);
        Assert.Contains($"merchant {merchants[0]};", Assert.Single(engine.SweeperLog.Entries), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_merchant_that_fails_is_left_alone_for_a_while_and_then_tried_again()
    {
        await engine.ConnectManyAsync(1);
        engine.MakeUnreadable("merchant-001");
        using var failed = new CounterReading(engine.Meters, "connectionstate.timer.failed");
        await engine.SweepAfterAsync(Hour);

        await engine.SweepAfterAsync(RetryAfter - TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, failed.Total);

        await engine.SweepAfterAsync(TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, failed.Total);
    }

    [Fact]
    public async Task A_full_batch_of_merchants_that_fail_does_not_keep_the_others_waiting()
    {
        var merchants = await engine.ConnectManyAsync(2 * Batch);
        Array.ForEach(merchants[..Batch], engine.MakeUnreadable);

        await engine.SweepAfterAsync(Hour);

        Assert.Equal(merchants[Batch..], await engine.ExpiredOnceAsync(merchants[Batch..]));
    }

    [Fact]
    public async Task A_merchant_that_met_an_outage_of_the_store_is_handled_soon_after()
    {
        var merchants = await engine.ConnectManyAsync(3 * Batch);
        var outages = 0;
        engine.Store.Before = method => method == "CommitAsync" && Interlocked.Increment(ref outages) == 1
            ? throw new StoreUnavailableException("an outage")
            : Task.CompletedTask;

        await engine.SweepAfterAsync(Hour);
        await engine.SweepAfterAsync(new TimerOptions().Interval);

        Assert.Equal(merchants, await engine.ExpiredOnceAsync(merchants));
    }

    [Fact]
    public async Task A_record_that_the_timer_cannot_read_is_counted_as_such()
    {
        await engine.ConnectManyAsync(1);
        engine.MakeUnreadable("merchant-001");
        using var unreadable = new CounterReading(engine.Meters, "connectionstate.records.unreadable");

        await engine.SweepAfterAsync(Hour);

        Assert.Equal(1, unreadable.Total);
    }
}
