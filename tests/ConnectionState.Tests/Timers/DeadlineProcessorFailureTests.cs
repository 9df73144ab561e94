using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Timers;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;

namespace ConnectionStateService.Tests.Timers;

/// <summary>Failures on single merchants do not keep the timer from the others.</summary>
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
    public async Task A_failing_merchant_is_logged_and_counted_and_does_not_delay_the_others()
    {
        var merchants = await engine.ConnectManyAsync(3 * Batch);
        await engine.MakeUnreadableAsync(merchants[0]);
        using var failed = engine.Collect("connectionstate.timer.failed");

        await engine.ProcessAfterAsync(Hour);

        Assert.Equal(merchants[1..], await engine.ExpiredOnceAsync(merchants[1..]));
        Assert.Equal(1, failed.GetMeasurementSnapshot().EvaluateAsCounter());
        Assert.Contains($"merchant {merchants[0]}.", Assert.Single(engine.DeadlineLog.Collector.GetSnapshot()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failing_merchant_is_retried_after_RetryAfter()
    {
        await engine.ConnectManyAsync(1);
        await engine.MakeUnreadableAsync("merchant-001");
        using var failed = engine.Collect("connectionstate.timer.failed");
        await engine.ProcessAfterAsync(Hour);

        await engine.ProcessAfterAsync(RetryAfter - TimeSpan.FromMilliseconds(1));
        Assert.Equal(1, failed.GetMeasurementSnapshot().EvaluateAsCounter());

        await engine.ProcessAfterAsync(TimeSpan.FromMilliseconds(1));
        Assert.Equal(2, failed.GetMeasurementSnapshot().EvaluateAsCounter());
    }

    [Fact]
    public async Task A_full_batch_of_failing_merchants_does_not_delay_the_others()
    {
        var merchants = await engine.ConnectManyAsync(2 * Batch);
        foreach (var merchant in merchants[..Batch])
        {
            await engine.MakeUnreadableAsync(merchant);
        }

        await engine.ProcessAfterAsync(Hour);

        Assert.Equal(merchants[Batch..], await engine.ExpiredOnceAsync(merchants[Batch..]));
    }

    [Fact]
    public async Task A_merchant_that_others_keep_changing_is_retried_after_one_interval()
    {
        var merchants = await engine.ConnectManyAsync(1);
        var isBusy = true;
        var isNested = false;
        var pages = 0;
        engine.Store.Before = async method =>
        {
            if (isBusy && !isNested && method == "CommitAsync")
            {
                isNested = true;
                await engine.HandleAsync(merchants[0], TestCommands.SetPlan(Plan.Standard, ++pages));
                isNested = false;
            }
        };
        using var processed = engine.Collect("connectionstate.timer.processed");

        await engine.ProcessAfterAsync(Hour);
        Assert.Empty(processed.GetMeasurementSnapshot());

        isBusy = false;
        await engine.ProcessAfterAsync(new TimerOptions().Interval);
        Assert.Equal(merchants, await engine.ExpiredOnceAsync(merchants));
    }

    [Fact]
    public async Task A_merchant_is_retried_after_one_interval_if_the_store_was_unavailable()
    {
        var merchants = await engine.ConnectManyAsync(3 * Batch);
        var outages = 0;
        engine.Store.Before = method => method == "CommitAsync" && Interlocked.Increment(ref outages) == 1
            ? throw new StoreUnavailableException("an outage")
            : Task.CompletedTask;

        await engine.ProcessAfterAsync(Hour);
        await engine.ProcessAfterAsync(new TimerOptions().Interval);

        Assert.Equal(merchants, await engine.ExpiredOnceAsync(merchants));
    }

    [Fact]
    public async Task An_unreadable_record_is_counted()
    {
        await engine.ConnectManyAsync(1);
        await engine.MakeUnreadableAsync("merchant-001");
        using var unreadable = engine.Collect("connectionstate.records.unreadable");

        await engine.ProcessAfterAsync(Hour);

        Assert.Equal(1, unreadable.GetMeasurementSnapshot().EvaluateAsCounter());
    }
}
