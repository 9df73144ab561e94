using ConnectionStateService.Store;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Feed;

/// <summary>Compares the ends of the feed with the store, at least four times per checkpoint interval.</summary>
internal sealed partial class FeedReconciliationService(
    FeedHub hub, IOptions<FeedOptions> options, TimeProvider clock, ILogger<FeedReconciliationService> logger)
    : ReconciliationService(Interval(options.Value), clock)
{
    protected override Task ReconcileAsync(TimeSpan spread, CancellationToken cancellationToken) => hub.ReconcileAsync(cancellationToken);

    protected override Task WaitForLostNotificationsAsync(CancellationToken cancellationToken) => hub.WaitForLostNotificationsAsync(cancellationToken);

    protected override void LogUnavailable(StoreUnavailableException exception) => Log.StoreUnavailable(logger, exception);

    protected override void LogFailed(Exception exception) => Log.Failed(logger, exception);

    private static TimeSpan Interval(FeedOptions options) =>
        TimeSpan.FromTicks(Math.Min(options.ReconciliationInterval.Ticks, options.CheckpointInterval.Ticks / 4));

    private static partial class Log
    {
        [LoggerMessage(4121, LogLevel.Warning, "Cannot compare the feed with the store: it is unavailable. No checkpoints are sent until it answers.")]
        public static partial void StoreUnavailable(ILogger logger, Exception exception);

        [LoggerMessage(4122, LogLevel.Error, "Comparing the feed with the store failed unexpectedly. It is retried at the next interval.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
