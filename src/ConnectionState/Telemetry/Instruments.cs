using System.Collections.Immutable;
using System.Diagnostics.Metrics;
using ConnectionStateService.Core;

namespace ConnectionStateService.Telemetry;

/// <summary>
/// The metrics of the service: meter <c>ConnectionState</c>. docs/telemetry.md is generated from it. No tag names a merchant, a page or a person:
/// each tag has few values, whatever callers send.
/// </summary>
internal sealed class Instruments
{
    /// <summary>The name of the meter.</summary>
    public const string MeterName = "ConnectionState";

    /// <summary>The objective of deliveries, a boundary of the histogram's buckets. docs/telemetry.md publishes it.</summary>
    public static readonly TimeSpan DeliveryObjective = TimeSpan.FromMilliseconds(50);

    private static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, DeliveryObjective.TotalSeconds, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    private static readonly InstrumentAdvice<double> LongDurations = new()
    {
        HistogramBucketBoundaries = [0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60, 600, 3_600],
    };

    private readonly Dictionary<string, string[]> tags = [];
    private readonly Meter meter;
    private readonly Histogram<double> calls;
    private readonly Counter<long> refusals;
    private readonly Counter<long> transitions;
    private readonly Counter<long> commits;
    private readonly Histogram<double> commitDuration;
    private readonly Counter<long> storeErrors;
    private readonly Counter<long> authenticationFailures;
    private readonly Counter<long> refusedStreams;
    private readonly Counter<long> limited;
    private readonly Histogram<double> canaryDelay;
    private readonly Gauge<double> canaryLastDelay;
    private readonly Counter<long> canaryFailures;
    private readonly Histogram<double> deliveryDelay;
    private readonly Histogram<double> feedDelay;
    private readonly Histogram<double> timerLag;

    public Instruments(IMeterFactory meters)
    {
        meter = meters.Create(MeterName);
        calls = Histogram(
            "connectionstate.call.duration", "Calls, from the first byte to the end of the response. A watch is a call too.",
            Durations, TagNames.Method, TagNames.Status);
        refusals = Counter(
            "connectionstate.refusals", "{refusal}", "Calls that were refused or failed, by the reason that the caller gets.",
            TagNames.Method, TagNames.ErrorType);
        transitions = Counter(
            "connectionstate.transitions", "{transition}", "Transitions of connections, stored by this process.",
            TagNames.Provider, TagNames.From, TagNames.To, TagNames.Cause);
        commits = Counter(
            "connectionstate.commits", "{commit}",
            "Commits, by outcome: STORED, CONFLICT (a lost race: the command is decided again) or FAILED (stored or not, the store did not answer).",
            TagNames.Store, TagNames.Outcome);
        commitDuration = Histogram(
            "connectionstate.commit.duration", "How long the store took for a commit.", Durations, TagNames.Store, TagNames.Outcome);
        storeErrors = Counter(
            "connectionstate.store.errors", "{error}", "Operations of the store that failed, by the error of Redis or SQLite.",
            TagNames.Store, TagNames.ErrorType);
        UnreadableRecords = Counter(
            "connectionstate.records.unreadable", "{read}", "Reads that failed because the stored data is damaged or has an unknown schema.");
        refusedStreams = Counter(
            "connectionstate.watch.refused", "{stream}",
            "Streams that were refused because too many were open: of the MERCHANT, of the CALLER, or in the PROCESS; and merchants beyond the limit of a STREAM.",
            TagNames.Scope);
        StreamsFallenBehind = Counter(
            "connectionstate.watch.fallen_behind", "{stream}", "Times that a slow stream got a snapshot in place of its buffered events.");
        deliveryDelay = Histogram(
            "connectionstate.watch.delivery.delay",
            "From the time of a commit to its changes being written on an open stream, once for each commit and stream.", Durations);
        feedDelay = Histogram(
            "connectionstate.feed.delivery.delay",
            "From the time of a commit to its message being written on a live stream of the feed, once for each commit and stream.", Durations);
        timerLag = Histogram(
            "connectionstate.timer.lag", "From the deadline of a merchant to the time when the timer processed it.", LongDurations);
        TimerProcessed = Counter("connectionstate.timer.processed", "{merchant}", "Due merchants that the timer processed.");
        TimerFailures = Counter(
            "connectionstate.timer.failed", "{merchant}", "Due merchants and claims that the timer failed to process; it retries them.");
        authenticationFailures = Counter(
            "connectionstate.authentication.failures", "{failure}", "Calls without valid credentials, by reason.", TagNames.ErrorType);
        limited = Counter(
            "connectionstate.limits.refused", "{call}",
            "Calls that were refused by a limit: RATE or CONCURRENCY of a MERCHANT or CALLER, or OVERLOAD of the PROCESS.",
            TagNames.Limit, TagNames.Scope);
        canaryDelay = Histogram(
            "connectionstate.canary.delay", "From the call of the canary to the change being seen by the canary's watch.", Durations);
        canaryLastDelay = Create(meter.CreateGauge<double>(
            "connectionstate.canary.last_delay", "s", "The last value of connectionstate.canary.delay."));
        canaryFailures = Counter(
            "connectionstate.canary.failures", "{failure}", "Changes of the canary that failed or that its watch did not see in time.",
            TagNames.ErrorType);
    }

