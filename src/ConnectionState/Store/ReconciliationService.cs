namespace ConnectionStateService.Store;

/// <summary>
/// Compares what this process knows with the store periodically, and at once when notifications may have been lost. A lost notification therefore only
/// delays what it was about.
/// </summary>
/// <param name="interval">The maximum time between two comparisons.</param>
/// <param name="clock">The clock of the interval.</param>
internal abstract class ReconciliationService(TimeSpan interval, TimeProvider clock) : BackgroundService
{
    /// <summary>How much faster than usual a large comparison is when notifications may have been lost: soon, but not all of it at once.</summary>
    public const int FasterIfLost = 8;

    /// <summary>Compares with the store.</summary>
    /// <param name="spread">The period over which a large comparison is spread, so that it does not delay other calls.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="StoreUnavailableException">The store is unavailable.</exception>
    protected abstract Task ReconcileAsync(TimeSpan spread, CancellationToken cancellationToken);

    /// <summary>Waits until the store reports that notifications may have been lost.</summary>
    protected abstract Task WaitForLostNotificationsAsync(CancellationToken cancellationToken);

    /// <summary>Logs that the store is unavailable.</summary>
    protected abstract void LogUnavailable(StoreUnavailableException exception);

    /// <summary>Logs that a comparison failed unexpectedly.</summary>
    protected abstract void LogFailed(Exception exception);

    protected sealed override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var began = clock.GetTimestamp();
            while (true)
            {
                var isDue = await WaitAsync(NextDelay(began), stoppingToken);
                began = clock.GetTimestamp();
                await TryReconcileAsync(isDue ? interval / 2 : interval / 2 / FasterIfLost, stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service is stopping.
        }
    }

    // Returns false if notifications may have been lost.
    private async Task<bool> WaitAsync(TimeSpan delay, CancellationToken stoppingToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var lost = WaitForLostNotificationsAsync(waiting.Token);
        await Task.WhenAny(lost, Task.Delay(delay, clock, waiting.Token));
        await waiting.CancelAsync();
        try
        {
            await lost;
            return false;
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            return true;
        }
    }

    // From the beginning of a comparison to the next one. Jitter only shortens it: the interval is a maximum. It keeps replicas from reading at the same
    // time. A store that is slow gets a pause nevertheless.
    private TimeSpan NextDelay(long began)
    {
        var delay = (interval * (1 - (0.25 * Random.Shared.NextDouble()))) - clock.GetElapsedTime(began);
        return delay > interval / 8 ? delay : interval / 8;
    }

    private async Task TryReconcileAsync(TimeSpan spread, CancellationToken cancellationToken)
    {
        try
        {
            await ReconcileAsync(spread, cancellationToken);
        }
        catch (StoreUnavailableException e)
        {
            LogUnavailable(e);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            // Do not stop the service: streams would get no more checkpoints.
            LogFailed(e);
        }
    }
}
