using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using Plan = ConnectionStateService.Core.Plan;
using Reason = ConnectionStateService.V1.SnapshotReason;

namespace ConnectionStateService.Tests.Watch;

/// <summary>What streams tell of what is committed: ordered, unique, reliable, atomic, current.</summary>
public sealed class DeliveryTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly Service service = fixture.Service;

    [Fact]
    public async Task Ordered_Revisions_only_rise_while_many_commit_at_once()
    {
        await using var merchant = new WatchedMerchant(service);
        await merchant.CommitAsync();
        var streams = await BeginAsync(merchant, 5);

        await RaceAsync(merchant, commits: 60);

        foreach (var stream in streams)
        {
            await merchant.CaughtUpAsync(stream);
            var revisions = stream.Stream.Messages.Select(m => m.Position!.Value.Revision).ToList();
            Assert.Equal(revisions.Distinct().Order(), revisions);
        }

        await merchant.AssertKeptAsync();
    }

    [Fact]
    public async Task Unique_No_change_comes_twice_on_a_stream_that_is_opened_while_commits_go_on()
    {
        await using var merchant = new WatchedMerchant(service);
        var racing = RaceAsync(merchant, commits: 60);
        var streams = await BeginAsync(merchant, 10);
        await racing;

        foreach (var stream in streams)
        {
            await merchant.CaughtUpAsync(stream);
            var told = stream.Stream.Messages.SelectMany(m => m.Revisions).ToList();
            Assert.Equal(told.Distinct(), told);
        }

        await merchant.AssertKeptAsync();
    }

    [Fact]
    public async Task Reliable_Every_change_comes_to_every_stream()
    {
        await using var merchant = new WatchedMerchant(service);
        await merchant.CommitAsync();
        var streams = await BeginAsync(merchant, 5);

        await RaceAsync(merchant, commits: 60);

        foreach (var stream in streams)
        {
            await merchant.CaughtUpAsync(stream);
            Assert.Equal(
                Enumerable.Range(2, 60).Select(r => (long)r), stream.Stream.Messages.SelectMany(m => m.Changes).Select(c => c.Revision));
        }

        await merchant.AssertKeptAsync();
    }

    [Fact]
    public async Task Atomic_The_changes_of_one_revision_come_in_one_message_with_the_list_after_the_last_of_them()
    {
        var shop = service.NewShop();
        await using var merchant = new WatchedMerchant(service, shop.Id);
        var live = await merchant.BeginAsync();

        await shop.ConnectAsync(Shop.A);
        await merchant.LookAsync();
        await merchant.CaughtUpAsync(live);
        var resumed = await merchant.BeginAsync((await live.FirstAsync()).Message.ResumeToken);

        var granted = Assert.Single(resumed.Stream.Messages);
        Assert.Equal([4L, 4L], granted.Changes.TakeLast(2).Select(c => c.Revision));
        Assert.Equal(Connection.Types.State.Connected, Assert.Single(granted.List!.Connections).State);
        Assert.Equal(await shop.ListAsync(), granted.List);
        Assert.Equal(await shop.HistoryAsync(), granted.Changes);
        Assert.Equal(granted.Changes, live.Stream.Messages.SelectMany(m => m.Changes));
        await merchant.AssertKeptAsync();
    }

    [Fact]
    public async Task Current_A_read_after_a_delivery_returns_it_or_something_newer()
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
    public async Task Current_A_merchant_that_nothing_is_known_of_has_an_empty_list_until_something_is_stored()
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

    [Fact]
    public async Task Ordered_A_stream_hears_of_no_merchant_but_its_own()
    {
        await using var one = new WatchedMerchant(service);
        await using var other = new WatchedMerchant(service);
        var stream = await one.BeginAsync();
        var others = await other.BeginAsync();

        await other.CommitAsync(5);
        await one.CommitAsync();
        await one.CaughtUpAsync(stream);
        await other.CaughtUpAsync(others);

        Assert.Equal([1L], stream.Stream.Messages.SelectMany(m => m.Revisions));
        Assert.Equal(5, others.Stream.Messages.Sum(m => m.Changes.Count));
        await one.AssertKeptAsync();
        await other.AssertKeptAsync();
    }

    private static async Task<StreamRecorder[]> BeginAsync(WatchedMerchant merchant, int count) =>
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => merchant.BeginAsync()));

    // Four writers at once; each commit changes something, because no two ask for the same number of pages.
    private async Task RaceAsync(WatchedMerchant merchant, int commits)
    {
        await Parallel.ForAsync(100, 100 + commits, new ParallelOptions { MaxDegreeOfParallelism = 4 }, async (pages, stop) =>
            await service.Merchants.HandleAsync(merchant.Id, PlayCommands.SetPlan(Plan.Standard, pages), stop));
        await merchant.LookAsync();
    }
}
