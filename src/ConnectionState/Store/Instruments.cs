using System.Diagnostics.Metrics;

namespace ConnectionStateService.Store;

/// <summary>What is counted. Meter <c>ConnectionState</c>.</summary>
internal sealed class Instruments(IMeterFactory meters)
{
    public const string MeterName = "ConnectionState";

    private readonly Meter meter = meters.Create(MeterName);

    /// <summary>Reads of a record that failed because it could not be read.</summary>
    public Counter<long> UnreadableRecords => field ??= meter.CreateCounter<long>(
        "connectionstate.records.unreadable", "{read}", "Reads that failed because the stored record cannot be read.");

    /// <summary>Commits that were decided anew because others changed the merchant in between.</summary>
    public Counter<long> LostRaces => field ??= meter.CreateCounter<long>(
        "connectionstate.commits.lost", "{commit}", "Commits decided anew because others changed the merchant in between.");

    /// <summary>Due merchants that the timer handled.</summary>
    public Counter<long> SweptMerchants => field ??= meter.CreateCounter<long>(
        "connectionstate.timer.handled", "{merchant}", "Due merchants that the timer handled.");

    /// <summary>Due merchants that the timer failed on.</summary>
    public Counter<long> SweepFailures => field ??= meter.CreateCounter<long>(
        "connectionstate.timer.failed", "{merchant}", "Due merchants that the timer failed on; they are tried again later.");

    /// <summary>Streams that were read too slowly and got the newest page list in place of what waited.</summary>
    public Counter<long> StreamsFallenBehind => field ??= meter.CreateCounter<long>(
        "connectionstate.watch.fallen_behind", "{stream}", "Streams that were read too slowly and got the newest page list instead.");

    /// <summary>Streams that were refused because too many were open.</summary>
    public Counter<long> RefusedStreams => field ??= meter.CreateCounter<long>(
        "connectionstate.watch.refused", "{stream}", "Streams that were refused because too many were open.");

    /// <summary>Streams that are open.</summary>
    public void OpenStreams(Func<int> count) => meter.CreateObservableUpDownCounter(
        "connectionstate.watch.open", count, "{stream}", "Streams that are open.");
}
