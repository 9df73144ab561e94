namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>That a quiet stream says so, and tells the truth.</summary>
internal static class CheckpointChecks
{
    /// <summary>
    /// A checkpoint says where the stream is, and is not sent long after somebody was told of something newer. No stream is quiet for
    /// longer than the interval, which its first message names.
    /// </summary>
    public static IEnumerable<string> Checkpointed(IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations expected) =>
    [
        .. WatchPromises.EachStep(streams, step => step.Message.IsCheckpoint ? Untrue(step, history, expected) : []),
        .. streams.SelectMany(stream => Silences(stream, expected)),
        .. WatchPromises.EachStep(streams, step => Interval(step, expected)),
    ];

    private static IEnumerable<string> Untrue(Step step, HistoryLog history, WatchExpectations expected)
    {
        if (step.Message.Position is not { } place)
        {
            yield break;
        }

        if (step.Message.Message.Checkpoint.Revision != place.Revision)
        {
            yield return $"it names revision {step.Message.Message.Checkpoint.Revision}, its token {place.Revision}";
        }

        if (!history.Has(place))
        {
            yield return "there never was such a revision";
        }

        if (place != step.Before)
        {
            yield return $"the stream is at {step.Before}";
        }

        if (history.OvertakenAt(place) is { } overtaken && step.Message.At - overtaken > expected.Slack)
        {
            yield return $"a newer commit was acknowledged {(step.Message.At - overtaken).TotalMilliseconds:F0} ms before";
        }
    }

    private static IEnumerable<string> Silences(RecordedStream stream, WatchExpectations expected)
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
            $"{stream.Name} was quiet for {(pair.Second - pair.First).TotalMilliseconds:F0} ms; "
            + $"it may be for {interval.TotalMilliseconds} ms and what a message takes");
    }

    private static IEnumerable<string> Interval(Step step, WatchExpectations expected)
    {
        var told = step.Message.Message.CheckpointInterval?.ToTimeSpan();
        if (step.Index == 0 ? told is null || (expected.CheckpointInterval is { } interval && told != interval) : told is not null)
        {
            yield return $"it names a checkpoint interval of {told}";
        }
    }
}
