using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using Plan = ConnectionStateService.Core.Plan;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.Tests.Watch.Promises;

/// <summary>Ordered, unique, reliable, atomic and current, through the API.</summary>
public sealed class DeliveryTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly Service service = fixture.Service;

    [Fact]
    public async Task Ordered_and_reliable_Every_open_stream_gets_every_concurrent_commit_in_order()
    {
        await using var merchant = new WatchedMerchant(service);
        await merchant.CommitAsync();
        var streams = await BeginAsync(merchant, 5);

        await CommitConcurrentlyAsync(merchant, commits: 60);

        foreach (var stream in streams)
        {
            await merchant.CaughtUpAsync(stream);
            Assert.Equal(
                Enumerable.Range(2, 60).Select(r => (long)r), stream.Stream.Messages.SelectMany(m => m.Changes).Select(c => c.Revision));
        }

        await merchant.AssertKeptAsync();
    }

    [Fact]
    public async Task Unique_No_change_arrives_twice_on_a_stream_that_is_opened_during_commits()
    {
        await using var merchant = new WatchedMerchant(service);
        var committing = CommitConcurrentlyAsync(merchant, commits: 60);
        var streams = await BeginAsync(merchant, 10);
        await committing;

        foreach (var stream in streams)
        {
            await merchant.CaughtUpAsync(stream);
            var revisions = stream.Stream.Messages.SelectMany(m => m.Revisions).ToList();
            Assert.Equal(revisions.Distinct(), revisions);
        }

        await merchant.AssertKeptAsync();
    }

    [Fact]
    public async Task Atomic_All_changes_of_a_revision_arrive_in_one_message_with_the_page_list_after_them()
    {
        var shop = service.NewMerchant();
        await using var merchant = new WatchedMerchant(service, shop.Id);
        var live = await merchant.BeginAsync();

        await shop.ConnectAsync(ApiMerchant.A);
        await merchant.ReadHistoryAsync();
        await merchant.CaughtUpAsync(live);
        var resumed = await merchant.BeginAsync((await live.FirstAsync()).Message.ResumeToken);

        var message = Assert.Single(resumed.Stream.Messages);
        Assert.Equal([4L, 4L], message.Changes.TakeLast(2).Select(c => c.Revision));
        Assert.Equal(Connection.Types.State.Connected, Assert.Single(message.List!.Connections).State);
        Assert.Equal(await shop.ListAsync(), message.List);
        Assert.Equal(await shop.HistoryAsync(), message.Changes);
        Assert.Equal(message.Changes, live.Stream.Messages.SelectMany(m => m.Changes));
        await merchant.AssertKeptAsync();
    }

    [Fact]
    public async Task Current_A_read_after_a_message_returns_its_revision_or_a_newer_one()
    {
        await using var merchant = new WatchedMerchant(service);
        await merchant.CommitAsync();
        var reader = await merchant.BeginAsync(options: new() { ReadsAfterEach = true });

        await merchant.CommitAsync(40);
        var stream = await reader.UntilAsync(s => s.Messages.Any(m => m.Position == merchant.Head && m.ReadRevision is not null));

        Assert.All(stream.Messages, m => Assert.InRange(m.ReadRevision!.Value, m.Position!.Value.Revision, long.MaxValue));
        await merchant.AssertKeptAsync();
    }

    [Fact]
    public async Task Current_The_stream_of_an_unknown_merchant_starts_with_an_empty_page_list_and_gets_the_first_commit()
    {
        await using var merchant = new WatchedMerchant(service);

        var stream = await merchant.BeginAsync();
        var first = await stream.FirstAsync();
        await merchant.CommitAsync();
        var next = await stream.MessageAsync(m => m.IsChanges);

        Assert.Equal((Reason.Initial, 0, 0), (first.Reason, first.List!.Revision, first.List.Connections.Count));
        Assert.Equal(TimeSpan.FromSeconds(15), first.Message.CheckpointInterval.ToTimeSpan());
        Assert.Equal([1L], next.Revisions);
        Assert.Equal(merchant.Id, next.List!.MerchantId);
        await merchant.AssertKeptAsync();
    }

    private static async Task<StreamRecorder[]> BeginAsync(WatchedMerchant merchant, int count) =>
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => merchant.BeginAsync()));

    // Four writers at once. Each commit changes something, because no two set the same number of pages.
    private async Task CommitConcurrentlyAsync(WatchedMerchant merchant, int commits)
    {
        await Parallel.ForAsync(100, 100 + commits, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (pages, stop) =>
            await service.Handler.HandleAsync(merchant.Id, TestCommands.SetPlan(Plan.Standard, pages), stop));
        await merchant.ReadHistoryAsync();
    }
}
