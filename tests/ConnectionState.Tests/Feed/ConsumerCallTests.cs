using ConnectionStateService.Client;
using ConnectionStateService.Feed;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Result = ConnectionStateService.V1.CommitFeedPositionsResponse.Types.Result;

namespace ConnectionStateService.Tests.Feed;

/// <summary>The consumers of the feed as callers see them.</summary>
public sealed class ConsumerCallTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly string consumer = $"mailer-{Guid.NewGuid():N}";

    private FeedService.FeedServiceClient Feeds => fixture.Service.Client.Feeds;

    [Fact]
    public async Task A_position_is_kept_under_the_name_of_the_consumer_and_is_listed_with_its_lag()
    {
        var shop = fixture.Service.NewMerchant();
        await shop.SetPlanAsync(Plan.Trial);
        var partition = Partition.Of(shop.Id);
        var position = await NewestAsync(partition);
        await shop.SetPlanAsync(Plan.Standard, 1);
        await shop.SetPlanAsync(Plan.Standard, 2);

        Assert.Equal(Result.Committed, await CommitAsync(partition, position));

        var listed = await FindAsync();
        var kept = Assert.Single(listed.Positions);
        Assert.Equal((partition, position, "", true), (kept.Partition, kept.Position_, kept.Instance, kept.CommittedAt is not null));
        Assert.InRange(listed.Lag, 2, long.MaxValue);
    }

    [Fact]
    public async Task A_position_before_the_kept_one_is_refused_unless_it_is_rewound()
    {
        var (earlier, later) = (FeedPosition.Encode(9, new(1, 1)), FeedPosition.Encode(9, new(2, 2)));
        Assert.Equal(Result.Committed, await CommitAsync(9, later));

        Assert.Equal(Result.Behind, await CommitAsync(9, earlier));
        Assert.Equal(later, Assert.Single((await FindAsync()).Positions).Position_);
        Assert.Equal(Result.Committed, await CommitAsync(9, earlier, rewind: true));
        Assert.Equal(earlier, Assert.Single((await FindAsync()).Positions).Position_);
    }

    [Fact]
    public async Task Two_instances_share_the_partitions_and_neither_commits_positions_of_the_other()
    {
        var first = await HoldAsync("one");
        Assert.Equal(Partition.Count, first.Leases.Count);
        Assert.All(first.Leases, lease => Assert.InRange(lease.ExpiresIn.ToTimeSpan(), TimeSpan.FromSeconds(5), ConsumerState.LeaseDuration));
        Assert.Empty((await HoldAsync("two")).Leases);
        int[] released = [.. (await HoldAsync("one")).Leases.Where(lease => lease.Release).Select(lease => lease.Partition)];
        first = await HoldAsync("one", released);
        var second = await HoldAsync("two");

        Assert.Equal(released.Order(), second.Leases.Select(lease => lease.Partition));
        Assert.Equal(Partition.Count, first.Leases.Count + second.Leases.Count);
        var (mine, theirs) = (first.Leases[0], second.Leases[0]);
        Assert.Equal(Result.Committed, await CommitAsync(mine.Partition, FeedPosition.Encode(mine.Partition, new(1, 1)), "one", mine.Epoch));
        Assert.Equal(Result.LeaseLost, await CommitAsync(theirs.Partition, FeedPosition.Encode(theirs.Partition, new(1, 1)), "one", theirs.Epoch));
        Assert.Equal(Result.LeaseLost, await CommitAsync(theirs.Partition, FeedPosition.Encode(theirs.Partition, new(1, 1)), "one", theirs.Epoch - 1));

        var listed = await FindAsync();
        Assert.Equal(["one", "two"], listed.Instances);
        Assert.Equal("one", listed.Positions.Single(p => p.Partition == mine.Partition).Instance);
    }

    [Fact]
    public async Task A_lease_comes_with_the_position_that_is_kept_and_an_instance_that_leaves_holds_nothing_for_long()
    {
        var position = FeedPosition.Encode(9, new(5, 5));
        await CommitAsync(9, position);

        Assert.Equal(position, (await HoldAsync("one")).Leases[9].Position);
        await Feeds.HoldFeedPartitionsAsync(new() { Consumer = consumer, Instance = "one", Leaving = true });
        Assert.Empty((await HoldAsync("two")).Leases);
        fixture.Service.Clock.Advance(ConsumerState.Grace);

        Assert.Equal(Partition.Count, (await HoldAsync("two")).Leases.Count);
    }

    [Fact]
    public async Task A_consumer_is_removed_once_no_instance_holds_partitions_or_by_force()
    {
        await CommitAsync(9, FeedPosition.Encode(9, new(5, 5)));
        await HoldAsync("one");

        var refused = (await Assert.ThrowsAsync<RpcException>(() => RemoveAsync())).GetConnectionStateError();
        Assert.Equal((ErrorReason.FeedConsumerInUse, consumer, "one"), (refused.Reason, refused.Metadata["consumer"], refused.Metadata["instances"]));
        Assert.Single((await FindAsync()).Positions);

        fixture.Service.Clock.Advance(ConsumerState.LeaseDuration);
        Assert.True((await RemoveAsync()).Removed);
        Assert.False((await RemoveAsync()).Removed);
        Assert.DoesNotContain((await Feeds.ListFeedConsumersAsync(new())).Consumers, found => found.Name == consumer);

        // One that is removed by force begins as a new one.
        await CommitAsync(9, FeedPosition.Encode(9, new(5, 5)));
        await HoldAsync("one");
        Assert.True((await RemoveAsync(force: true)).Removed);
        Assert.Equal("", (await HoldAsync("one")).Leases[9].Position);
    }

    [Fact]
    public async Task Two_processes_of_one_instance_never_hold_the_same_partitions()
    {
        Assert.Equal(Partition.Count, (await HoldAsync("one", session: "first")).Leases.Count);
        Assert.Empty((await HoldAsync("one", session: "second")).Leases);
        fixture.Service.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(Partition.Count, (await HoldAsync("one", session: "first")).Leases.Count);
        fixture.Service.Clock.Advance(TimeSpan.FromSeconds(6));
        Assert.Empty((await HoldAsync("one", session: "second")).Leases);
    }

    [Fact]
    public async Task Consumers_are_listed_page_by_page()
    {
        foreach (var name in (string[])["a", "b", "c"])
        {
            await Feeds.HoldFeedPartitionsAsync(new() { Consumer = $"{consumer}-{name}", Instance = "one" });
        }

        var (listed, token) = (new List<string>(), "");
        do
        {
            var page = await Feeds.ListFeedConsumersAsync(new() { PageSize = 2, PageToken = token });
            Assert.InRange(page.Consumers.Count, 0, 2);
            listed.AddRange(page.Consumers.Select(found => found.Name));
            token = page.NextPageToken;
        }
        while (token.Length > 0);

        Assert.Equal(listed.Order(StringComparer.Ordinal), listed);
        Assert.Equal(3, listed.Count(name => name.StartsWith($"{consumer}-", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_position_that_is_none_is_refused()
    {
        var failure = await Assert.ThrowsAsync<RpcException>(() => CommitAsync(9, "nonsense"));

        Assert.Equal("positions[0].position", Assert.Single(failure.GetConnectionStateError().Violations).Field);
    }

    private async Task<Result> CommitAsync(int partition, string position, string instance = "", long epoch = 0, bool rewind = false)
    {
        var response = await Feeds.CommitFeedPositionsAsync(new()
        {
            Consumer = consumer,
            Instance = instance,
            Rewind = rewind,
            Positions = { new CommitFeedPositionsRequest.Types.Position { Partition = partition, Position_ = position, Epoch = epoch } },
        });
        var outcome = Assert.Single(response.Outcomes);
        Assert.Equal(partition, outcome.Partition);
        return outcome.Result;
    }

    private async Task<HoldFeedPartitionsResponse> HoldAsync(string instance, int[]? released = null, string session = "") =>
        await Feeds.HoldFeedPartitionsAsync(new() { Consumer = consumer, Instance = instance, Session = session, Released = { released ?? [] } });

    private async Task<RemoveFeedConsumerResponse> RemoveAsync(bool force = false) =>
        await Feeds.RemoveFeedConsumerAsync(new() { Consumer = consumer, Force = force });

    private async Task<ListFeedConsumersResponse.Types.Consumer> FindAsync() =>
        (await Feeds.ListFeedConsumersAsync(new())).Consumers.Single(found => found.Name == consumer);

    private async Task<string> NewestAsync(int partition) => (await Feeds.GetFeedPositionsAsync(new())).Partitions[partition].Newest;
}
