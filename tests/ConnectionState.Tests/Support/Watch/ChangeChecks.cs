using ConnectionStateService.Core;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>Checks of the changes of a stream: ordered, unique, reliable, atomic.</summary>
internal static class ChangeChecks
{
    /// <summary>Revisions only rise, until a snapshot says that the history was replaced.</summary>
    public static IEnumerable<string> Ordered(IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations expected) =>
        WatchPromises.EachStep(streams, step =>
        [
            .. step.Before is { } before && step.Message.Position is { } position ? Rises(before, position, step.Message) : [],
            .. step.Message.Changes.Zip(step.Message.Changes.Skip(1)).Where(pair => pair.First.Revision > pair.Second.Revision)
                .Select(pair => $"a change of revision {pair.First.Revision} comes before one of revision {pair.Second.Revision}"),
        ]);

    /// <summary>No change arrives twice.</summary>
    public static IEnumerable<string> Unique(IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations expected) =>
        streams.SelectMany(stream =>
        {
            var known = new HashSet<long>();
            return WatchPromises.EachStep([stream], step =>
            {
                if (step.Message.Reason is Reason.HistoryReplaced)
                {
                    known.Clear();
                }

                var repeated = step.Message.Revisions.Where(r => r <= step.Before?.Revision || known.Contains(r)).ToList();
                known.UnionWith(step.Message.Revisions);
                return repeated.Select(r => $"revision {r} arrived, or was covered by a page list, before; the stream was at {step.Before}");
            }).ToList();
        });

    /// <summary>No change between two that arrive is missing, unless a snapshot says why.</summary>
    public static IEnumerable<string> Reliable(IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations expected) =>
        WatchPromises.EachStep(streams, step => step.Message switch
        {
            { Position: null } => ["its resume token is invalid"],
            { IsSnapshot: true } => [],
            _ when step.Before is null => ["there was no snapshot before it"],
            { Position: { } position, IsCheckpoint: true } =>
                position == step.Before ? [] : [$"it moves the stream from {step.Before} without changes"],
            { Position: { } position, IsChanges: true } => Missing(history.Path(step.Before.Value, position), step),
            _ => ["it is empty"],
        });

    /// <summary>All changes of a revision arrive in one message.</summary>
    public static IEnumerable<string> Atomic(IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations expected) =>
        WatchPromises.EachStep(streams, step => step.Message.Changes.GroupBy(c => c.Revision).SelectMany(commit =>
        {
            var stored = step.Message.Position is { } position ? history.Find(position, commit.Key) : null;
            var received = commit.Select(c => c.KindCase.ToString()).ToList();
            return stored is null || stored.Kinds.SequenceEqual(received)
                ? Enumerable.Empty<string>()
                : [$"revision {commit.Key} was stored as [{string.Join(",", stored.Kinds)}] and received as [{string.Join(",", received)}]"];
        }));

    private static IEnumerable<string> Rises(HistoryPosition before, HistoryPosition position, ReceivedMessage message)
    {
        if (message.Reason is not Reason.HistoryReplaced
            && (message.IsCheckpoint ? position.Revision < before.Revision : position.Revision <= before.Revision))
        {
            yield return $"revision {position.Revision} comes after revision {before.Revision}";
        }

        if (message.Changes.Count > 0 && message.Changes[^1].Revision != position.Revision)
        {
            yield return $"its last change is of revision {message.Changes[^1].Revision}, its token of {position.Revision}";
        }
    }

    private static IEnumerable<string> Missing(IReadOnlyList<HistoryEntry>? path, Step step)
    {
        if (path is null)
        {
            return [$"no commits lead from {step.Before} to it"];
        }

        var stored = path.Select(e => e.Position.Revision).ToList();
        return stored.SequenceEqual(step.Message.Revisions)
            ? []
            : [$"after {step.Before}, revisions [{string.Join(",", stored)}] were stored"];
    }
}
