using ConnectionStateService.Client;
using ConnectionStateService.Feed;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Microsoft.Extensions.Logging.Abstractions;

namespace ConnectionStateService.Tests.Client;

/// <summary>The processor of the client on a service in this process.</summary>
public sealed class FeedProcessorTests : IAsyncLifetime
{
    private static readonly string[] Shops = [.. Enumerable.Range(0, 12).Select(n => $"shop-{n}")];

    private readonly string consumer = $"consumer-{Guid.NewGuid():N}";
    private Service service = null!;

    public async Task InitializeAsync() => service = await Service.StartAsync();

    public async Task DisposeAsync() => await service.DisposeAsync();

    [Fact]
    public async Task Commits_are_handled_in_order_and_a_restart_continues_after_the_last_one()
    {
        var handler = new FeedRecorder();
        await ChangeAsync(1);
        await using (Start(handler))
        {
            await handler.UntilAsync(Shops.Length);
            await ChangeAsync(2, 3);
            await handler.UntilAsync(3 * Shops.Length);
        }

        await ChangeAsync(4);
        await using (Start(handler))
        {
            await handler.UntilAsync(4 * Shops.Length);
        }

        // Nothing twice: the processor has committed what it has handled.
        foreach (var shop in Shops)
        {
            Assert.Equal([1, 2, 3, 4], handler.Commits.Where(commit => commit.MerchantId == shop).Select(commit => commit.Revision));
        }
    }

    [Fact]
    public async Task Two_instances_share_the_partitions_and_one_takes_over_all_when_the_other_stops()
    {
        var (first, second) = (new FeedRecorder(), new FeedRecorder());
        await using var one = Start(first, "one");
        await HoldersAsync("one");
        await using (Start(second, "two"))
        {
            await HoldersAsync("one", "two");
            await ChangeAsync(1);
            await Eventually.TrueAsync(() => Task.FromResult(first.Commits.Count + second.Commits.Count >= Shops.Length));
        }

        service.Clock.Advance(ConsumerState.Grace);
        await HoldersAsync("one");
        await ChangeAsync(2);
        await Eventually.TrueAsync(() => Task.FromResult(first.Commits.Count(commit => commit.Revision == 2) == Shops.Length));

        Assert.NotEmpty(second.Commits);
        Assert.Equal(Shops.Length, first.Commits.Concat(second.Commits).Count(commit => commit.Revision == 1));
    }

    [Fact]
    public async Task Two_processes_of_one_instance_handle_no_commit_twice_and_the_second_goes_on_at_once_when_the_first_stops()
    {
        var (first, second) = (new FeedRecorder(), new FeedRecorder());
        RunningProcessor two;
        await using (Start(first))
        {
            await HoldersAsync("one");
            await ChangeAsync(1);
            await first.UntilAsync(Shops.Length);
            two = Start(second);
            await ChangeAsync(2, 3);
            await first.UntilAsync(3 * Shops.Length);
            Assert.Empty(second.Commits);
        }

        await using (two)
        {
            await ChangeAsync(4);
            await second.UntilAsync(Shops.Length);
        }

        Assert.All(second.Commits, commit => Assert.Equal(4, commit.Revision));
        Assert.Equal(3 * Shops.Length, first.Commits.Count);
    }

    [Fact]
    public async Task An_instance_that_takes_over_before_anything_was_handled_begins_where_the_first_one_did()
    {
        var handler = new FeedRecorder();
        await ChangeAsync(1);
        await using (Start(new FeedRecorder(), start: FeedProcessorStart.Now))
        {
            await Eventually.TrueAsync(async () =>
                ConsumerCodec.Decode(await service.Store.ReadConsumerAsync(consumer, default)).Positions.Count == Partition.Count);
        }

        await ChangeAsync(2);
        service.Clock.Advance(ConsumerState.Grace);
        await using var second = Start(handler, "two", FeedProcessorStart.Now);
        await handler.UntilAsync(Shops.Length);

        Assert.All(handler.Commits, commit => Assert.Equal(2, commit.Revision));
    }

