using System.Collections.Concurrent;
using ConnectionState.Core;
using ConnectionState.Tests.Support;
using ConnectionState.Tests.Support.Histories;

namespace ConnectionState.Tests.Histories;

/// <summary>Many workers at once, on pages of their own and on pages that they take from one another: the service is right all the same.</summary>
public sealed class RandomHistoriesTests
{
    private const int Runs = 200;

    private static readonly Rules Rules = new() { StandardPages = 2 };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Whatever_several_workers_do_at_once_could_have_been_done_one_after_the_other(bool sharedPages)
    {
        await using var service = await Service.StartAsync(new() { ["Rules:StandardPages"] = $"{Rules.StandardPages}" });
        var replicas = new[] { "a", "b", "c" }.Select(name => new Replica(name, service.Client)).ToArray();
        var found = new ConcurrentBag<string>();
        var seen = new ConcurrentDictionary<string, int>();
        using var stop = new CancellationTokenSource();
        var time = PassTimeAsync(service, stop.Token);

        await Parallel.ForAsync(0, Runs, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (seed, _) =>
        {
            var load = new Workload(seed, replicas, new()
            {
                Workers = 4,
                Merchants = 2,
                SharedPages = sharedPages,
                Name = $"m{seed}-",
                CallsPerWorker = 60,
                Clock = service.Clock,
            });
            await load.RunAsync(stop.Token);
            var histories = await load.HistoriesAsync(replicas[0]);
            foreach (var violation in HistoryChecker.Check(load.Recording, histories, Rules))
            {
                found.Add($"seed {seed}: {violation}");
            }

            foreach (var what in load.Recording.Operations.Select(Kind).Concat(histories.SelectMany(h => h.Entries).Select(e => e.Actor)))
            {
                seen.AddOrUpdate(what, 1, (_, count) => count + 1);
            }
        });
        await stop.CancelAsync();
        await time;

        Assert.True(found.IsEmpty, $"{found.Count} violations:\n{string.Join('\n', found.Take(10))}");
        Assert.Fail(string.Join('\n', seen.OrderBy(s => s.Key).Select(s => $"{s.Value} {s.Key}")));
    }

    private static string Kind(Operation operation) => operation.Outcome switch
    {
        Outcome.Refused refused => $"{refused.Reason}",
        var other => $"{operation.Request.Descriptor.Name} {other.GetType().Name}",
    };

    private static async Task PassTimeAsync(Service service, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await service.PassAsync(TimeSpan.FromMilliseconds(200));
            await Task.Delay(20, CancellationToken.None);
        }
    }
}
