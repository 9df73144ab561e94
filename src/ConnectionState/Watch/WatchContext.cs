using ConnectionStateService.Store;
using ConnectionStateService.Telemetry;

namespace ConnectionStateService.Watch;

/// <summary>What all feeds of a hub share, in one object, because there may be 100,000 feeds.</summary>
internal sealed class WatchContext(
    IMerchantRecords records, IMerchantHistory history, Instruments instruments, WatchOptions options, TimeProvider clock, ILogger logger)
{
    private long round;

    public IMerchantRecords Records => records;

    public IMerchantHistory History => history;

    public Instruments Instruments => instruments;

    public WatchOptions Options => options;

    public TimeProvider Clock => clock;

    public ILogger Logger => logger;

    /// <summary>The number of the reconciliation that began last. What is read from the store from now on is at least as new as that.</summary>
    public long Round => Volatile.Read(ref round);

    /// <summary>Begins a reconciliation. Must not be called concurrently.</summary>
    public long BeginRound() => Interlocked.Increment(ref round);
}
