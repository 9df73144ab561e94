using ConnectionStateService.Store;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Feed;

/// <summary>
/// Compares the ends of the feed with the store periodically, and at once when notifications may have been lost. A lost notification therefore only
/// delays a commit.
/// </summary>
internal sealed partial class FeedReconciliationService(
    FeedHub hub, IOptions<FeedOptions> options, TimeProvider clock, ILogger<FeedReconciliationService> logger) : BackgroundService
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
        await await Task.WhenAny(Task.Delay(NextDelay(), clock, waiting.Token), hub.WaitForLostNotificationsAsync(waiting.Token));
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
        [LoggerMessage(4121, LogLevel.Warning, "Cannot compare the feed with the store: it is unavailable. No checkpoints are sent until it answers.")]
        public static partial void StoreUnavailable(ILogger logger, Exception exception);

        [LoggerMessage(4122, LogLevel.Error, "Comparing the feed with the store failed unexpectedly. It is retried at the next interval.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
