using ConnectionStateService.Core;
using ConnectionStateService.V1;
using Grpc.Core;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>Checks of how streams start, why they get a snapshot, and how they end.</summary>
internal static class ResumeChecks
{
    /// <summary>With a resume token, a stream continues exactly after it, or starts with a snapshot whose reason is true.</summary>
    public static IEnumerable<string> Resumable(IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations expected) =>
    [
        .. from stream in streams
           where stream.Token is not null && stream.From is null && stream.Messages.Length > 0
           select $"{stream.Name} started although its token '{stream.Token}' is invalid",
        .. WatchPromises.EachStep(streams, step => step.Message switch
        {
            { IsSnapshot: true } when step.Index == 0 && step.Before is null => HasReason(step, Reason.Initial),
            { IsSnapshot: true } => UntrueReason(step, history, expected),
            _ when step.Index > 0 => [],
            _ when step.Before is null => ["a stream without a token starts without a snapshot"],
            { IsCheckpoint: true } => step.Message.Position == step.Before ? [] : [$"the token is at {step.Before}"],
            _ => Continues(step.Before.Value, step.Message, history),
        }),
    ];

    /// <summary>A stream never moves from one history to another without saying so.</summary>
    public static IEnumerable<string> OneHistory(IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations expected) =>
        WatchPromises.EachStep(streams, step => step switch
        {
            { Message.Position: not { } } => [],
            { Message.Position: { } position } when !history.Has(position) => [$"{position} is in no history"],
            { Before: null } or { Message.Reason: Reason.HistoryReplaced } => [],
            { Before: { } before, Message.Position: { } position } when !history.Covers(before, position) =>
                // The service cannot know the history of a position whose next commit is trimmed.
                step.Message.Reason is Reason.HistoryTrimmed && MayBeTrimmed(before, position, history, expected)
                    ? []
                    : [$"{before} is not in the history that led there"],
            _ => [],
        });

    /// <summary>A stream ends because the caller canceled it, its lifetime was over, or the service stopped.</summary>
    public static IEnumerable<string> EndsWell(IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations expected) =>
        from stream in streams
        where stream.Ending is { } ending && !IsGood(ending) && !expected.Forgives(ending)
        select $"{stream.Name} ended with {stream.Ending}";

    private static bool IsGood(Ending ending) =>
        ending is { ByCaller: true } or { Status: StatusCode.OK }
            or { Status: StatusCode.Unavailable, Reason: ErrorReason.ShuttingDown };

    private static IEnumerable<string> HasReason(Step step, Reason reason) =>
        step.Message.Reason == reason ? [] : [$"its reason should be {reason}"];

    private static IEnumerable<string> Continues(HistoryPosition from, ReceivedMessage message, HistoryLog history)
    {
        if (message.Position is not { } position || history.Path(from, position) is not { } path)
        {
            return [$"it does not continue from the token at {from}"];
        }

        var missed = path.Select(e => e.Position.Revision).ToList();
        return [
            .. message.Revisions.Where(r => r <= from.Revision).Select(r => $"revision {r} is repeated: the token is at {from}"),
            .. missed.Except(message.Revisions).Select(r => $"revision {r} is missing: the token is at {from}"),
        ];
    }

    private static IEnumerable<string> UntrueReason(Step step, HistoryLog history, WatchExpectations expected)
    {
        var (before, current) = (step.Before, step.Message.Position);
        if (before is not { } from || current is not { } position)
        {
            return [];
        }

        return step.Message.Reason switch
        {
            // True if the store was restored to before the position, even if it has reached the same revision again.
            Reason.HistoryReplaced when history.Covers(from, position) && !(history.RestoredTo <= position.Revision) =>
                [$"{from} is in the history that led there"],
            Reason.HistoryTrimmed when !MayBeTrimmed(from, position, history, expected) =>
                [$"the commits after {from} are still kept: {expected.KeptCommits} are, and the newest is {history.NewestRevision}"],
            Reason.Initial or Reason.Unspecified => [$"it does not say why the stream does not continue from {from}"],
            _ => [],
        };
    }

    // The store may have trimmed after it was read, so the newest commit of all counts.
    private static bool MayBeTrimmed(HistoryPosition from, HistoryPosition position, HistoryLog history, WatchExpectations expected) =>
        position.Revision > from.Revision
        && (history.NewestRevision - from.Revision > expected.KeptCommits
            || history.Path(from, position)?.Sum(e => e.Kinds.Length) > expected.MaxChanges);
}
