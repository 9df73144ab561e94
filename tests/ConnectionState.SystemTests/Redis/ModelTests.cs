using System.Collections.Concurrent;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.SystemTests.Support.Model;
using ConnectionStateService.Tests.Support;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>Two servers on one Redis give exactly the answers that a model written from the protos expects.</summary>
public sealed class ModelTests(ITestOutputHelper log) : IAsyncLifetime
{
    private const int CallsPerMerchant = 250;
    private const int Together = 8;
    private static readonly IReadOnlyList<int> RunSeeds = Seeds.Of(LongRun.Of(all: 100_000, usual: 3_000) / CallsPerMerchant);

    private RedisServer redis = null!;

    public async Task InitializeAsync() => redis = await RedisServer.StartAsync();

    public async Task DisposeAsync() => await redis.DisposeAsync();

    [Fact]
    public async Task Every_answer_to_random_calls_through_two_servers_is_that_of_the_model()
    {
        await using var servers = await ServerGroup.StartAsync(2, redis.Configuration, [.. MerchantModel.Arguments]);
        var answers = new ConcurrentBag<KeyValuePair<string, int>>();

        await Parallel.ForEachAsync(RunSeeds, new ParallelOptions { MaxDegreeOfParallelism = Together }, async (seed, _) =>
        {
            var run = new ModelRun(servers.Clients, $"merchant-{seed}", seed);
            await run.RunAsync(CallsPerMerchant);
            foreach (var answer in run.Answers)
            {
                answers.Add(answer);
            }
        });

        var counts = answers.GroupBy(a => a.Key).OrderBy(g => g.Key, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Sum(a => a.Value));
        log.WriteLine($"{counts.Values.Sum()} calls: {string.Join(", ", counts.Select(c => $"{c.Key} {c.Value}"))}");
    }
}
