using ConnectionStateService.Store;

namespace ConnectionStateService.Auth;

/// <summary>
/// Keeps what this process knows of merchant tokens current: revocations at once when another process tells of one, and every few seconds because a
/// notification may be lost; signing keys every minute.
/// </summary>
internal sealed partial class MerchantTokenMaintenance(
    SigningKeys keys, Revocations revocations, AuthorizedStreams streams, ITokenStore store, IStoreClock storeClock, TimeProvider clock, ILogger<MerchantTokenMaintenance> logger)
    : BackgroundService
{
    private static readonly TimeSpan RevocationInterval = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan KeyInterval = TimeSpan.FromMinutes(1);

    private readonly SemaphoreSlim revoked = new(0, 1);
    private readonly Repetition revocationReads = new();
    private readonly Repetition keyReads = new();

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        if (keys.IsEnabled)
        {
            await keys.RefreshAsync(cancellationToken);
            await ReadRevocationsAsync(cancellationToken);
            await base.StartAsync(cancellationToken);
        }
    }

    /// <summary>Reads the revocations, and ends the streams that they cover.</summary>
    public async Task ReadRevocationsAsync(CancellationToken cancellationToken)
    {
        var isNew = false;
        foreach (var revocation in await store.ReadRevocationsAsync(cancellationToken))
        {
            isNew |= revocations.Add(revocation.MerchantId, revocation.Until.ToUnixTimeMilliseconds());
        }

        if (isNew)
        {
            streams.EndRevoked();
        }

        revocations.Forget(await storeClock.GetTimeAsync(cancellationToken));
    }

    public override void Dispose()
    {
        revoked.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var subscription = store.SubscribeRevocations(OnRevoked);
        var refreshedAt = clock.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            await TryAsync(() => ReadRevocationsAsync(stoppingToken), revocationReads, stoppingToken);
            if (clock.GetElapsedTime(refreshedAt) >= KeyInterval)
            {
                refreshedAt = clock.GetTimestamp();
                await TryAsync(() => keys.RefreshAsync(stoppingToken), keyReads, stoppingToken);
            }

            await WaitAsync(stoppingToken);
        }
    }

    private void OnRevoked()
    {
        try
        {
            revoked.Release();
        }
        catch (SemaphoreFullException)
        {
            // The next read is due already.
        }
        catch (ObjectDisposedException)
        {
            // The service stops.
        }
    }

    private async Task WaitAsync(CancellationToken stoppingToken)
    {
        using var interval = new CancellationTokenSource(RevocationInterval, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(interval.Token, stoppingToken);
        try
        {
            await revoked.WaitAsync(either.Token);
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            // The interval is over.
        }
    }

    // What is known stays valid during an outage; it is logged once.
    private async Task TryAsync(Func<Task> action, Repetition repetition, CancellationToken stoppingToken)
    {
        try
        {
            await action();
            repetition.IsFailing = false;
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            if (!repetition.IsFailing)
            {
                Log.Failed(logger, e);
            }

            repetition.IsFailing = true;
        }
    }

    private sealed class Repetition
    {
        public bool IsFailing { get; set; }
    }

    private static partial class Log
    {
        [LoggerMessage(8021, LogLevel.Warning, "Reading revocations or signing keys failed; retrying. Merchant tokens are checked by what is known.")]
        public static partial void Failed(ILogger logger, Exception exception);
    }
}
