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

    /// <summary>
    /// Returns how long a stream is without a message until it gets a checkpoint. Jittered, so that not all get theirs at once. At most 0.6 of the checkpoint
    /// interval: the next comparison of a merchant is within 0.375 of it, a reconciliation interval and the half over which one is spread.
    /// </summary>
    public TimeSpan NextIdleTime() => options.CheckpointInterval * 0.3 * (1 + Random.Shared.NextDouble());

    /// <summary>The number of the reconciliation that began last. What is read from the store from now on is at least as new as that.</summary>
    public long Round => Volatile.Read(ref round);

    /// <summary>Begins a reconciliation. Must not be called concurrently.</summary>
    public long BeginRound() => Interlocked.Increment(ref round);
}
