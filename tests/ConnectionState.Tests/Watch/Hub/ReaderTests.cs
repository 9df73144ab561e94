using ConnectionStateService.Store;
using ConnectionStateService.Watch;

namespace ConnectionStateService.Tests.Watch.Hub;

/// <summary>One reader follows a merchant's history for all who watch it.</summary>
public sealed class ReaderTests : IAsyncLifetime
{
    private const string History = nameof(IConnectionStore.ReadCommitsAsync);
    private TestHub hub = null!;

    public async Task InitializeAsync() => hub = await TestHub.StartAsync();

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Fact]
    public async Task A_merchant_that_nothing_is_stored_of_can_be_watched()
    {
        using var stream = hub.Open();
        Assert.Equal("Initial 0", await stream.TakeAsync());

        await hub.CommitAsync();

        Assert.Equal("changes 1-1", await stream.TakeAsync());
    }

    [Fact]
    public async Task Each_commit_is_told_as_it_is_stored()
    {
        using var stream = await hub.JoinAsync();

        for (var revision = 1; revision <= 20; revision++)
        {
            var place = await hub.CommitAsync();
            var changes = Assert.IsType<WatchEvent.Changes>(await stream.TakeDeliveryAsync());
            Assert.Equal((place, place.CommitId), (changes.Position, Assert.Single(changes.Commits).Id));
        }
    }

    [Fact]
    public async Task One_read_serves_all_who_watch_a_merchant()
    {
        var streams = new List<WatchStream>();
        for (var i = 0; i < 10; i++)
        {
            streams.Add(await hub.JoinAsync());
        }

        var (reads, histories) = (hub.Reads, hub.Calls(History));
        await hub.CommitAsync();

        foreach (var stream in streams)
        {
            Assert.Equal("changes 1-1", await stream.TakeAsync());
        }

        Assert.Equal((reads + 1, histories + 1), (hub.Reads, hub.Calls(History)));
        streams.ForEach(stream => stream.Dispose());
    }

    [Fact]
    public async Task Who_comes_while_the_store_is_asked_shares_the_next_read()
    {
        var hold = new StoreCallGate(nameof(IConnectionStore.ReadAsync));
        hub.Before = hold.PassAsync;
        using var first = hub.Open();
        await hold.ReachedAsync();
        var later = Enumerable.Range(0, 10).Select(_ => hub.Open()).ToList();
        hold.Release();

        Assert.Equal("Initial 0", await first.TakeAsync());
        foreach (var stream in later)
        {
            Assert.Equal("Initial 0", await stream.TakeAsync());
        }

        Assert.Equal(2, hub.Reads);
        later.ForEach(stream => stream.Dispose());
    }

    [Fact]
    public async Task Who_joins_does_not_disturb_who_is_there()
    {
        using var there = await hub.JoinAsync();
        var waiting = there.TakeAsync();
        using var joining = await hub.JoinAsync();

        await hub.CommitAsync();

        Assert.Equal("changes 1-1", await waiting);
        Assert.Equal("changes 1-1", await joining.TakeAsync());
        Assert.Empty(await there.TakeAllAsync());
    }

    [Fact]
    public async Task One_merchants_changes_are_not_told_to_who_watches_another()
    {
        using var one = await hub.JoinAsync("merchant-1");
        using var other = await hub.JoinAsync("merchant-2");

        await hub.CommitAsync("merchant-1");
        await hub.CommitAsync("merchant-2", times: 2);

        Assert.Equal("merchant-1", Assert.IsType<WatchEvent.Changes>(await one.TakeDeliveryAsync()).Record.MerchantId);
        Assert.Equal(2, (await other.TakeUntilAsync(2)).OfType<WatchEvent.Changes>().Sum(c => c.Commits.Length));
        Assert.Empty(await one.TakeAllAsync());
    }

    [Fact]
    public async Task Who_goes_on_from_the_present_gets_a_checkpoint_and_no_history_is_read()
    {
        var place = await hub.CommitAsync(times: 3);

        using var stream = hub.Open(from: place);

        var told = Assert.IsType<WatchEvent.Checkpoint>(await stream.TakeDeliveryAsync());
        Assert.Equal((place, 3), (told.Position, told.Record?.Revision));
        Assert.Equal(0, hub.Calls(History));
    }

    [Fact]
    public async Task Who_goes_on_from_the_past_gets_what_changed_since_and_then_what_changes()
    {
        var place = await hub.CommitAsync(times: 2);
        await hub.CommitAsync(times: 3);

        using var stream = hub.Open(from: place);
        Assert.Equal("changes 3-5", await stream.TakeAsync());

        await hub.CommitAsync();
        Assert.Equal("changes 6-6", await stream.TakeAsync());
    }

    [Fact]
    public async Task Who_goes_on_from_another_history_gets_the_list_and_then_what_changes()
    {
        await hub.CommitAsync(times: 2);

        using var stream = hub.Open(from: SampleHistory.At(2));
        Assert.Equal("HistoryReplaced 2", await stream.TakeAsync());

        await hub.CommitAsync();
        Assert.Equal("changes 3-3", await stream.TakeAsync());
    }

    [Fact]
    public async Task The_last_who_leaves_ends_the_reading_and_the_next_one_starts_afresh()
    {
        var (one, other) = (await hub.JoinAsync(), await hub.JoinAsync());
        one.Dispose();
        other.Dispose();
        var reads = hub.Reads;

        await hub.CommitAsync(times: 2);
        await hub.ReconcileAsync();
        Assert.Equal(0, hub.Calls(nameof(IConnectionStore.ReadPositionsAsync)));

        using var next = hub.Open();
        Assert.Equal("Initial 2", await next.TakeAsync());
        Assert.Equal(reads + 1, hub.Reads);
        await hub.CommitAsync();
        Assert.Equal("changes 3-3", await next.TakeAsync());
    }

    [Fact]
    public async Task Who_stays_when_another_leaves_goes_on()
    {
        using var stays = await hub.JoinAsync();
        (await hub.JoinAsync()).Dispose();

        await hub.CommitAsync();

        Assert.Equal("changes 1-1", await stays.TakeAsync());
    }

    [Fact]
    public async Task A_history_that_was_replaced_under_who_watches_is_told_so()
    {
        await hub.CommitAsync(times: 3);
        using var stream = await hub.JoinAsync();
        using (var database = hub.OpenDatabase())
        {
            database.Execute("DELETE FROM history");
            database.Execute("DELETE FROM merchant");
        }

        await hub.ReconcileAsync();
        Assert.Equal("HistoryReplaced 0", await stream.TakeAsync());

        await hub.CommitAsync();
        Assert.Equal("changes 1-1", await stream.TakeAsync());
    }
}
