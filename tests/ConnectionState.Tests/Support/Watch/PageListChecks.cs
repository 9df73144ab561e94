using ConnectionStateService.V1;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>That page lists are of the place that they come with, and are not waited for by too much.</summary>
internal static class PageListChecks
{
    /// <summary>
    /// A list is the one of its place, the same on every stream; a stream does not begin before what was acknowledged before it was
    /// opened; and what is read after a delivery is what was delivered, or newer.
    /// </summary>
    public static IEnumerable<string> Current(IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations expected) =>
    [
        .. WatchPromises.EachStep(streams, step => OfAnotherPlace(step.Message)),
        .. WatchPromises.EachStep(streams, step => OlderRead(step.Message, history)),
        .. Different(streams),
        .. from stream in streams
           from list in stream.Messages.Select(m => m.List).OfType<PageList>()
           where list.MerchantId != stream.MerchantId
           select $"{stream.Name} was told the list of {list.MerchantId}",
        .. from stream in streams
           where stream.Messages.Length > 0 && stream.Messages[0].Position is { } first && history.OvertakenAt(first) < stream.OpenedAt
           select $"{stream.Name} began with {stream.Messages[0]}; a newer commit had been acknowledged before it was opened",
    ];

    /// <summary>
    /// A slow reader gets the newest list in place of what waits for it: never an older one, and not while what waits is within the
    /// bound. Nobody gets more at once than is allowed, but a commit is not split for it.
    /// </summary>
    public static IEnumerable<string> Bounded(IReadOnlyList<RecordedStream> streams, HistoryLog history, WatchExpectations expected) =>
        WatchPromises.EachStep(streams, step => step.Message switch
        {
            { IsChanges: true, Changes.Count: var count } when count > expected.MaxChanges && step.Message.Revisions.Count > 1 =>
                [$"{count} changes at once; {expected.MaxChanges} are allowed"],
            { Reason: Reason.FellBehind } => FellBehind(step, history, expected),
            _ => [],
        });

    private static IEnumerable<string> OfAnotherPlace(ReceivedMessage message)
    {
        if (message.IsCheckpoint)
        {
            yield break;
        }

        if (message.List is not { } list)
        {
            yield return "there is no page list";
        }
        else if (message.Position is { } place && list.Revision != place.Revision)
        {
            yield return $"its list is of revision {list.Revision}, its token of {place.Revision}";
        }
    }

    private static IEnumerable<string> OlderRead(ReceivedMessage message, HistoryLog history)
    {
        var newest = message.Position?.Revision;
        if (message.ReadRevision < newest && !(history.PutBackTo <= message.ReadRevision))
        {
            yield return $"a read after it returned revision {message.ReadRevision}";
        }
    }

    private static IEnumerable<string> Different(IReadOnlyList<RecordedStream> streams) =>
        from message in streams.SelectMany(s => s.Messages)
        where message.Position is not null && message.List is not null
        group message.List by message.Position into lists
        where lists.Distinct().Skip(1).Any()
        select $"there are different lists of {lists.Key}: {string.Join(" and ", lists.Distinct())}";

    private static IEnumerable<string> FellBehind(Step step, HistoryLog history, WatchExpectations expected)
    {
        if (step.Before is not { } before || step.Message.Position is not { } place)
        {
            yield return "a stream cannot fall behind before it has begun";
            yield break;
        }

        if (place.Revision <= before.Revision)
        {
            yield return $"its list is older than what was delivered, {before}";
        }

        if (history.Path(before, place)?.Sum(e => e.Kinds.Length) is { } waited && waited <= expected.BufferedChanges)
        {
            yield return $"only {waited} changes were left out since {before}; {expected.BufferedChanges} may wait";
        }
    }
}
