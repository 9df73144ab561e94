using System.Collections.Concurrent;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;

namespace ConnectionStateService.Tests.Watch.Promises;

/// <summary>All promises at once, with random changes, disconnects and resumes.</summary>
public sealed class RandomWatchTests
{
    private const int Kept = 20;

    private static readonly IReadOnlyList<int> RunSeeds = Seeds.Of(LongRun.Of(all: 1_000, usual: 150));

    private static readonly WatchExpectations Expectations = new() { KeptCommits = Kept, CheckpointInterval = TimeSpan.FromMilliseconds(300) };

    // What must happen at least once in all runs together. There are no slow readers.
    private static readonly string[] Expected =
    [
        "Initial", "HistoryTrimmed", "HistoryReplaced", "changes", "changes after a resume", "several commits",
        "several changes of a commit", "checkpoint", "checkpoint after a resume",
    ];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Resumable_Random_changes_disconnects_and_resumes_break_no_promise(bool ofManyMerchants)
    {
        await using var service = await Service.StartAsync(
            new()
            {
                ["Store:KeptCommits"] = $"{Kept}",
                ["Watch:CheckpointInterval"] = "00:00:00.300",
                ["Watch:ReconciliationInterval"] = "00:00:00.100",
                ["Rules:StandardPages"] = $"{RandomWatchRun.Rules.StandardPages}",
                ["Rules:TrialPages"] = $"{RandomWatchRun.Rules.TrialPages}",
                ["Rules:OneHolderPerPage"] = $"{RandomWatchRun.Rules.OneHolderPerPage}",
            },
            listens: true);
        var (coverage, violations) = (new CoverageCounter(), new ConcurrentBag<string>());

        // All runs share the streams.
        await using var lists = ofManyMerchants ? new ListsStreams(service.Client, RandomWatchRun.MaxStreams) : null;

        // Each run has a merchant of its own, so they can run concurrently. The seed repeats the choices, not the interleaving.
        await Parallel.ForEachAsync(RunSeeds, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (seed, _) =>
        {
            await using var run = new RandomWatchRun(service, seed, lists);
            foreach (var violation in await run.RunAsync(Expectations))
            {
                violations.Add($"{Seeds.Variable}={seed}: {violation}");
            }

            coverage.Add(run.Streams);
        });

        WatchPromises.AssertKept(violations);
        if (!Seeds.IsSingle)
        {
            Assert.All(Expected, what => Assert.True(coverage[what] > 0, $"{what} never happened; {coverage}"));
        }
    }
}
