using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>
/// Checks that what callers saw is linearizable: for each merchant, a single process that handles one call at a time could have given the
/// same answers and the same history. Each violation is a sentence that begins with its kind.
/// </summary>
internal static class HistoryChecker
{
    /// <summary>Returns all violations. Empty if the recording and the histories agree.</summary>
    /// <param name="recording">All calls, to all replicas.</param>
    /// <param name="histories">The history of every merchant in the recording, read after the last call.</param>
    /// <param name="rules">The rules of the service.</param>
    public static IReadOnlyList<string> Check(Recording recording, IReadOnlyCollection<MerchantHistory> histories, Rules rules)
    {
        var claims = new ClaimIndex(histories);
        var operations = recording.Operations.ToLookup(o => o.MerchantId);
        var reads = recording.Reads.ToLookup(r => r.MerchantId);
        return
        [
            .. recording.Failures.Select(f => $"failure: {f.MerchantId}: {f.Message} ({f.Replica})"),
            .. histories.AsParallel().AsOrdered().SelectMany(history =>
            {
                var requests = new RequestIndex(history, operations[history.MerchantId], claims);
                return Check(requests, [.. reads[history.MerchantId]], rules);
            }),
        ];
    }

    /// <summary>Fails with the first ten violations, if there are any.</summary>
    public static void AssertLinearizable(Recording recording, IReadOnlyCollection<MerchantHistory> histories, Rules rules)
    {
        var found = Check(recording, histories, rules);
        Assert.True(found.Count == 0, $"{found.Count} violations:{Environment.NewLine}{string.Join(Environment.NewLine, found.Take(10))}");
    }

    private static IEnumerable<string> Check(RequestIndex requests, IReadOnlyList<Read> reads, Rules rules)
    {
        var merchant = new MerchantCase(requests, reads, new Replay(requests, rules), new Timeline(requests, reads), rules);
        return CommitChecks.All(merchant).Concat(AnswerChecks.All(merchant)).Concat(ReadChecks.All(merchant))
            .Select(found => $"{found.Kind}: {requests.History.MerchantId}: {found.Message}");
    }
}

/// <summary>A contradiction between the recording and the history.</summary>
/// <param name="Kind">The kind of violation, in one word.</param>
/// <param name="Message">What was found.</param>
internal readonly record struct Violation(string Kind, string Message);

/// <summary>Everything that is known about one merchant.</summary>
internal sealed record MerchantCase(RequestIndex Requests, IReadOnlyList<Read> Reads, Replay Replay, Timeline Timeline, Rules Rules)
{
    public IReadOnlyList<Entry> Entries => Requests.History.Entries;
}
