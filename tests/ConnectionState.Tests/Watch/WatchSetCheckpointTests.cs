using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Watch;

namespace ConnectionStateService.Tests.Watch;

/// <summary>Checkpointed: one checkpoint for all merchants of a stream, and only when the store has confirmed them.</summary>
public sealed class WatchSetCheckpointTests : IAsyncLifetime
{
    private const string Read = nameof(IConnectionStore.ReadAsync);
    private const string ReadPositions = nameof(IConnectionStore.ReadPositionsAsync);
    private const string ForAll = "checkpoint without []";
    private TestHub hub = null!;

    public async Task InitializeAsync() => hub = await TestHub.StartAsync(lists: new() { BufferedChanges = 2, Starting = 2 });

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Fact]
    public async Task Checkpointed_All_merchants_get_one_checkpoint_without_a_read_of_a_record_also_between_changes()
    {
        using var set = await BeginAsync("a", "b", "c");
        hub.Clock.Advance(new WatchOptions().CheckpointInterval);
        await hub.CommitAsync("a");
        await set.UntilAsync("a", 1);
        var reads = hub.Reads;

        await hub.ReconcileAsync();

        Assert.Equal([ForAll], await set.NextAsync(1));
        Assert.Equal(reads, hub.Reads);
        await hub.ReconcileAsync();
        Assert.Equal("", await set.DrainAsync());
    }

    [Fact]
    public async Task Checkpointed_There_is_no_checkpoint_before_the_store_has_answered_nor_while_it_is_unavailable()
    {
        using var set = await BeginAsync("a");
        hub.Clock.Advance(new WatchOptions().CheckpointInterval);
        hub.Fail(ReadPositions);
        await Assert.ThrowsAsync<StoreUnavailableException>(hub.ReconcileAsync);
        Assert.Equal("", await set.DrainAsync());

        var gate = hub.PauseBefore(ReadPositions);
        var reconciling = hub.ReconcileAsync();
        await gate.UntilReachedAsync();
        Assert.Equal("", await set.DrainAsync());
        gate.Open();
        await reconciling;

        Assert.Equal([ForAll], await set.NextAsync(1));
    }

    [Fact]
    public async Task Checkpointed_What_has_changed_is_sent_before_the_checkpoint()
    {
        using var set = await BeginAsync("a", "b");
        hub.Clock.Advance(new WatchOptions().CheckpointInterval);
        hub.Store.DropsNotifications = true;
        await hub.CommitAsync("b");
        var gate = hub.PauseBefore(Read);

        await hub.ReconcileAsync();
        await gate.UntilReachedAsync();
        Assert.Equal("", await set.DrainAsync());
        gate.Open();

        Assert.Equal(["b changes 1-1", ForAll], await set.NextAsync(2));
    }

    [Fact]
    public async Task Checkpointed_A_merchant_that_is_removed_while_it_is_waited_for_does_not_keep_the_checkpoint()
    {
        using var set = await BeginAsync("a", "b");
        hub.Clock.Advance(new WatchOptions().CheckpointInterval);
        hub.Store.DropsNotifications = true;
        await hub.CommitAsync("b");
        var gate = hub.PauseBefore(Read);
        await hub.ReconcileAsync();
        await gate.UntilReachedAsync();

        await set.RemoveAsync("b", CancellationToken.None);

        Assert.Equal(["b removed", ForAll], (await set.NextAsync(2)).Order());
        gate.Open();
    }

    [Fact]
    public async Task Checkpointed_A_merchant_that_has_fallen_behind_is_waited_for()
    {
        using var set = await BeginAsync("a", "b", "c", "d", "e");
        var reads = hub.Reads;
        foreach (var id in (string[])["a", "b", "c", "d", "e"])
        {
            await hub.CommitAsync(id, times: 2);
        }

        await hub.UntilCalledAsync(Read, reads + 5);
        await hub.FallenBehind.WaitForMeasurementsAsync(3).WaitAsync(Eventually.Patience);
        hub.Clock.Advance(new WatchOptions().CheckpointInterval);
        await hub.ReconcileAsync();

        // The reader knows the list of each merchant before it is told that it is current.
        var reached = new Dictionary<string, long>();
        while (await set.NextEventAsync() is WatchSetEvent.Update update)
        {
            reached[update.MerchantId] = update.Event.Position.Revision;
        }

        Assert.Equal(["a", "b", "c", "d", "e"], reached.Where(pair => pair.Value == 2).Select(pair => pair.Key).Order());
    }

    [Fact]
    public async Task Checkpointed_The_partitions_of_merchants_whose_part_of_the_store_does_not_answer_are_named()
    {
        using var set = await BeginAsync("a", "b");
        hub.Clock.Advance(new WatchOptions().CheckpointInterval);
        hub.Store.Positions = (ids, positions) => [.. ids.Zip(positions, (id, position) => id == "b" ? null : position)];

        await hub.ReconcileAsync();

        Assert.Equal([$"checkpoint without [{Partition.Of("b")}]"], await set.NextAsync(1));
    }

    [Fact]
    public async Task Checkpointed_The_partitions_of_a_part_of_many_merchants_that_is_not_answered_at_all_are_named()
    {
        string[] merchants = [.. Enumerable.Range(0, 300).Select(n => $"merchant-{n}").OrderBy(Partition.Of)];
        using var set = await BeginAsync(merchants);
        hub.Clock.Advance(new WatchOptions().CheckpointInterval);
        hub.Store.Positions = (ids, positions) => ids.Contains(merchants[^1]) ? throw new StoreUnavailableException("an outage") : positions;

        await hub.ReconcileAsync();

        var unanswered = Assert.IsType<WatchSetEvent.Checkpoint>(await set.NextEventAsync()).UnconfirmedPartitions;
        Assert.Contains(Partition.Of(merchants[^1]), unanswered);
        Assert.DoesNotContain(Partition.Of(merchants[0]), unanswered);
    }

    [Fact]
    public async Task Checkpointed_A_merchant_that_cannot_be_read_for_a_whole_round_does_not_keep_the_checkpoint_from_the_others()
    {
        using var set = await BeginAsync("a", "b");
        hub.Store.DropsNotifications = true;
        await hub.CommitAsync("b");
        hub.Clock.Advance(new WatchOptions().CheckpointInterval);
        var gate = hub.PauseBefore(Read);
        await hub.ReconcileAsync();
        await gate.UntilReachedAsync();
        Assert.Equal("", await set.DrainAsync());

        await hub.ReconcileAsync();

        Assert.Equal([$"checkpoint without [{Partition.Of("b")}]"], await set.NextAsync(1));
        gate.Open();
    }

    private async Task<WatchSet> BeginAsync(params string[] merchants)
    {
        var set = hub.OpenSet();
        foreach (var merchant in merchants)
        {
            await set.AddAllAsync(merchant);
            await set.NextAsync(1);
        }

        return set;
    }
}
