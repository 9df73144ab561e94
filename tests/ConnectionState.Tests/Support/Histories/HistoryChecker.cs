using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>
/// Holds what callers saw of the service against the histories of the merchants: whether one merchant after the other could have been
/// served by a single process that does one thing at a time. Each violation is a sentence that begins with what kind it is.
/// </summary>
internal static class HistoryChecker
{
    /// <summary>Everything that is not as it must be; empty: nothing was found.</summary>
    /// <param name="recording">All calls, of all replicas.</param>
    /// <param name="histories">The history of every merchant that was called for, read after the last call.</param>
    /// <param name="rules">The rules that the service had.</param>
    public static IReadOnlyList<string> Check(Recording recording, IReadOnlyCollection<MerchantHistory> histories, Rules rules)
    {
        var claims = new Claims(histories);
        var operations = recording.Operations.ToLookup(o => o.MerchantId);
        var reads = recording.Reads.ToLookup(r => r.MerchantId);
        return
        [
            .. recording.Failures.Select(f => $"failed: {f.MerchantId}: {f.What} ({f.Replica})"),
            .. histories.AsParallel().AsOrdered().SelectMany(history =>
            {
                var asked = new Asked(history, operations[history.MerchantId], claims);
                return Check(asked, [.. reads[history.MerchantId]], rules);
            }),
        ];
    }

    /// <summary>Fails with the first of what is not as it must be.</summary>
    public static void AssertGood(Recording recording, IReadOnlyCollection<MerchantHistory> histories, Rules rules)
    {
        var found = Check(recording, histories, rules);
        Assert.True(found.Count == 0, $"{found.Count} violations:{Environment.NewLine}{string.Join(Environment.NewLine, found.Take(10))}");
    }

    private static IEnumerable<string> Check(Asked asked, IReadOnlyList<Read> reads, Rules rules)
    {
        var merchant = new Case(asked, reads, new Replay(asked, rules), new Timeline(asked, reads), rules);
        return CommitChecks.All(merchant).Concat(AnswerChecks.All(merchant)).Concat(ReadChecks.All(merchant))
            .Select(found => $"{found.Kind}: {asked.History.MerchantId}: {found.Sentence}");
    }
}

/// <summary>Something that is not as it must be.</summary>
/// <param name="Kind">What kind of violation it is, in a word.</param>
/// <param name="Sentence">What was found.</param>
internal readonly record struct Violation(string Kind, string Sentence);

/// <summary>All that is known of one merchant.</summary>
internal sealed record Case(Asked Asked, IReadOnlyList<Read> Reads, Replay Replay, Timeline Timeline, Rules Rules)
{
    public IReadOnlyList<Entry> Entries => Asked.History.Entries;
}
