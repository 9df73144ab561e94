using ConnectionStateService.Store;
using ConnectionStateService.Watch;

namespace ConnectionStateService.Tests.Watch.Hub;

/// <summary>What is watched is compared with the store: lost notifications are found out, and the present is confirmed.</summary>
public sealed class ComparisonTests : IAsyncLifetime
{
    private const string Places = nameof(IConnectionStore.ReadPositionsAsync);
    private static readonly TimeSpan Interval = new WatchOptions().CheckpointInterval;
    private TestHub hub = null!;

    public async Task InitializeAsync() => hub = await TestHub.StartAsync();

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Fact]
    public async Task What_was_not_notified_is_found_out()
    {
        using var one = await hub.JoinAsync("merchant-1");
        using var other = await hub.JoinAsync("merchant-2");
        hub.Store.IsDeaf = true;
        await hub.CommitAsync("merchant-1");
        await hub.CommitAsync("merchant-2", times: 2);

        await hub.ReconcileAsync();

        Assert.Equal("changes 1-1", await one.TakeAsync());
        Assert.Equal("changes 1-2", await other.TakeAsync());
        Assert.Equal(1, hub.Calls(Places));
    }

    [Fact]
    public async Task When_nothing_changed_no_record_is_read()
    {
        await hub.CommitAsync("merchant-1");
        await hub.CommitAsync("merchant-2", times: 2);
        using var one = await hub.JoinAsync("merchant-1");
        using var other = await hub.JoinAsync("merchant-2");
        hub.Clock.Advance(Interval);
        var reads = hub.Reads;

        await hub.ReconcileAsync();

        Assert.Equal("checkpoint 1", await one.TakeAsync());
        Assert.Equal("checkpoint 2", await other.TakeAsync());
        Assert.Equal(reads, hub.Reads);
    }

    [Fact]
    public async Task When_nobody_watches_the_store_is_not_asked()
    {
        await hub.ReconcileAsync();

        Assert.Equal(0, hub.Calls(Places));
    }

    [Fact]
    public async Task There_is_no_checkpoint_before_the_store_has_answered()
    {
        var place = await hub.CommitAsync();
        using var stream = await hub.JoinAsync();
        hub.Clock.Advance(Interval);
        var hold = new StoreCallGate(Places);
        hub.Before = hold.PassAsync;
        var waiting = stream.TakeDeliveryAsync();
        var comparing = hub.ReconcileAsync();
        await hold.ReachedAsync();

        Assert.False(waiting.IsCompleted);
        hold.Release();
        await comparing;

        Assert.Equal(new WatchEvent.Checkpoint(place), await waiting);
    }

    [Fact]
    public async Task An_answer_that_a_commit_has_overtaken_confirms_nothing()
    {
        await hub.CommitAsync();
        using var stream = await hub.JoinAsync();
        var hold = new StoreCallGate(Places);
        hub.Store.After = hold.PassAsync;
        var comparing = hub.ReconcileAsync();
        await hold.ReachedAsync();
        var place = await hub.CommitAsync();
        Assert.Equal("changes 2-2", await stream.TakeAsync());

        hub.Clock.Advance(Interval);
        var (waiting, reads) = (stream.TakeDeliveryAsync(), hub.Reads);
        hold.Release();
        await comparing;
        await hub.CalledAsync(nameof(IConnectionStore.ReadAsync), reads + 1);

        await hub.ReconcileAsync();
        Assert.Equal(new WatchEvent.Checkpoint(place), await waiting);
    }

    [Fact]
    public async Task Only_who_has_heard_nothing_for_a_while_gets_a_checkpoint()
    {
        using var quiet = await hub.JoinAsync();
        hub.Clock.Advance((Interval * 2 / 3) - (Interval / 100));
        using var fresh = await hub.JoinAsync();
        hub.Clock.Advance((Interval / 3) - (Interval / 100));
        var waiting = fresh.TakeAsync();

        await hub.ReconcileAsync();
        Assert.Equal("checkpoint 0", await quiet.TakeAsync());
        await hub.CommitAsync();

        Assert.Equal("changes 1-1", await waiting);
    }

    [Fact]
    public async Task A_change_counts_as_having_heard_something()
    {
        using var changed = await hub.JoinAsync();
        hub.Clock.Advance(Interval);
        await hub.CommitAsync();
        Assert.Equal("changes 1-1", await changed.TakeAsync());
        var waiting = changed.TakeAsync();
        await hub.ReconcileAsync();

        await hub.CommitAsync();

        Assert.Equal("changes 2-2", await waiting);
    }

    [Fact]
    public async Task After_a_checkpoint_a_stream_is_not_quiet_for_a_while()
    {
        using var stream = await hub.JoinAsync();
        hub.Clock.Advance(Interval);
        await hub.ReconcileAsync();
        Assert.Equal("checkpoint 0", await stream.TakeAsync());
        var waiting = stream.TakeAsync();
        await hub.ReconcileAsync();

        await hub.CommitAsync();

        Assert.Equal("changes 1-1", await waiting);
    }

    [Fact]
    public async Task Quiet_streams_get_a_checkpoint_again_and_again()
    {
        using var stream = await hub.JoinAsync();

        for (var i = 0; i < 5; i++)
        {
            // The latest that a comparison may find a stream to be quiet, for a checkpoint that is not too late.
            hub.Clock.Advance(Interval * 2 / 3);
            await hub.ReconcileAsync();
            Assert.Equal("checkpoint 0", await stream.TakeAsync());
        }
    }
}
