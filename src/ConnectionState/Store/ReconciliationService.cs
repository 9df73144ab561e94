namespace ConnectionStateService.Store;

/// <summary>
/// Compares what this process knows with the store periodically, and at once when notifications may have been lost. A lost notification therefore only
/// delays what it was about.
/// </summary>
/// <param name="interval">The maximum time between two comparisons.</param>
/// <param name="clock">The clock of the interval.</param>
internal abstract class ReconciliationService(TimeSpan interval, TimeProvider clock) : BackgroundService
{
    /// <summary>Compares with the store.</summary>
    /// <exception cref="StoreUnavailableException">The store is unavailable.</exception>
    protected abstract Task ReconcileAsync(CancellationToken cancellationToken);

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
        await await Task.WhenAny(Task.Delay(NextDelay(), clock, waiting.Token), WaitForLostNotificationsAsync(waiting.Token));
        await waiting.CancelAsync();
    }

    // Jitter only shortens the delay: the interval is a maximum. It keeps replicas from reading at the same time.
    private TimeSpan NextDelay() => interval * (1 - (0.25 * Random.Shared.NextDouble()));

    private async Task TryReconcileAsync(CancellationToken cancellationToken)
    {
        try
        {
            await ReconcileAsync(cancellationToken);
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
