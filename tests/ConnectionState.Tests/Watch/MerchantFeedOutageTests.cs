using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging;
using static ConnectionStateService.Tests.Watch.SampleHistory;

namespace ConnectionStateService.Tests.Watch;

/// <summary>Streams while the store is unavailable, and of merchants whose record or history cannot be read.</summary>
public sealed class MerchantFeedOutageTests : IAsyncLifetime
{
    private const string Read = nameof(IConnectionStore.ReadAsync);
    private const string ReadCommits = nameof(IConnectionStore.ReadCommitsAsync);
    private TestHub hub = null!;

    public async Task InitializeAsync() => hub = await TestHub.StartAsync();

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Theory]
    [InlineData(Read)]
    [InlineData(ReadCommits)]
    public async Task Reliable_A_failed_read_is_retried_with_back_off_before_the_next_reconciliation(string method)
    {
        using var stream = await hub.StartStreamAsync();
        hub.Fail(method);
        await hub.CommitAsync();

        foreach (var (attempt, maxDelay) in new[] { (1, 50), (2, 100), (3, 200) })
        {
            var delay = await hub.Clock.TimerAsync(attempt);
            Assert.InRange(delay.TotalMilliseconds, maxDelay / 2, maxDelay);
            if (attempt == 3)
            {
                hub.Recover();
            }

            hub.Clock.Advance(delay);
        }

        Assert.Equal("changes 1-1", await stream.NextAsync());
        Assert.Equal(0, hub.Calls(nameof(IConnectionStore.ReadPositionsAsync)));
        Assert.Single(hub.Log.Collector.GetSnapshot(), entry => entry.Level == LogLevel.Warning);
    }

    [Fact]
    public async Task Reliable_The_retry_delay_is_at_most_2_seconds_and_is_reset_after_a_success()
    {
        using var stream = await hub.StartStreamAsync();
        hub.Fail(Read);
        await hub.CommitAsync();
        for (var attempt = 1; attempt <= 12; attempt++)
        {
            var delay = await hub.Clock.TimerAsync(attempt);
            Assert.InRange(delay, TimeSpan.FromMilliseconds(25), TimeSpan.FromSeconds(2));
            if (attempt == 12)
            {
                Assert.InRange(delay, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
                hub.Recover();
            }

            hub.Clock.Advance(delay);
        }

        Assert.Equal("changes 1-1", await stream.NextAsync());
        hub.Fail(Read);
        await hub.CommitAsync();

        Assert.InRange(await hub.Clock.TimerAsync(13), TimeSpan.FromMilliseconds(25), TimeSpan.FromMilliseconds(50));
    }

    [Fact]
    public async Task A_successful_read_cancels_the_pending_retry()
    {
        using var stream = await hub.StartStreamAsync();
        hub.Fail(Read);
        await hub.CommitAsync();
        await hub.Clock.TimerAsync(1);
        var before = hub.Clock.Disposed;
        hub.Recover();

        await hub.CommitAsync();

        Assert.Equal("changes 1-2", await stream.NextAsync());
        await Eventually.TrueAsync(() => Task.FromResult(hub.Clock.Disposed == before + 1));
    }

    [Fact]
    public async Task A_failed_read_is_not_retried_after_the_last_stream_was_closed()
    {
        hub.Fail(Read);
        var stream = hub.Open();
        await Assert.ThrowsAsync<StoreUnavailableException>(stream.NextEventAsync);
        await hub.Clock.TimerAsync(1);

        stream.Dispose();

        await Eventually.TrueAsync(() => Task.FromResult(hub.Clock.Disposed == 1));
    }

    [Theory]
    [InlineData(Read)]
    [InlineData(ReadCommits)]
    public async Task Reliable_An_open_stream_catches_up_with_the_next_reconciliation(string method)
    {
        using var stream = await hub.StartStreamAsync();
        hub.Fail(method);
        await hub.CommitAsync();
        await hub.UntilLoggedAsync("the store is unavailable");
        hub.Recover();

        await hub.ReconcileAsync();

        Assert.Equal("changes 1-1", await stream.NextAsync());
    }

    [Fact]
    public async Task Reliable_An_open_stream_catches_up_with_the_next_commit()
    {
        using var stream = await hub.StartStreamAsync();
        hub.Fail(Read);
        await hub.CommitAsync();
        await hub.UntilLoggedAsync("the store is unavailable");
        hub.Recover();

        await hub.CommitAsync();

        Assert.Equal("changes 1-2", await stream.NextAsync());
    }

    [Fact]
    public async Task Ends_well_A_new_stream_fails_while_the_store_is_unavailable_and_open_streams_stay()
    {
        using var open = await hub.StartStreamAsync();
        hub.Fail(Read);
        using var opening = hub.Open();
        await Assert.ThrowsAsync<StoreUnavailableException>(opening.NextEventAsync);
        hub.Recover();

        await hub.CommitAsync();

        Assert.Equal("changes 1-1", await open.NextAsync());
    }

    [Fact]
    public async Task Ends_well_A_resumed_stream_fails_if_only_the_history_is_unavailable()
    {
        await hub.CommitAsync();
        hub.Fail(ReadCommits);
        using var stream = hub.Open(from: At(0));

        await Assert.ThrowsAsync<StoreUnavailableException>(stream.NextEventAsync);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_stream_that_is_opened_after_an_outage_works_whether_or_not_the_failed_one_is_closed(bool isClosed)
    {
        hub.Fail(Read);
        using var failed = hub.Open();
        await Assert.ThrowsAsync<StoreUnavailableException>(failed.NextEventAsync);
        if (isClosed)
        {
            failed.Dispose();
        }

        hub.Recover();
        using var next = hub.Open();

        Assert.Equal("Initial 0", await next.NextAsync());
        await hub.CommitAsync();
        Assert.Equal("changes 1-1", await next.NextAsync());
    }

    [Fact]
    public async Task A_stream_that_is_opened_during_a_failing_read_gets_a_read_of_its_own()
    {
        var gate = new StoreCallGate(Read);
        var hasFailed = false;
        hub.Before = async method =>
        {
            await gate.PassAsync(method);
            if (!hasFailed)
            {
                hasFailed = true;
                throw new StoreUnavailableException("a short outage");
            }
        };
        using var first = hub.Open();
        await gate.UntilReachedAsync();
        using var later = hub.Open();
        gate.Open();

        Assert.Equal("Initial 0", await later.NextAsync());
        Assert.Empty(await later.DrainAsync());
    }

    [Fact]
    public async Task Ends_well_An_unexpected_exception_fails_the_open_streams_and_not_the_feed()
    {
        using var open = await hub.StartStreamAsync();
        hub.Before = method => method == Read ? throw new InvalidOperationException("a bug") : Task.CompletedTask;
        await hub.CommitAsync();
        await Assert.ThrowsAsync<InvalidOperationException>(open.NextEventAsync);
        hub.Recover();

        using var next = hub.Open();

        Assert.Equal("Initial 1", await next.NextAsync());
    }

    [Fact]
    public async Task Ends_well_An_unreadable_record_fails_all_streams_of_its_merchant_and_no_others()
    {
        await hub.CommitAsync();
        using var open = await hub.StartStreamAsync();
        using var other = await hub.StartStreamAsync("merchant-2");
        await DamageRecordAsync();

        using var opening = hub.Open();

        await Assert.ThrowsAsync<RecordUnreadableException>(opening.NextEventAsync);
        await Assert.ThrowsAsync<RecordUnreadableException>(open.NextEventAsync);
        await hub.CommitAsync("merchant-2");
        Assert.Equal("changes 1-1", await other.NextAsync());
    }

    [Fact]
    public async Task A_stream_that_is_opened_after_a_record_is_repaired_works()
    {
        await hub.CommitAsync();
        await DamageRecordAsync();
        var failed = hub.Open();
        await Assert.ThrowsAsync<RecordUnreadableException>(failed.NextEventAsync);
        failed.Dispose();
        await DamageRecordAsync();

        using var next = hub.Open();

        Assert.Equal("Initial 1", await next.NextAsync());
    }

    [Fact]
    public async Task Reliable_An_unreadable_history_entry_leads_to_a_snapshot_and_later_changes_follow()
    {
        using var stream = await hub.StartStreamAsync();
        hub.Store.DropsNotifications = true;
        await hub.CommitAsync(times: 3);
        DamageHistory(revision: 2);
        await hub.ReconcileAsync();
        Assert.Equal("HistoryTrimmed 3", await stream.NextAsync());
        hub.Store.DropsNotifications = false;

        await hub.CommitAsync();

        Assert.Equal("changes 4-4", await stream.NextAsync());
        Assert.Equal(1, hub.Unreadable.GetMeasurementSnapshot().EvaluateAsCounter());
        await hub.UntilLoggedAsync("get a snapshot instead of the changes");
    }

    [Fact]
    public async Task Resumable_Only_a_resume_from_before_an_unreadable_entry_starts_with_a_snapshot()
    {
        var first = await hub.CommitAsync();
        var second = await hub.CommitAsync();
        await hub.CommitAsync();
        DamageHistory(revision: 2);

        using var before = hub.Open(from: first);
        using var after = hub.Open(from: second);

        Assert.Equal("HistoryTrimmed 3", await before.NextAsync());
        Assert.Equal("changes 3-3", await after.NextAsync());
    }

    [Fact]
    public async Task Reliable_A_history_without_the_next_commit_leads_to_a_snapshot()
    {
        var position = await hub.CommitAsync();
        await hub.CommitAsync(times: 2);
        using (var database = hub.OpenDatabase())
        {
            database.Execute("DELETE FROM history WHERE merchant = $1 AND revision = 2", TestHub.Merchant);
        }

        using var stream = hub.Open(from: position);

        Assert.Equal("HistoryTrimmed 3", await stream.NextAsync());
    }

    // A second call repairs the record.
    private async Task DamageRecordAsync()
    {
        using var database = hub.OpenDatabase();
        database.Damage(TestHub.Merchant, RecordDamage.Flip);
        await hub.NoticeForeignChangesAsync();
    }

    private void DamageHistory(long revision)
    {
        using var database = hub.OpenDatabase();
        var entry = database.Read<byte[]>("SELECT entry FROM history WHERE merchant = $1 AND revision = $2", TestHub.Merchant, revision);
        database.Execute(
            "UPDATE history SET entry = $3 WHERE merchant = $1 AND revision = $2", TestHub.Merchant, revision, RecordDamage.Flip(entry));
    }
}