    /// <summary>The tags that each instrument may have.</summary>
    public IReadOnlyDictionary<string, string[]> Tags => tags;

    /// <summary>Reads that failed because the stored data is unreadable.</summary>
    public Counter<long> UnreadableRecords { get; }

    /// <summary>Times that a slow stream got a snapshot in place of its buffered events.</summary>
    public Counter<long> StreamsFallenBehind { get; }

    /// <summary>Due merchants that the timer processed.</summary>
    public Counter<long> TimerProcessed { get; }

    /// <summary>Due merchants and claims that the timer failed to process.</summary>
    public Counter<long> TimerFailures { get; }

    /// <summary>Whether anybody reads the delays of deliveries.</summary>
    public bool MeasuresDeliveries => deliveryDelay.Enabled;

    /// <summary>Registers the gauges of open streams.</summary>
    /// <param name="streams">The streams of one merchant each.</param>
    /// <param name="lists">The streams of many merchants.</param>
    /// <param name="merchants">The merchants of the latter.</param>
    public void ObserveOpenStreams(Func<int> streams, Func<int> lists, Func<int> merchants)
    {
        Create(meter.CreateObservableUpDownCounter("connectionstate.watch.open", streams, "{stream}", "Open streams, of one merchant each."));
        Create(meter.CreateObservableUpDownCounter("connectionstate.watch.lists.open", lists, "{stream}", "Open streams of many merchants."));
        Create(meter.CreateObservableUpDownCounter("connectionstate.watch.lists.merchants", merchants, "{merchant}", "Merchants of the open streams of many."));
    }

    /// <summary>Registers the gauges of open streams of the feed.</summary>
    public void ObserveFeedStreams(Func<int> live, Func<int> parked)
    {
        Create(meter.CreateObservableUpDownCounter("connectionstate.feed.live", live, "{stream}", "Open streams of the feed that get commits as they are made."));
        Create(meter.CreateObservableUpDownCounter(
            "connectionstate.feed.parked", parked, "{stream}", "Open streams of the feed that are behind and served from the store."));
    }

    /// <summary>Records a call.</summary>
    /// <param name="method">The full name of the method, as the protos have it; never text from the caller.</param>
    /// <param name="status">The name of the gRPC status code.</param>
    /// <param name="duration">How long the call took.</param>
    public void RecordCall(string method, string status, TimeSpan duration) =>
        calls.Record(duration.TotalSeconds, new(TagNames.Method, method), new(TagNames.Status, status));

    /// <summary>Counts a call that was refused.</summary>
    /// <param name="method">The full name of the method, as the protos have it; never text from the caller.</param>
    /// <param name="reason">The reason of the error, or the name of the status code if it has none.</param>
    public void CountRefusal(string method, string reason) =>
        refusals.Add(1, new(TagNames.Method, method), new(TagNames.ErrorType, reason));

