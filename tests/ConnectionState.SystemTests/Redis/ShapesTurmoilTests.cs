using System.Globalization;
using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Histories;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>
/// Random commands, reads and watches go through failovers that lose nothing, and everything could have been done by one process. What
/// asynchronous replication loses is not for these checks; see <see cref="SentinelLossTests"/>.
/// </summary>
public sealed class ShapesTurmoilTests(ITestOutputHelper log)
{
    private const int ReplicaCount = 3;
    private static readonly int Seeds = LongRun.Of(all: 20, usual: 1);

    [Fact]
    public async Task Through_a_failover_by_Sentinel_that_loses_nothing()
    {
        await using var redis = await SentinelDeployment.StartAsync();
        await RunAsync(redis.Configuration, async (replicas, _) =>
        {
            var old = await redis.PrimaryAsync();
            await PassAllOnAsync(redis, old);
            await old.KillAsync();
            await redis.PrimaryAsync(otherThan: old);

            // It comes back with nothing, and takes itself for the primary at first: whoever still waited for it would write there.
            await Task.WhenAll(replicas.Clients.Select(UntilServedAsync));
            await redis.RestartAsync(old);
        });
    }

    [Fact]
    public async Task Through_failovers_and_moving_slots_of_a_Cluster()
    {
        await using var cluster = await ClusterDeployment.StartAsync();
        await RunAsync(cluster.Configuration, async (_, merchants) =>
        {
            for (var shard = 0; shard < ClusterDeployment.Shards; shard++)
            {
                await cluster.FailoverAsync(shard);
            }

            foreach (var merchant in merchants)
            {
                var slot = await Shapes.SlotAsync(cluster, merchant);
                var from = await cluster.ShardAsync(slot);
                await cluster.MoveSlotsAsync(from, (from + 1) % ClusterDeployment.Shards, slot);
            }
        });
    }

    private async Task RunAsync(string configuration, Func<Replicas, IReadOnlyList<string>, Task> fail)
    {
        await using var replicas = await Replicas.StartAsync(ReplicaCount, configuration, Turmoil.Arguments);
        var turmoil = new Turmoil(replicas.Clients, configuration);
        for (var seed = 0; seed < Seeds; seed++)
        {
            var options = new WorkloadOptions { SharedPages = seed % 2 == 1, Name = $"s{seed}-" };
            using var end = new CancellationTokenSource();
            var running = turmoil.RunAsync(seed, options, end.Token);
            await Task.Delay(TimeSpan.FromSeconds(1));
            await fail(replicas, [.. Enumerable.Range(1, options.Merchants).Select(n => $"{options.Name}{n}")]);
            await Task.Delay(TimeSpan.FromSeconds(1));
            await end.CancelAsync();
            await running;
        }

        log.WriteLine($"{turmoil.Operations} operations ({turmoil.Unknown} sent more than once), {turmoil.Streams} streams");
    }

    // The primary takes no more writes, and its replicas come to have all that it ever took.
    private static async Task PassAllOnAsync(SentinelDeployment redis, RedisServer primary)
    {
        await primary.CommandAsync("CLIENT", "PAUSE", 60_000, "WRITE");
        var all = Number((await primary.InfoAsync("replication"))["master_repl_offset"]);
        await Poll.UntilAsync("the replicas have everything", async () =>
        {
            var copies = await Task.WhenAll(redis.Nodes.Where(node => node != primary).Select(node => node.InfoAsync("replication")));
            return copies.All(copy => Number(copy["slave_repl_offset"]) >= all);
        });
    }

    private static Task UntilServedAsync(ConnectionStateClient client) => Eventually.TrueAsync(async () =>
        await Record.ExceptionAsync(async () => await client.Pages.GetPageListAsync(new() { MerchantId = "anybody" })) is null);

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
