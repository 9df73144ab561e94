using System.Diagnostics.Metrics;

namespace ConnectionState.Store;

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
}
