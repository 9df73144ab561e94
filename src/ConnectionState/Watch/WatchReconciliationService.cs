using ConnectionStateService.Store;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Watch;

/// <summary>
/// Compares the watched merchants with the store periodically, and at once when notifications may have been lost. A lost notification
/// therefore only delays a change.
/// </summary>
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
                await TryReconcileAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service is stopping.
        }
    }

    private async Task WaitAsync(CancellationToken stoppingToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        await await Task.WhenAny(
            Task.Delay(NextDelay(), clock, waiting.Token), hub.WaitForLostNotificationsAsync(waiting.Token));
        await waiting.CancelAsync();
    }

    // Jitter only shortens the delay: the interval is a maximum. It keeps replicas from reading at the same time.
    private TimeSpan NextDelay()
    {
        var longest = TimeSpan.FromTicks(Math.Min(options.Value.ReconciliationInterval.Ticks, options.Value.CheckpointInterval.Ticks / 4));
        return longest * (1 - (0.25 * Random.Shared.NextDouble()));
    }

    private async Task TryReconcileAsync(CancellationToken cancellationToken)
    {
        try
        {
            await hub.ReconcileAsync(cancellationToken);
        }
        catch (StoreUnavailableException e)
        {
            Log.StoreUnavailable(logger, e);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Do not stop the service: streams would get no more checkpoints.
            Log.Failed(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            4011, LogLevel.Warning, "Cannot compare the watched merchants with the store: it is unavailable. No checkpoints are sent until it answers.")]
        public static partial void StoreUnavailable(ILogger logger, Exception exception);

        [LoggerMessage(4012, LogLevel.Error, "Comparing the watched merchants with the store failed unexpectedly. It is retried at the next interval.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
