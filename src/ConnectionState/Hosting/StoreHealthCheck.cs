using ConnectionStateService.Store;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Hosting;

/// <summary>
/// Checks the store at a fixed interval and reports the last result. A check writes to the store, so callers of the health endpoints must not
/// cause one each. The first check is done before the service listens.
/// </summary>
internal sealed partial class StoreHealthCheck(
    IStoreLifecycle store,
    IOptions<HealthOptions> options,
    IHostApplicationLifetime lifetime,
    TimeProvider timeProvider,
    ILogger<StoreHealthCheck> logger) : BackgroundService, IHealthCheck
{
    private volatile Result last = new(IsHealthy: false);

    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(lifetime.ApplicationStopping.IsCancellationRequested ? HealthCheckResult.Unhealthy("the service is stopping")
            : last.IsHealthy ? HealthCheckResult.Healthy()
            : HealthCheckResult.Unhealthy("the store does not answer", last.Failure));

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await CheckStoreAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    /// <summary>Checks the store now and keeps the result.</summary>
    public async Task CheckStoreAsync(CancellationToken cancellationToken)
    {
        var previous = last;
        var started = timeProvider.GetTimestamp();
        try
        {
            using var timeout = new CancellationTokenSource(options.Value.CheckTimeout, timeProvider);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);

            // A store that does not observe its token must not hold up the next check.
            await store.CheckAsync(either.Token).WaitAsync(either.Token);
            last = new Result(IsHealthy: true);
            if (previous.Failure is not null)
            {
                Log.Ready(logger);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            last = new Result(IsHealthy: false, e);
            if (previous.Failure is null)
            {
                Log.NotReady(logger, timeProvider.GetElapsedTime(started).TotalMilliseconds, e);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.CheckInterval, timeProvider);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await CheckStoreAsync(stoppingToken);
        }
    }

    private sealed record Result(bool IsHealthy, Exception? Failure = null);

    private static partial class Log
    {
        [LoggerMessage(1011, LogLevel.Warning, "Not ready: the check of the store failed after {Milliseconds:F0} ms.")]
        public static partial void NotReady(ILogger logger, double milliseconds, Exception exception);

        [LoggerMessage(1012, LogLevel.Information, "Ready again: the store answers.")]
        public static partial void Ready(ILogger logger);
    }
}
