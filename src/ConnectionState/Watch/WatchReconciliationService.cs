using ConnectionStateService.Store;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Watch;

/// <summary>Compares what is watched with the store again and again, so that a lost notification costs seconds and no more.</summary>
internal sealed partial class WatchReconciliationService(
    WatchHub hub, IOptions<WatchOptions> options, TimeProvider clock, ILogger<WatchReconciliationService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await WaitAsync(stoppingToken);
                await TryCompareAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops, and the streams end.
        }
    }

    private async Task WaitAsync(CancellationToken stoppingToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        await await Task.WhenAny(Task.Delay(NextWait(), clock, waiting.Token), hub.WaitUntilMissedAsync(waiting.Token));
        await waiting.CancelAsync();
    }

    // Jittered downwards: the interval is a promise, and replicas must not ask together.
    private TimeSpan NextWait()
    {
        var longest = TimeSpan.FromTicks(Math.Min(options.Value.CompareInterval.Ticks, options.Value.CheckpointInterval.Ticks / 4));
        return longest * (1 - (0.25 * Random.Shared.NextDouble()));
    }

    private async Task TryCompareAsync(CancellationToken cancellationToken)
    {
        try
        {
            await hub.CompareAsync(cancellationToken);
        }
        catch (StoreUnavailableException e)
        {
            Log.StoreUnavailable(logger, e);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever it is, streams without checkpoints would be worse.
            Log.Bug(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The store could not be asked where the watched merchants stand; streams get no checkpoints.")]
        public static partial void StoreUnavailable(ILogger logger, Exception exception);

        [LoggerMessage(2, LogLevel.Error, "The comparison of what is watched failed: a bug; it goes on.")]
        public static partial void Bug(ILogger logger, Exception exception);
    }
}
