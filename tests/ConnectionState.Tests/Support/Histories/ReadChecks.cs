namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>Whether readings were of what was there when they were made.</summary>
internal static class ReadChecks
{
    public static IEnumerable<Violation> All(Case merchant)
    {
        var rightly = merchant.Reads.Where(read => IsRight(merchant, read)).ToLookup(read => read.List.Revision);
        return merchant.Reads.SelectMany(read => Check(merchant, read, rightly)).Concat(Final(merchant));
    }

    private static IEnumerable<Violation> Check(Case merchant, Read read, ILookup<long, Read> rightly)
    {
        var (told, lowest, highest) =
            (read.List.Revision, merchant.Timeline.Lowest(read.Invoked), merchant.Timeline.Highest(read.Returned));
        if (told < lowest)
        {
            yield return new("stale", $"{read} gave revision {told}, when somebody had been told of {lowest} already");
        }
        else if (told > highest)
        {
            yield return new("future", $"{read} gave revision {told}, when there can have been no more than {highest}");
        }
        else if (IsRight(merchant, read) || told > merchant.Replay.Last)
        {
            yield break;
        }
        else if (rightly[told].FirstOrDefault() is { } other)
        {
            yield return new("split", $"{read} gave another list of revision {told} than {other}: {read.List}");
        }
        else
        {
            yield return new("list", $"{read} gave at revision {told} {read.List}, and not {merchant.Replay.ListAt(told)}");
        }
    }

    private static IEnumerable<Violation> Final(Case merchant)
    {
        var list = merchant.Asked.History.FinalList;
        if (list.Revision != merchant.Entries.Count)
        {
            yield return new("list", $"the final list is of revision {list.Revision}, the history of {merchant.Entries.Count}");
        }
        else if (merchant.Replay.Last == list.Revision && !merchant.Replay.ListAt(list.Revision).Equals(list))
        {
            yield return new("list", $"the final list is {list}, and not {merchant.Replay.ListAt(list.Revision)}");
        }
    }

    private static bool IsRight(Case merchant, Read read) =>
        read.List.Revision <= merchant.Replay.Last && read.List.Equals(merchant.Replay.ListAt(read.List.Revision));
}
