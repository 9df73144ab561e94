namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>What is not as it was promised in the streams, one sentence each; nothing else but its arguments counts.</summary>
internal delegate IEnumerable<string> Check(IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations expected);

/// <summary>The promises of the watch, each with its check. All streams and the history are of one merchant.</summary>
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

    /// <summary>Everything that is not as it was promised.</summary>
    public static IReadOnlyList<string> All(IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations? expected = null) =>
    [
        .. history.Problems.Select(problem => $"the history itself: {problem}"),
        .. Checks.SelectMany(check => check.Value(streams, history, expected ?? new WatchExpectations()).Select(found => $"{check.Key}: {found}")),
    ];

    /// <summary>Fails with the first of what is not as it was promised.</summary>
    public static void AssertKept(IReadOnlyCollection<string> broken) => Assert.True(
        broken.Count == 0, $"{broken.Count} promises were broken:{Environment.NewLine}{string.Join(Environment.NewLine, broken.Take(10))}");

    /// <summary>Checks message by message.</summary>
    public static IEnumerable<string> EachStep(IReadOnlyList<RecordedStream> streams, Func<Step, IEnumerable<string>> check) =>
        streams.SelectMany(stream => stream.Steps.SelectMany(step =>
            check(step).Select(found => $"{stream.Name}, message {step.Index} ({step.Message}): {found}")));
}
