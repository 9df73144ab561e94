using System.Collections.Concurrent;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;

namespace ConnectionStateService.Tests.Watch;

/// <summary>All promises at once, over whatever chance comes up with.</summary>
public sealed class RandomWatchTests
{
    private const int Runs = 1_000;
    private const int Kept = 20;

    private static readonly WatchExpectations Expectations = new() { KeptCommits = Kept, CheckpointInterval = TimeSpan.FromMilliseconds(300) };

    // What must have happened in a tenth of the runs, to call it tried. Nobody reads slowly here.
    private static readonly string[] Expected =
    [
        "Initial", "HistoryTrimmed", "HistoryReplaced", "changes", "changes after a resume", "several commits",
        "several changes of a commit", "checkpoint", "checkpoint after a resume",
    ];

    [Fact]
    public async Task Resumable_Random_changes_disconnects_and_resumes_break_no_promise()
    {
        await using var service = await Service.StartAsync(new()
        {
            ["Store:KeptCommits"] = $"{Kept}",
            ["Watch:CheckpointInterval"] = "00:00:00.300",
            ["Watch:ReconciliationInterval"] = "00:00:00.100",
            ["Rules:StandardPages"] = $"{RandomWatchRun.Rules.StandardPages}",
            ["Rules:TrialPages"] = $"{RandomWatchRun.Rules.TrialPages}",
            ["Rules:OneHolderPerPage"] = $"{RandomWatchRun.Rules.OneHolderPerPage}",
        },
        listens: true);
        var (tally, broken) = (new CoverageCounter(), new ConcurrentBag<string>());

        // Each run has a merchant of its own, so many can go on at once.
        await Parallel.ForAsync(0, Runs, new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (seed, _) =>
        {
            await using var run = new RandomWatchRun(service, seed);
            foreach (var found in await run.RunAsync(Expectations))
            {
                broken.Add(found);
            }

            tally.Add(run.Streams);
        });

        WatchPromises.AssertKept(broken);
        Assert.All(Expected, what => Assert.True(tally[what] > Runs / 10, $"{what} came {tally[what]} times; {tally}"));
    }
}
