using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Watch;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Tests.Watch;

/// <summary>Reconciliation with the store finds commits whose notification was lost, and confirms current streams with checkpoints.</summary>
public sealed class WatchReconciliationTests : IAsyncLifetime
{
    private const string ReadPositions = nameof(IConnectionStore.ReadPositionsAsync);
    private static readonly TimeSpan CheckpointInterval = new WatchOptions().CheckpointInterval;
    private TestHub hub = null!;

    public async Task InitializeAsync() => hub = await TestHub.StartAsync();

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Fact]
    public async Task Reliable_Reconciliation_finds_commits_whose_notification_was_lost_with_one_read_for_all_merchants()
    {
        using var one = await hub.StartStreamAsync("merchant-1");
        using var other = await hub.StartStreamAsync("merchant-2");
        hub.Store.DropsNotifications = true;
        await hub.CommitAsync("merchant-1");
        await hub.CommitAsync("merchant-2", times: 2);

        await hub.ReconcileAsync();

        Assert.Equal("changes 1-1", await one.NextAsync());
        Assert.Equal("changes 1-2", await other.NextAsync());
        Assert.Equal(1, hub.Calls(ReadPositions));
    }

    [Fact]
    public async Task Checkpointed_Streams_that_are_current_get_a_checkpoint_without_a_read_of_the_record()
    {
        await hub.CommitAsync("merchant-1");
        await hub.CommitAsync("merchant-2", times: 2);
        using var one = await hub.StartStreamAsync("merchant-1");
        using var other = await hub.StartStreamAsync("merchant-2");
        hub.Clock.Advance(CheckpointInterval);
        var reads = hub.Reads;

        await hub.ReconcileAsync();

        Assert.Equal("checkpoint 1", await one.NextAsync());
        Assert.Equal("checkpoint 2", await other.NextAsync());
        Assert.Equal(reads, hub.Reads);
    }

    [Fact]
    public async Task Reconciliation_without_streams_does_not_call_the_store()
    {
        await hub.ReconcileAsync();

        Assert.Equal(0, hub.Calls(ReadPositions));
    }

    [Fact]
    public async Task Ordered_Reconciliation_reports_a_replaced_history()
    {
        await hub.CommitAsync(times: 3);
        using var stream = await hub.StartStreamAsync();
        using (var database = hub.OpenDatabase())
        {
            database.Execute("DELETE FROM history");
            database.Execute("DELETE FROM merchant");
        }

        await hub.NoticeForeignChangesAsync();

        await hub.ReconcileAsync();
        Assert.Equal("HistoryReplaced 0", await stream.NextAsync());

        await hub.CommitAsync();
        Assert.Equal("changes 1-1", await stream.NextAsync());
    }

    [Fact]
    public async Task Ordered_Reconciliation_reports_a_replaced_history_that_has_reached_the_same_revision()
    {
        await hub.CommitAsync();
        using var stream = await hub.StartStreamAsync();
        using (var database = hub.OpenDatabase())
        {
            database.Execute("DELETE FROM history");
            database.Execute("DELETE FROM merchant");
        }

        await hub.NoticeForeignChangesAsync();

        hub.Store.DropsNotifications = true;
        await hub.CommitAsync();
        await hub.ReconcileAsync();

        Assert.Equal("HistoryReplaced 1", await stream.NextAsync());
    }

    [Fact]
    public async Task Checkpointed_There_is_no_checkpoint_before_the_store_has_answered()
    {
        var position = await hub.CommitAsync();
        using var stream = await hub.StartStreamAsync();
        hub.Clock.Advance(CheckpointInterval);
        var gate = hub.PauseBefore(ReadPositions);
        var reading = stream.NextEventAsync();
        var reconciling = hub.ReconcileAsync();
        await gate.UntilReachedAsync();

        Assert.False(reading.IsCompleted);
        gate.Open();
        await reconciling;

        Assert.Equal(new WatchEvent.Checkpoint(position), await reading);
    }

    [Fact]
    public async Task Checkpointed_A_position_that_a_commit_has_outdated_confirms_nothing()
    {
        await hub.CommitAsync();
        using var stream = await hub.StartStreamAsync();
        var gate = hub.PauseAfter(ReadPositions);
        var reconciling = hub.ReconcileAsync();
        await gate.UntilReachedAsync();
        var position = await hub.CommitAsync();
        Assert.Equal("changes 2-2", await stream.NextAsync());

        hub.Clock.Advance(CheckpointInterval);
        var (reading, reads) = (stream.NextEventAsync(), hub.Reads);
        gate.Open();
        await reconciling;
        await hub.UntilCalledAsync(nameof(IConnectionStore.ReadAsync), reads + 1);

        await hub.ReconcileAsync();
        Assert.Equal(new WatchEvent.Checkpoint(position), await reading);
    }

    [Fact]
    public async Task Checkpointed_Only_idle_streams_get_a_checkpoint()
    {
        using var idle = await hub.StartStreamAsync();
        hub.Clock.Advance(CheckpointInterval * 0.31);
        using var recent = await hub.StartStreamAsync();
        hub.Clock.Advance(CheckpointInterval * 0.29);
        var reading = recent.NextAsync();

        await hub.ReconcileAsync();
        Assert.Equal("checkpoint 0", await idle.NextAsync());
        await hub.CommitAsync();

        Assert.Equal("changes 1-1", await reading);
    }

    [Fact]
    public async Task Checkpointed_A_stream_is_not_idle_after_a_change_or_a_checkpoint()
    {
        using var stream = await hub.StartStreamAsync();
        hub.Clock.Advance(CheckpointInterval);
        await hub.CommitAsync();
        Assert.Equal("changes 1-1", await stream.NextAsync());
        await hub.ReconcileAsync();
        await hub.CommitAsync();
        Assert.Equal("changes 2-2", await stream.NextAsync());

        hub.Clock.Advance(CheckpointInterval);
        await hub.ReconcileAsync();
        Assert.Equal("checkpoint 2", await stream.NextAsync());
        await hub.ReconcileAsync();
        await hub.CommitAsync();
        Assert.Equal("changes 3-3", await stream.NextAsync());
    }

    [Fact]
    public async Task Checkpointed_An_idle_stream_gets_a_checkpoint_after_six_tenths_of_the_interval_at_the_latest()
    {
        using var stream = await hub.StartStreamAsync();

        for (var i = 0; i < 5; i++)
        {
            // A stream is idle by then, whatever the jitter; 0.375 of the interval later, when its next comparison comes at the latest, is early enough.
            hub.Clock.Advance(CheckpointInterval * 0.6);
            await hub.ReconcileAsync();
            Assert.Equal("checkpoint 0", await stream.NextAsync());
        }
    }

    [Fact]
    public async Task Checkpointed_Reconciliation_during_a_read_still_leads_to_a_checkpoint()
    {
        using var idle = await hub.StartStreamAsync();
        hub.Clock.Advance(CheckpointInterval);
        var gate = hub.PauseBefore(nameof(IConnectionStore.ReadAsync));
        using var one = hub.Open();
        await gate.UntilReachedAsync();
        using var two = hub.Open();
        await hub.ReconcileAsync();
        gate.Open();

        Assert.Equal("checkpoint 0", await idle.NextAsync());
    }

    [Fact]
    public async Task A_failed_reconciliation_does_not_affect_the_streams()
    {
        using var stream = await hub.StartStreamAsync();
        hub.Fail(ReadPositions);
        await Assert.ThrowsAsync<StoreUnavailableException>(hub.ReconcileAsync);

        await hub.CommitAsync();

        Assert.Equal("changes 1-1", await stream.NextAsync());
    }

    [Fact]
    public async Task A_comparison_of_many_merchants_is_spread_and_goes_on_faster_when_notifications_may_have_been_lost()
    {
        var streams = Enumerable.Range(0, 1_000).Select(n => hub.Open($"merchant-{n}")).ToList();
        var reconciling = hub.Hub.ReconcileAsync(TimeSpan.FromSeconds(4), CancellationToken.None);

        Assert.Equal(TimeSpan.FromSeconds(1), await hub.Clock.TimerAsync(1));
        Assert.Equal(1, hub.Calls(ReadPositions));
        hub.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(1), await hub.Clock.TimerAsync(2));
        Assert.Equal(2, hub.Calls(ReadPositions));

        hub.Store.NotifyMissed();
        Assert.Equal(TimeSpan.FromSeconds(0.125), await hub.Clock.TimerAsync(3));
        Assert.Equal(3, hub.Calls(ReadPositions));
        Assert.False(reconciling.IsCompleted);
        hub.Clock.Advance(TimeSpan.FromSeconds(0.125));
        await reconciling.WaitAsync(Eventually.Patience);
        Assert.Equal(4, hub.Calls(ReadPositions));

        // What was compared before is compared again.
        await hub.Hub.WaitForLostNotificationsAsync(CancellationToken.None).WaitAsync(Eventually.Patience);
        streams.ForEach(stream => stream.Dispose());
    }

    [Fact]
    public async Task Reliable_A_part_of_many_merchants_that_cannot_be_read_does_not_keep_the_others_from_the_comparison()
    {
        var merchants = Enumerable.Range(0, 600).Select(n => $"merchant-{n}").ToList();
        var (first, last) = (merchants.MinBy(Partition.Of)!, merchants.MaxBy(Partition.Of)!);
        var streams = merchants.Except([first, last]).Select(id => hub.Open(id)).ToList();
        using var unread = await hub.StartStreamAsync(first);
        using var read = await hub.StartStreamAsync(last);
        hub.Store.DropsNotifications = true;
        await hub.CommitAsync(first);
        await hub.CommitAsync(last);
        hub.Store.Positions = (ids, positions) => ids.Contains(first) ? throw new StoreUnavailableException("an outage") : positions;
        var reading = unread.NextAsync();

        await hub.ReconcileAsync();
        await hub.ReconcileAsync();
        Assert.Equal("changes 1-1", await read.NextAsync());
        Assert.False(reading.IsCompleted);
        Assert.Equal(
            "Cannot compare 1 of 3 parts of the watched merchants with the store: it does not answer for them.",
            Assert.Single(hub.Log.Collector.GetSnapshot(), entry => entry.Id.Id == 4003).Message);

        hub.Store.Positions = null;
        await hub.ReconcileAsync();
        Assert.Equal("changes 1-1", await reading);
        hub.Fail(ReadPositions);
        await Assert.ThrowsAsync<StoreUnavailableException>(hub.ReconcileAsync);
        streams.ForEach(stream => stream.Dispose());
    }

    [Theory]
    [InlineData(5, 15, 3.75)]
    [InlineData(2, 15, 2)]
    [InlineData(60, 300, 60)]
    public async Task Checkpointed_The_service_reconciles_within_the_interval_and_a_quarter_of_the_checkpoint_interval(
        int reconciliationSeconds, int checkpointSeconds, double maxDelay)
    {
        using var stream = await hub.StartStreamAsync();
        using var service = NewService(new WatchOptions
        {
            ReconciliationInterval = TimeSpan.FromSeconds(reconciliationSeconds),
            CheckpointInterval = TimeSpan.FromSeconds(checkpointSeconds),
        });
        await service.StartAsync(CancellationToken.None);

        for (var n = 1; n <= 5; n++)
        {
            var delay = await hub.Clock.TimerAsync(n);
            Assert.InRange(delay.TotalSeconds, (0.75 * maxDelay) - 0.001, maxDelay);
            hub.Clock.Advance(delay);
            await hub.UntilCalledAsync(ReadPositions, n);
        }

        await service.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Reliable_The_service_reconciles_at_once_when_notifications_may_have_been_lost()
    {
        using var service = await StartServiceAsync();
        using var stream = await hub.StartStreamAsync();
        hub.Store.DropsNotifications = true;
        await hub.CommitAsync(times: 2);

        hub.Store.NotifyMissed();

        Assert.Equal("changes 1-2", await stream.NextAsync());
        Assert.Equal(1, hub.Calls(ReadPositions));
        await service.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Reliable_The_service_reconciles_again_when_notifications_are_lost_during_a_reconciliation()
    {
        using var service = await StartServiceAsync();
        using var stream = await hub.StartStreamAsync();
        var gate = hub.PauseAfter(ReadPositions);
        hub.Store.DropsNotifications = true;
        hub.Store.NotifyMissed();
        await gate.UntilReachedAsync();
        await hub.CommitAsync();

        hub.Store.NotifyMissed();
        gate.Open();

        Assert.Equal("changes 1-1", await stream.NextAsync());
        await service.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Reliable_Lost_notifications_that_were_reported_before_the_service_started_are_not_forgotten()
    {
        using var stream = await hub.StartStreamAsync();
        hub.Store.DropsNotifications = true;
        await hub.CommitAsync();
        hub.Store.NotifyMissed();

        using var service = await StartServiceAsync();

        Assert.Equal("changes 1-1", await stream.NextAsync());
        await service.StopAsync(CancellationToken.None);
    }

    [Theory]
    [InlineData("unavailable")]
    [InlineData("canceled by the driver")]
    [InlineData("unexpected")]
    public async Task Reliable_The_service_continues_after_a_failed_reconciliation(string kind)
    {
        Exception failure = kind switch
        {
            "unavailable" => new StoreUnavailableException(kind),
            "canceled by the driver" => new OperationCanceledException(kind),
            _ => new InvalidOperationException(kind),
        };
        using var service = await StartServiceAsync();
        using var stream = await hub.StartStreamAsync();
        hub.Store.DropsNotifications = true;
        await hub.CommitAsync();
        hub.Before = method => method == ReadPositions ? throw failure : Task.CompletedTask;
        hub.Store.NotifyMissed();
        await hub.UntilCalledAsync(ReadPositions, 1);
        hub.Recover();

        hub.Store.NotifyMissed();

        Assert.Equal("changes 1-1", await stream.NextAsync());
        await service.StopAsync(CancellationToken.None);
    }

    private WatchReconciliationService NewService(WatchOptions options) =>
        new(hub.Hub, Options.Create(options), hub.Clock, new FakeLogger<WatchReconciliationService>());

    // The clock stands still, so only lost notifications trigger a reconciliation.
    private async Task<WatchReconciliationService> StartServiceAsync()
    {
        var service = NewService(new WatchOptions());
        await service.StartAsync(CancellationToken.None);
        return service;
    }
}
