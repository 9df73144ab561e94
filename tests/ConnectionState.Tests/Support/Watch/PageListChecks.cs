using ConnectionStateService.V1;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>Checks of page lists and of slow readers: current, bounded.</summary>
internal static class PageListChecks
{
    /// <summary>
    /// A page list belongs to its position and is the same on every stream. A stream does not start before a commit that was acknowledged
    /// before it was opened. A read after a message returns its revision or a newer one.
    /// </summary>
    public static IEnumerable<string> Current(IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations expected) =>
    [
        .. WatchPromises.EachStep(streams, step => OfAnotherPosition(step.Message)),
        .. WatchPromises.EachStep(streams, step => OlderRead(step.Message, history)),
        .. Different(streams),
        .. from stream in streams
           from list in stream.Messages.Select(m => m.List).OfType<PageList>()
           where list.MerchantId != stream.MerchantId
           select $"{stream.Name} got the page list of {list.MerchantId}",
        .. from stream in streams
           where stream.Messages.Length > 0 && stream.Messages[0].Position is { } first && history.OutdatedAt(first) < stream.OpenedAt
           select $"{stream.Name} started with {stream.Messages[0]}; a newer commit had been acknowledged before it was opened",
    ];

    /// <summary>
    /// A slow reader gets the newest page list in place of its pending changes: never an older one, and not while the changes fit into
    /// the buffer. No message has more changes than allowed, except for a single commit.
    /// </summary>
    public static IEnumerable<string> Bounded(IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations expected) =>
        WatchPromises.EachStep(streams, step => step.Message switch
        {
            { IsChanges: true, Changes.Count: var count } when count > expected.MaxChanges && step.Message.Revisions.Count > 1 =>
                [$"it has {count} changes; {expected.MaxChanges} are allowed"],
            { Reason: Reason.FellBehind } => FellBehind(step, history, expected),
            _ => [],
        });

    private static IEnumerable<string> OfAnotherPosition(ReceivedMessage message)
    {
        if (message.IsCheckpoint)
        {
            yield break;
        }

        if (message.List is not { } list)
        {
            yield return "it has no page list";
        }
        else if (message.Position is { } position && list.Revision != position.Revision)
        {
            yield return $"its page list is of revision {list.Revision}, its token of {position.Revision}";
        }
    }

    private static IEnumerable<string> OlderRead(ReceivedMessage message, HistoryLog history)
    {
        if (message.ReadRevision < message.Position?.Revision && !(history.RestoredTo <= message.ReadRevision))
        {
            yield return $"a read after it returned revision {message.ReadRevision}";
        }
    }

    private static IEnumerable<string> Different(IReadOnlyList<RecordedStream> streams) =>
        from message in streams.SelectMany(s => s.Messages)
        where message.Position is not null && message.List is not null
        group message.List by message.Position into lists
        where lists.Distinct().Skip(1).Any()
        select $"there are different page lists of {lists.Key}: {string.Join(" and ", lists.Distinct())}";

    private static IEnumerable<string> FellBehind(Step step, HistoryLog history, WatchExpectations expected)
    {
        if (step.Before is not { } before || step.Message.Position is not { } position)
        {
            yield return "a stream cannot fall behind before it has started";
            yield break;
        }

        if (position.Revision <= before.Revision)
        {
            yield return $"its page list is older than {before}";
        }

        if (history.Path(before, position)?.Sum(e => e.Kinds.Length) is { } pending && pending <= expected.BufferedChanges)
        {
            yield return $"only {pending} changes are missing since {before}; the buffer holds {expected.BufferedChanges}";
        }
    }
}
