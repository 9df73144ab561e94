using ConnectionStateService.Core;
using ConnectionStateService.Merchants;
using ConnectionStateService.Telemetry;
using ConnectionStateService.Watch;

namespace ConnectionStateService.Canary;

/// <summary>
/// Changes a merchant of its own every 10 seconds, watches it, and measures how late the change is seen: the objective of deliveries as a caller
/// sees it, also when nobody else changes or watches anything. docs/decisions/0025-the-canary.md says what it measures and what not.
/// </summary>
internal sealed partial class CanaryService(
    MerchantCommandHandler merchants, WatchHub hub, Instruments instruments, TimeProvider clock, ILogger<CanaryService> logger)
    : BackgroundService
{
    /// <summary>
    /// The ids of canaries begin with this. It is no character of a merchant's id, so callers cannot name them.
    /// </summary>
    public const string IdPrefix = "~canary-";

    // A process that starts takes any of them, so that the store does not collect a merchant for each start. Processes may share one: each
    // waits for its own change.
    private const int Ids = 64;
    private const int MaxBoughtPages = 1_000;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);
    private static readonly Origin Origin = new("connectionstate:canary");

    private readonly string merchantId = $"{IdPrefix}{Random.Shared.Next(Ids):00}";
    private int boughtPages = Random.Shared.Next(MaxBoughtPages);
    private WatchStream? stream;
    private bool isFailing;

    /// <summary>Makes one change, and waits until the watch has seen it.</summary>
    public async Task MeasureAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(Timeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        var isStored = false;
        try
        {
            stream ??= await OpenAsync(either.Token);
            var started = clock.GetTimestamp();
            var revision = await ChangeAsync(either.Token);
            isStored = true;
            await UntilSeenAsync(stream, revision, either.Token);
            instruments.RecordCanary(clock.GetElapsedTime(started));
            LogIfChanged(failure: null);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Close();
            instruments.CountCanaryFailure(isStored ? "NOT_SEEN" : "NOT_STORED");
            LogIfChanged(e);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            using var timer = new PeriodicTimer(Interval, clock);
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await MeasureAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
        finally
        {
            Close();
        }
    }

    // The first event is the merchant as it is: changes are seen from then on.
    private async Task<WatchStream> OpenAsync(CancellationToken cancellationToken)
    {
        var opened = hub.OpenOwn(merchantId);
        try
        {
            await opened.ReadAsync(cancellationToken);
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    private async Task<long> ChangeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            boughtPages = (boughtPages + 1) % MaxBoughtPages;
            var decision = await merchants.HandleAsync(
                merchantId, new Command.SetPlan(Origin, Plan.Standard, boughtPages), cancellationToken);
            switch (decision)
            {
                case Decision.Changed changed:
                    return changed.Record.Revision;
                case Decision.Refused refused:
                    throw new InvalidOperationException($"The change was refused: {refused.Fault}.");
            }

            // The merchant had that number of pages already.
        }
    }

    private static async Task UntilSeenAsync(WatchStream stream, long revision, CancellationToken cancellationToken)
    {
        while ((await stream.ReadAsync(cancellationToken)).Position.Revision < revision)
        {
            // An earlier change, of a process that has the same canary.
        }
    }

    private void Close()
    {
        stream?.Dispose();
        stream = null;
    }

    private void LogIfChanged(Exception? failure)
    {
        switch (isFailing, failure)
        {
            case (false, not null):
                Log.Failing(logger, failure);
                break;
            case (true, null):
                Log.Recovered(logger);
                break;
        }

        isFailing = failure is not null;
    }

    private static partial class Log
    {
        [LoggerMessage(7001, LogLevel.Warning, "The canary fails: its change was not stored, or its watch did not see it in time.")]
        public static partial void Failing(ILogger logger, Exception exception);

        [LoggerMessage(7002, LogLevel.Information, "The canary works again.")]
        public static partial void Recovered(ILogger logger);
    }
}
