using System.Diagnostics.Metrics;

namespace ConnectionStateService.Store;

/// <summary>The metrics of the service. Meter <c>ConnectionState</c>.</summary>
internal sealed class Instruments(IMeterFactory meters)
{
    public const string MeterName = "ConnectionState";

    private readonly Meter meter = meters.Create(MeterName);

    /// <summary>Reads that failed because the stored data is unreadable.</summary>
    public Counter<long> UnreadableRecords => field ??= meter.CreateCounter<long>(
        "connectionstate.records.unreadable", "{read}", "Reads that failed because the stored data is damaged or has an unknown schema.");

    /// <summary>Commits that were decided again because the merchant had changed.</summary>
    public Counter<long> CommitConflicts => field ??= meter.CreateCounter<long>(
        "connectionstate.commits.conflicts", "{commit}", "Commits that were decided again because another commit had changed the merchant.");

    /// <summary>Due merchants that the timer processed.</summary>
    public Counter<long> TimerProcessed => field ??= meter.CreateCounter<long>(
        "connectionstate.timer.processed", "{merchant}", "Due merchants that the timer processed.");

    /// <summary>Due merchants and claims that the timer failed to process.</summary>
    public Counter<long> TimerFailures => field ??= meter.CreateCounter<long>(
        "connectionstate.timer.failed", "{merchant}", "Due merchants and claims that the timer failed to process; it retries them.");

    /// <summary>Times that a slow stream got a snapshot in place of its buffered events.</summary>
    public Counter<long> StreamsFallenBehind => field ??= meter.CreateCounter<long>(
        "connectionstate.watch.fallen_behind", "{stream}", "Times that a slow stream got a snapshot in place of its buffered events.");

    /// <summary>Streams that were refused because a stream limit was reached.</summary>
    public Counter<long> RefusedStreams => field ??= meter.CreateCounter<long>(
        "connectionstate.watch.refused", "{stream}", "Streams that were refused because a stream limit was reached.");

    /// <summary>Registers the gauge of open streams.</summary>
    public void ObserveOpenStreams(Func<int> count) => meter.CreateObservableUpDownCounter(
        "connectionstate.watch.open", count, "{stream}", "Open streams.");
}
