using ConnectionStateService.Store;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Timers;

/// <summary>Runs the deadline and claim processors every <see cref="TimerOptions.Interval"/> while the service runs.</summary>
internal sealed partial class TimerService(
    DeadlineProcessor deadlines, PageClaimProcessor claims, IOptions<TimerOptions> options, TimeProvider clock, ILogger<TimerService> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Interval, clock);
        try
        {
            do
            {
                await TryProcessAsync(stoppingToken);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops. What is due is still due at the next start.
        }
    }

    private async Task TryProcessAsync(CancellationToken cancellationToken)
    {
        try
        {
            await deadlines.ProcessDueAsync(cancellationToken);
            await claims.ProcessUnsettledAsync(cancellationToken);
        }
        catch (StoreUnavailableException e)
        {
            Log.StoreUnavailable(logger, e);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // A service without its timer would be worse than an error per interval.
            Log.TimerFailed(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "The timer could not read from the store. It retries after its interval.")]
        public static partial void StoreUnavailable(ILogger logger, Exception exception);

        [LoggerMessage(2, LogLevel.Error, "Internal error in the timer. It continues after its interval.")]
        public static partial void TimerFailed(ILogger logger, Exception exception);
    }
}
