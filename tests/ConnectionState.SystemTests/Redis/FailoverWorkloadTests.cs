using System.Globalization;
using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Histories;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>
/// Random commands, reads and watches during failovers without data loss: the history stays linearizable. For failovers that lose data
/// see <see cref="SentinelDataLossTests"/>.
/// </summary>
public sealed class FailoverWorkloadTests(ITestOutputHelper log)
{
    private const int ServerCount = 3;
    private const int OperationsAround = 100;
    private static readonly IReadOnlyList<int> RunSeeds = Seeds.Of(LongRun.Of(all: 20, usual: 1));

    [Fact]
    public async Task The_history_is_linearizable_through_a_Sentinel_failover_without_data_loss()
    {
        await using var redis = await SentinelDeployment.StartAsync();
        await RunAsync(redis.Configuration, async (servers, _) =>
        {
            var old = await redis.PrimaryAsync();
            await ReplicateAllAsync(redis, old);
            await old.KillAsync();
            await redis.PrimaryAsync(otherThan: old);

            // The old primary comes back empty and in its old role: a server that still waited for it would write there.
            await Task.WhenAll(servers.Clients.Select(UntilServedAsync));
            await redis.RestartAsync(old);
        });
    }

    [Fact]
    public async Task The_history_is_linearizable_through_failovers_and_slot_moves_of_a_Cluster()
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
                var slot = await cluster.SlotOfMerchantAsync(merchant);
                var from = await cluster.ShardAsync(slot);
                await cluster.MoveSlotsAsync(from, (from + 1) % ClusterDeployment.Shards, slot);
            }
        });
    }

    private async Task RunAsync(string configuration, Func<ServerGroup, IReadOnlyList<string>, Task> fail)
    {
        await using var servers = await ServerGroup.StartAsync(ServerCount, configuration, CheckedWorkload.Arguments);
        var workload = new CheckedWorkload(servers.Clients, configuration);
        foreach (var seed in RunSeeds)
        {
            var options = new WorkloadOptions { SharedPages = seed % 2 == 1, Name = $"s{seed}-" };
            using var end = new CancellationTokenSource();
            var running = workload.RunAsync(seed, options, end.Token);
            await workload.UntilMoreOperationsAsync(OperationsAround);
            await fail(servers, [.. Enumerable.Range(1, options.Merchants).Select(n => $"{options.Name}{n}")]);
            await workload.UntilMoreOperationsAsync(OperationsAround);
            await end.CancelAsync();
            await running;
        }

        log.WriteLine($"{workload.Operations} operations ({workload.Unknown} sent more than once), {workload.Streams} streams; seeds {string.Join(' ', RunSeeds)}");
    }

    // Pauses writes on the primary, and waits until its replicas have everything.
    private static async Task ReplicateAllAsync(SentinelDeployment redis, RedisServer primary)
    {
        await primary.CommandAsync("CLIENT", "PAUSE", 60_000, "WRITE");
        var offset = Number((await primary.InfoAsync("replication"))["master_repl_offset"]);
        await Poll.UntilAsync("the replicas have everything", async () =>
        {
            var replicas = await Task.WhenAll(redis.Nodes.Where(node => node != primary).Select(node => node.InfoAsync("replication")));
            return replicas.All(replica => Number(replica["slave_repl_offset"]) >= offset);
        });
    }

    private static Task UntilServedAsync(ConnectionStateClient client) => Eventually.TrueAsync(async () =>
        await Record.ExceptionAsync(async () => await client.Pages.GetPageListAsync(new() { MerchantId = "anybody" })) is null);

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
}
