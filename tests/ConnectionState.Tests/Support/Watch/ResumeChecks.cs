using ConnectionStateService.Core;
using ConnectionStateService.V1;
using Grpc.Core;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>How streams begin, what they begin anew for, and how they end.</summary>
internal static class ResumeChecks
{
    /// <summary>With a resume token the stream goes on exactly after it, or begins with a Snapshot that truly says why not.</summary>
    public static IEnumerable<string> Resumable(IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations expected) =>
    [
        .. from stream in streams
           where stream.Token is not null && stream.From is null && stream.Messages.Length > 0
           select $"{stream.Name} began although its token, '{stream.Token}', cannot be read",
        .. WatchPromises.EachStep(streams, step => step.Message switch
        {
            { IsSnapshot: true } when step.Index == 0 && step.Before is null => Is(step, Reason.Initial),
            { IsSnapshot: true } => Untrue(step, history, expected),
            _ when step.Index > 0 => [],
            _ when step.Before is null => ["a stream without a token begins without a list"],
            { IsCheckpoint: true } => step.Message.Position == step.Before ? [] : [$"the token was of {step.Before}"],
            _ => GoesOn(step.Before.Value, step.Message, history),
        }),
    ];

    /// <summary>A stream never leads from one history to another in silence.</summary>
    public static IEnumerable<string> OneHistory(IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations expected) =>
        WatchPromises.EachStep(streams, step => step switch
        {
            { Message.Position: not { } } => [],
            { Message.Position: { } place } when !history.Has(place) => [$"{place} is in no history"],
            { Before: null } or { Message.Reason: Reason.HistoryReplaced } => [],
            { Before: { } before, Message.Position: { } place } when !history.Covers(before, place) =>
                // Which history a place was of cannot be known once what followed is gone.
                step.Message.Reason is Reason.HistoryTrimmed && MayBeTrimmed(before, place, history, expected)
                    ? []
                    : [$"{before} is not in the history that led there"],
            _ => [],
        });

    /// <summary>The caller hung up, the stream's time was over, or the service stopped.</summary>
    public static IEnumerable<string> EndsWell(IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations expected) =>
        from stream in streams
        where stream.Ending is { } ending && !IsGood(ending) && !expected.Forgives(ending)
        select $"{stream.Name} ended with {stream.Ending}";

    private static bool IsGood(Ending ending) =>
        ending is { ByCaller: true } or { Status: StatusCode.OK }
            or { Status: StatusCode.Unavailable, Reason: ErrorReason.ShuttingDown };

    private static IEnumerable<string> Is(Step step, Reason reason) =>
        step.Message.Reason == reason ? [] : [$"its reason should be {reason}"];

    private static IEnumerable<string> GoesOn(HistoryPosition from, ReceivedMessage message, HistoryLog history)
    {
        if (message.Position is not { } place || history.Path(from, place) is not { } path)
        {
            return [$"it does not go on from the token, {from}"];
        }

        var missed = path.Select(e => e.Position.Revision).ToList();
        return [
            .. message.Revisions.Where(r => r <= from.Revision).Select(r => $"revision {r} comes again: the token covers {from}"),
            .. missed.Except(message.Revisions).Select(r => $"revision {r} is left out: the token covers only {from}"),
        ];
    }

    private static IEnumerable<string> Untrue(Step step, HistoryLog history, WatchExpectations expected)
    {
        var (before, now) = (step.Before, step.Message.Position);
        if (before is not { } from || now is not { } place)
        {
            return [];
        }

        return step.Message.Reason switch
        {
            // SampleHistory when the store was put back after the place, and then maybe has come by it again.
            Reason.HistoryReplaced when history.Covers(from, place) && !(history.PutBackTo <= place.Revision) =>
                [$"{from} is in the history that led there"],
            Reason.HistoryTrimmed when !MayBeTrimmed(from, place, history, expected) =>
                [$"what followed {from} is still kept: {expected.KeptCommits} commits are, and the newest is {history.NewestRevision}"],
            Reason.Initial or Reason.Unspecified => [$"it does not say why the stream does not go on from {from}"],
            _ => [],
        };
    }

    // The store may have trimmed between the time it was read and now, so the newest commit of all counts.
    private static bool MayBeTrimmed(HistoryPosition from, HistoryPosition place, HistoryLog history, WatchExpectations expected) =>
        place.Revision > from.Revision
        && (history.NewestRevision - from.Revision > expected.KeptCommits
            || history.Path(from, place)?.Sum(e => e.Kinds.Length) > expected.MaxChanges);
}
