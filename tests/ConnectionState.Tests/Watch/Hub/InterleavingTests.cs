using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Watch;

namespace ConnectionStateService.Tests.Watch.Hub;

/// <summary>Commits that go through while a stream is opened, or while the store is being read.</summary>
public sealed class InterleavingTests : IAsyncLifetime
{
    private const string Read = nameof(IConnectionStore.ReadAsync);
    private const string History = nameof(IConnectionStore.ReadCommitsAsync);
    private TestHub hub = null!;

    // A bound that nothing here reaches: nobody falls behind.
    public async Task InitializeAsync() => hub = await TestHub.StartAsync(new WatchOptions { BufferedChanges = 1_000 });

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Fact]
    public async Task A_commit_before_the_first_read_is_in_the_first_list()
    {
        var hold = HoldBefore(Read);
        using var stream = hub.Open();
        await hold.ReachedAsync();

        await hub.CommitAsync();
        hold.Release();

        Assert.Equal("Initial 1", await stream.TakeAsync());
    }

    [Fact]
    public async Task A_commit_after_the_first_read_is_told_after_the_first_list()
    {
        var hold = HoldAfter(Read);
        using var stream = hub.Open();
        await hold.ReachedAsync();

        await hub.CommitAsync();
        hold.Release();

        Assert.Equal(["Initial 0", "changes 1-1"], [await stream.TakeAsync(), await stream.TakeAsync()]);
    }

    [Fact]
    public async Task Who_comes_while_others_are_told_something_older_hears_everything_since_the_list_it_gets()
    {
        using var there = await hub.JoinAsync();
        var hold = HoldAfter(Read);
        await hub.CommitAsync();
        await hold.ReachedAsync();

        using var joining = hub.Open();
        await hub.CommitAsync();
        hold.Release();

        Assert.Equal("Initial 2", await joining.TakeAsync());
        await AssertCompleteAsync(there, 0, 2);
        await hub.CommitAsync();
        Assert.Equal("changes 3-3", await joining.TakeAsync());
    }

    [Fact]
    public async Task A_commit_between_the_record_and_the_history_is_told_once()
    {
        using var stream = await hub.JoinAsync();
        var hold = HoldBefore(History);
        await hub.CommitAsync();
        await hold.ReachedAsync();

        await hub.CommitAsync();
        hold.Release();

        await AssertCompleteAsync(stream, 0, 2);
    }

    [Fact]
    public async Task Who_goes_on_from_the_past_while_commits_go_through_hears_each_one()
    {
        var place = await hub.CommitAsync(times: 2);
        await hub.CommitAsync();
        var hold = HoldBefore(History);
        using var stream = hub.Open(from: place);
        await hold.ReachedAsync();

        await hub.CommitAsync(times: 2);
        hold.Release();

        await AssertCompleteAsync(stream, 2, 5);
    }

    [Fact]
    public async Task Who_leaves_while_the_store_is_asked_leaves_nothing_behind()
    {
        var hold = HoldAfter(Read);
        var leaving = hub.Open();
        await hold.ReachedAsync();
        leaving.Dispose();

        using var next = hub.Open();
        await hub.CommitAsync();
        hold.Release();

        await AssertCompleteAsync(next, null, 1);
    }

    [Fact]
    public async Task Who_comes_at_any_time_while_commits_go_through_hears_each_one_once()
    {
        const int Last = 300;
        var watching = new List<Task>();
        while (watching.Count < 15)
        {
            watching.Add(Task.Run(async () =>
            {
                using var stream = hub.Open();
                await AssertCompleteAsync(stream, null, Last);
            }));
            await hub.CommitAsync(times: Last / 15);
        }

        await Task.WhenAll(watching);
    }

    [Fact]
    public async Task Who_comes_and_goes_all_the_time_hears_each_commit_once()
    {
        const int Last = 300;
        var committing = Task.Run(() => hub.CommitAsync(times: Last));

        var watching = Enumerable.Range(0, 5).Select(async _ =>
        {
            var place = default(HistoryPosition);
            while (place.Revision < Last)
            {
                using var stream = hub.Open(from: place);
                var delivery = await stream.TakeDeliveryAsync();
                AssertFollows(place.Revision, delivery);
                place = delivery.Position;
            }
        });

        await Task.WhenAll([committing, .. watching]);
    }

    private StoreCallGate HoldBefore(string method)
    {
        var hold = new StoreCallGate(method);
        hub.Before = hold.PassAsync;
        return hold;
    }

    private StoreCallGate HoldAfter(string method)
    {
        var hold = new StoreCallGate(method);
        hub.Store.After = hold.PassAsync;
        return hold;
    }

    // Each commit from a revision to another, or from that of the first list.
    private static async Task AssertCompleteAsync(WatchStream stream, long? from, long last)
    {
        var taken = await stream.TakeUntilAsync(last);
        if (from is null)
        {
            Assert.Equal(SnapshotReason.Initial, Assert.IsType<WatchEvent.Snapshot>(taken[0]).Reason);
            from = taken[0].Position.Revision;
            taken.RemoveAt(0);
        }

        foreach (var delivery in taken)
        {
            AssertFollows(from.Value, delivery);
            from = delivery.Position.Revision;
        }

        Assert.Equal(last, from);
    }

    private static void AssertFollows(long revision, WatchEvent delivery)
    {
        if (delivery is WatchEvent.Changes changes)
        {
            Assert.Equal(
                Enumerable.Range((int)revision + 1, changes.Commits.Length), changes.Commits.Select(c => (int)c.Revision));
        }
        else
        {
            Assert.Equal(revision, Assert.IsType<WatchEvent.Checkpoint>(delivery).Position.Revision);
        }
    }
}