    [Fact]
    public async Task A_commit_whose_handler_fails_is_handled_again_and_the_other_partitions_go_on()
    {
        var handler = new FeedRecorder { Fails = (commit, attempt) => commit.MerchantId == Shops[0] && attempt < 3 };
        await using var processor = Start(handler);

        await ChangeAsync(1);
        await handler.UntilAsync(Shops.Length);

        Assert.Equal([1, 2], handler.Failures[Shops[0]]);
        Assert.Equal(Shops.Order(), handler.Commits.Select(commit => commit.MerchantId).Order());
    }

    [Fact]
    public async Task A_commit_that_always_fails_is_skipped_if_the_handler_says_so_and_holds_up_its_partition_otherwise()
    {
        var handler = new FeedRecorder { Fails = (commit, _) => commit is { Revision: 1 } && commit.MerchantId == Shops[0] || commit.MerchantId == Shops[1] };
        handler.Skips = (commit, attempts) => commit.MerchantId == Shops[0] && attempts == 2;
        await using var processor = Start(handler);

        await ChangeAsync(1, 2);
        await handler.UntilAsync((2 * Shops.Length) - 3);

        Assert.Equal([2], handler.Commits.Where(commit => commit.MerchantId == Shops[0]).Select(commit => commit.Revision));
        Assert.DoesNotContain(handler.Commits, commit => commit.MerchantId == Shops[1]);
    }

    [Fact]
    public async Task A_consumer_without_positions_can_begin_with_the_page_lists_of_all_merchants()
    {
        await ChangeAsync(1);
        var handler = new FeedRecorder();

        await using var processor = Start(handler, start: FeedProcessorStart.Snapshot);
        await Eventually.TrueAsync(() => Task.FromResult(handler.Resets.Count == Partition.Count && handler.PageLists.Count == Shops.Length));

        Assert.Empty(handler.Commits);
    }

    [Fact]
    public async Task Nothing_is_handled_while_the_lease_has_ended()
    {
        var handler = new FeedRecorder();
        var partition = new FeedPartition(7, 1, "", handler, new(), consumer, TimeProvider.System, NullLogger.Instance);
        await partition.ReceiveAsync(new() { Commit = new() { MerchantId = "m" } }, "position", default);

        await Task.Delay(TimeSpan.FromMilliseconds(200));
        Assert.Empty(handler.Commits);
        partition.Renew(long.MaxValue);
        await handler.UntilAsync(1);

        await Eventually.TrueAsync(() => Task.FromResult(partition.TakeUncommitted() is { Position: "position" }));
        await partition.StopAsync();
    }

    private RunningProcessor Start(IFeedHandler handler, string instance = "one", FeedProcessorStart start = FeedProcessorStart.Oldest) => new(new FeedProcessor(
        service.Client,
        consumer,
        handler,
        new()
        {
            Instance = instance,
            Start = start,
            CommitInterval = TimeSpan.FromMilliseconds(50),
            HeartbeatInterval = TimeSpan.FromMilliseconds(50),
            MaxRetryDelay = TimeSpan.FromMilliseconds(50),
        }));

    private async Task ChangeAsync(params int[] bought)
    {
        foreach (var pages in bought)
        {
            foreach (var shop in Shops)
            {
                await service.Client.Plans.SetPlanAsync(new() { MerchantId = shop, Plan = Plan.Standard, BoughtPages = pages });
            }
        }
    }

    private Task HoldersAsync(params string[] instances) => Eventually.TrueAsync(async () =>
    {
        var leases = ConsumerCodec.Decode(await service.Store.ReadConsumerAsync(consumer, default)).Leases.Values;
        return leases.Count() == Partition.Count && leases.Select(lease => lease.Instance).Distinct().Order().SequenceEqual(instances);
    });
}
