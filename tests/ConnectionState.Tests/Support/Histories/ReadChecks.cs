namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>Checks that every page list that was read is the one of its revision, and that the revision was current.</summary>
internal static class ReadChecks
{
    public static IEnumerable<Violation> All(MerchantCase merchant)
    {
        var correct = merchant.Reads.Where(read => IsCorrect(merchant, read)).ToLookup(read => read.List.Revision);
        return merchant.Reads.SelectMany(read => Check(merchant, read, correct)).Concat(CheckFinalList(merchant));
    }

    private static IEnumerable<Violation> Check(MerchantCase merchant, Read read, ILookup<long, Read> correct)
    {
        var (revision, lowest, highest) =
            (read.List.Revision, merchant.Timeline.Lowest(read.Invoked), merchant.Timeline.Highest(read.Returned));
        if (revision < lowest)
        {
            yield return new("stale", $"{read} returned revision {revision} after another caller had seen {lowest}");
        }
        else if (revision > highest)
        {
            yield return new("future", $"{read} returned revision {revision}, but at most {highest} can have been committed");
        }
        else if (IsCorrect(merchant, read) || revision > merchant.Replay.Last)
        {
            yield break;
        }
        else if (correct[revision].FirstOrDefault() is { } other)
        {
            yield return new("split", $"{read} returned a different list for revision {revision} than {other}: {read.List}");
        }
        else
        {
            yield return new("list", $"{read} returned for revision {revision} {read.List}, expected {merchant.Replay.ListAt(revision)}");
        }
    }

    private static IEnumerable<Violation> CheckFinalList(MerchantCase merchant)
    {
        var list = merchant.Requests.History.FinalList;
        if (list.Revision != merchant.Entries.Count)
        {
            yield return new("list", $"the final list has revision {list.Revision}, but the history ends at {merchant.Entries.Count}");
        }
        else if (merchant.Replay.Last == list.Revision && !merchant.Replay.ListAt(list.Revision).Equals(list))
        {
            yield return new("list", $"the final list is {list}, expected {merchant.Replay.ListAt(list.Revision)}");
        }
    }

    private static bool IsCorrect(MerchantCase merchant, Read read) =>
        read.List.Revision <= merchant.Replay.Last && read.List.Equals(merchant.Replay.ListAt(read.List.Revision));
}
