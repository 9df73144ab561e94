using ConnectionStateService.Store;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Timers;

/// <summary>
/// Runs the processors of deadlines and of claims while the service runs, and takes part in the fleet that shares this work. They run
/// apart, so that a slow claim delays no deadline.
/// </summary>
internal sealed partial class TimerService(
    IFleetMembership fleet,
    IDeadlineQueue queue,
    DeadlineProcessor deadlines,
    PageClaimProcessor claims,
    IOptions<TimerOptions> options,
    TimeProvider clock,
    ILogger<TimerService> logger)
    : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        fleet.Join();
        try
        {
            await Task.WhenAll(ProcessDeadlinesAsync(stoppingToken), ProcessClaimsAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops. What is due is still due for the others, or at the next start.
        }

        await fleet.LeaveAsync();
    }

    private async Task ProcessDeadlinesAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await queue.WaitForDueAsync(stoppingToken);
            if (!await TryAsync(() => deadlines.ProcessDueAsync(stoppingToken), stoppingToken))
            {
                await Task.Delay(options.Value.Interval, clock, stoppingToken);
            }
        }
    }

    private async Task ProcessClaimsAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Interval, clock);
        do
        {
            await TryAsync(
                async () =>
                {
                    await claims.ProcessUnsettledAsync(stoppingToken);
                    return true;
                },
                stoppingToken);
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<bool> TryAsync(Func<Task<bool>> process, CancellationToken cancellationToken)
    {
        try
        {
            return await process();
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

        return false;
    }

    private static partial class Log
    {
        [LoggerMessage(5001, LogLevel.Warning, "The timer could not read from the store. It retries after its interval.")]
        public static partial void StoreUnavailable(ILogger logger, Exception exception);

        [LoggerMessage(5002, LogLevel.Error, "Internal error in the timer. It continues after its interval.")]
        public static partial void TimerFailed(ILogger logger, Exception exception);
    }
}
