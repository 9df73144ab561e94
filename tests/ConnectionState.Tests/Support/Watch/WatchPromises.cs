namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>Returns the violations of a promise, one sentence each. Depends only on its arguments.</summary>
internal delegate IEnumerable<string> Check(IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations expected);

/// <summary>The promises of the watch, each with its check. All streams and the history belong to one merchant.</summary>
internal static class WatchPromises
{
    public static IReadOnlyDictionary<string, Check> Checks { get; } = new Dictionary<string, Check>
    {
        ["ordered"] = ChangeChecks.Ordered,
        ["unique"] = ChangeChecks.Unique,
        ["reliable"] = ChangeChecks.Reliable,
        ["atomic"] = ChangeChecks.Atomic,
        ["resumable"] = ResumeChecks.Resumable,
        ["one history"] = ResumeChecks.OneHistory,
        ["checkpointed"] = CheckpointChecks.Checkpointed,
        ["current"] = PageListChecks.Current,
        ["bounded"] = PageListChecks.Bounded,
        ["ends well"] = ResumeChecks.EndsWell,
    };

    /// <summary>Returns the violations of all promises.</summary>
    public static IReadOnlyList<string> Violations(
        IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations? expected = null) =>
    [
        .. history.Problems.Select(problem => $"the history itself: {problem}"),
        .. Checks.SelectMany(check => check.Value(streams, history, expected ?? new WatchExpectations()).Select(found => $"{check.Key}: {found}")),
    ];

    /// <summary>Fails with the first ten violations, if there are any.</summary>
    public static void AssertKept(IReadOnlyCollection<string> violations) => Assert.True(
        violations.Count == 0,
        $"{violations.Count} promises were broken:{Environment.NewLine}{string.Join(Environment.NewLine, violations.Take(10))}");

    /// <summary>Applies a check to every message.</summary>
    public static IEnumerable<string> EachStep(IReadOnlyList<RecordedStream> streams, Func<Step, IEnumerable<string>> check) =>
        streams.SelectMany(stream => stream.Steps.SelectMany(step =>
            check(step).Select(found => $"{stream.Name}, message {step.Index} ({step.Message}): {found}")));
}