    /// <summary>Counts the transitions of a stored commit.</summary>
    public void CountTransitions(ImmutableArray<Change> changes)
    {
        if (!transitions.Enabled)
        {
            return;
        }

        foreach (var change in changes)
        {
            if (change is Change.Transition transition)
            {
                transitions.Add(
                    1,
                    new(TagNames.Provider, WireNames.Of(transition.Page.Provider)),
                    new(TagNames.From, WireNames.Of(transition.From)),
                    new(TagNames.To, WireNames.Of(transition.To)),
                    new(TagNames.Cause, WireNames.Of(transition.Cause)));
            }
        }
    }

    /// <summary>Records a commit.</summary>
    public void RecordCommit(string store, CommitOutcome outcome, TimeSpan duration)
    {
        var name = WireNames.Of(outcome);
        commits.Add(1, new(TagNames.Store, store), new(TagNames.Outcome, name));
        commitDuration.Record(duration.TotalSeconds, new(TagNames.Store, store), new(TagNames.Outcome, name));
    }

    /// <summary>Counts an operation of the store that failed.</summary>
    /// <param name="store">The kind of store.</param>
    /// <param name="error">The kind of error; one of few.</param>
    public void CountStoreError(string store, string error) =>
        storeErrors.Add(1, new(TagNames.Store, store), new(TagNames.ErrorType, error));

    /// <summary>Records a commit whose changes were written on a stream.</summary>
    public void RecordDelivery(TimeSpan delay) => deliveryDelay.Record(Seconds(delay));

    /// <summary>Records a commit that was written on a live stream of the feed.</summary>
    public void RecordFeedDelivery(TimeSpan delay) => feedDelay.Record(Seconds(delay));

    /// <summary>Records a due merchant that was processed.</summary>
    public void RecordTimer(TimeSpan lag)
    {
        TimerProcessed.Add(1);
        timerLag.Record(Seconds(lag));
    }

    /// <summary>Counts a call without valid credentials.</summary>
    /// <param name="reason">Why they are not valid; one of few.</param>
    public void CountAuthenticationFailure(string reason) => authenticationFailures.Add(1, new KeyValuePair<string, object?>(TagNames.ErrorType, reason));

    /// <summary>Counts a stream that was refused because too many were open.</summary>
    /// <param name="scope">What the limit counts; one of few.</param>
    public void CountRefusedStream(string scope) => refusedStreams.Add(1, new KeyValuePair<string, object?>(TagNames.Scope, scope));

    /// <summary>Counts a call that was refused by a limit.</summary>
    /// <param name="limit">The kind of limit; one of few.</param>
    /// <param name="scope">What it counts; one of few.</param>
    public void CountLimited(string limit, string scope) => limited.Add(1, new(TagNames.Limit, limit), new(TagNames.Scope, scope));

    /// <summary>Records a change of the canary that its watch has seen.</summary>
    public void RecordCanary(TimeSpan delay)
    {
        canaryDelay.Record(delay.TotalSeconds);
        canaryLastDelay.Record(delay.TotalSeconds);
    }

    /// <summary>Counts a change of the canary that failed or was not seen.</summary>
    /// <param name="reason">One of few.</param>
    public void CountCanaryFailure(string reason) => canaryFailures.Add(1, new KeyValuePair<string, object?>(TagNames.ErrorType, reason));

    // Two clocks of a fleet may differ by a little.
    private static double Seconds(TimeSpan delay) => Math.Max(0, delay.TotalSeconds);

    private Counter<long> Counter(string name, string unit, string description, params string[] allowed) =>
        Create(meter.CreateCounter<long>(name, unit, description), allowed);

    private Histogram<double> Histogram(string name, string description, InstrumentAdvice<double> advice, params string[] allowed) =>
        Create(meter.CreateHistogram(name, "s", description, tags: null, advice), allowed);

    private T Create<T>(T instrument, params string[] allowed) where T : Instrument
    {
        tags.Add(instrument.Name, allowed);
        return instrument;
    }
}
