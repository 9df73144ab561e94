using ConnectionStateService.Core;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>What a stream tells: in order, once, without gaps, and each commit whole.</summary>
internal static class ChangeChecks
{
    /// <summary>Revisions only rise, until a Snapshot says that the history was replaced.</summary>
    public static IEnumerable<string> Ordered(IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations expected) =>
        WatchPromises.EachStep(streams, step =>
        [
            .. step.Before is { } before && step.Message.Position is { } place ? Rises(before, place, step.Message) : [],
            .. step.Message.Changes.Zip(step.Message.Changes.Skip(1)).Where(pair => pair.First.Revision > pair.Second.Revision)
                .Select(pair => $"a change of revision {pair.First.Revision} comes before one of revision {pair.Second.Revision}"),
        ]);

    /// <summary>No change comes twice.</summary>
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

                var again = step.Message.Revisions.Where(r => r <= step.Before?.Revision || known.Contains(r)).ToList();
                known.UnionWith(step.Message.Revisions);
                return again.Select(r => $"revision {r} was told, or was covered by the list, before; the stream was at {step.Before}");
            }).ToList();
        });

    /// <summary>No change between two that are sent is left out; where some are, a Snapshot says why.</summary>
    public static IEnumerable<string> Reliable(IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations expected) =>
        WatchPromises.EachStep(streams, step => step.Message switch
        {
            { Position: null } => ["its resume token cannot be read"],
            { IsSnapshot: true } => [],
            _ when step.Before is null => ["the list that this goes on from never came"],
            { Position: { } place, IsCheckpoint: true } =>
                place == step.Before ? [] : [$"it moves the stream on from {step.Before} in silence"],
            { Position: { } place, IsChanges: true } => LeftOut(history.Path(step.Before.Value, place), step),
            _ => ["it says nothing"],
        });

    /// <summary>The changes of one revision come in one message, all of them.</summary>
    public static IEnumerable<string> Atomic(IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations expected) =>
        WatchPromises.EachStep(streams, step => step.Message.Changes.GroupBy(c => c.Revision).SelectMany(commit =>
        {
            var stored = step.Message.Position is { } place ? history.Find(place, commit.Key) : null;
            var told = commit.Select(c => c.KindCase.ToString()).ToList();
            return stored is null || stored.Kinds.SequenceEqual(told)
                ? Enumerable.Empty<string>()
                : [$"revision {commit.Key} was stored as [{string.Join(",", stored.Kinds)}] and told as [{string.Join(",", told)}]"];
        }));

    private static IEnumerable<string> Rises(HistoryPosition before, HistoryPosition place, ReceivedMessage message)
    {
        if (message.Reason is not Reason.HistoryReplaced
            && (message.IsCheckpoint ? place.Revision < before.Revision : place.Revision <= before.Revision))
        {
            yield return $"revision {place.Revision} comes after revision {before.Revision}";
        }

        if (message.Changes.Count > 0 && message.Changes[^1].Revision != place.Revision)
        {
            yield return $"its last change is of revision {message.Changes[^1].Revision}, its token of {place.Revision}";
        }
    }

    private static IEnumerable<string> LeftOut(IReadOnlyList<HistoryEntry>? path, Step step)
    {
        if (path is null)
        {
            return [$"nothing leads from {step.Before} to it"];
        }

        var stored = path.Select(e => e.Position.Revision).ToList();
        return stored.SequenceEqual(step.Message.Revisions)
            ? []
            : [$"from {step.Before} on, revisions [{string.Join(",", stored)}] were stored"];
    }
}
