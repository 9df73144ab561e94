namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>Checks of checkpoints and idle times.</summary>
internal static class CheckpointChecks
{
    /// <summary>
    /// A checkpoint names the stream's position, and does not arrive long after a newer commit was acknowledged. No stream is idle for
    /// longer than the interval in its first message.
    /// </summary>
    public static IEnumerable<string> Checkpointed(
        IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations expected) =>
    [
        .. WatchPromises.EachStep(streams, step => step.Message.IsCheckpoint ? Untrue(step, history, expected) : []),
        .. streams.SelectMany(stream => IdleTimes(stream, expected)),
        .. WatchPromises.EachStep(streams, step => Interval(step, expected)),
    ];

    private static IEnumerable<string> Untrue(Step step, HistoryLog history, WatchExpectations expected)
    {
        if (step.Message.Position is not { } position)
        {
            yield break;
        }

        if (step.Message.Message.Checkpoint.Revision != position.Revision)
        {
            yield return $"it names revision {step.Message.Message.Checkpoint.Revision}, its token {position.Revision}";
        }

        if (!history.Has(position))
        {
            yield return "there never was such a revision";
        }

        if (position != step.Before)
        {
            yield return $"the stream is at {step.Before}";
        }

        if (history.OutdatedAt(position) is { } outdated && step.Message.At - outdated > expected.Slack)
        {
            yield return $"a newer commit was acknowledged {(step.Message.At - outdated).TotalMilliseconds:F0} ms before";
        }
    }

    private static IEnumerable<string> IdleTimes(RecordedStream stream, WatchExpectations expected)
    {
        if (expected.CheckpointInterval is not { } interval)
        {
            return [];
        }

        IEnumerable<TimeSpan> times = [stream.OpenedAt, .. stream.Messages.Select(m => m.At)];
        if (stream.Ending is { } ending)
        {
            times = times.Append(ending.At);
        }

        return times.Zip(times.Skip(1)).Where(pair => pair.Second - pair.First > interval + expected.Slack).Select(pair =>
            $"{stream.Name} was idle for {(pair.Second - pair.First).TotalMilliseconds:F0} ms; "
            + $"allowed are {interval.TotalMilliseconds} ms, and {expected.Slack.TotalMilliseconds} ms for the transport");
    }

    private static IEnumerable<string> Interval(Step step, WatchExpectations expected)
    {
        var named = step.Message.Message.CheckpointInterval?.ToTimeSpan();
        if (step.Index == 0 ? named is null || (expected.CheckpointInterval is { } interval && named != interval) : named is not null)
        {
            yield return $"it names a checkpoint interval of {named}";
        }
    }
}
