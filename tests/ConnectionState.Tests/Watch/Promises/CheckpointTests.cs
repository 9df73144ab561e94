using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;

namespace ConnectionStateService.Tests.Watch.Promises;

/// <summary>Checkpointed: an idle stream gets checkpoints, and only at the current position.</summary>
public sealed class CheckpointTests(FakeClockService fixture) : IClassFixture<FakeClockService>
{
    [Fact]
    public async Task Checkpointed_An_idle_stream_gets_checkpoints_at_the_current_position_between_changes()
    {
        await using var merchant = new WatchedMerchant(fixture.Service);
        await merchant.CommitAsync(3);
        var fresh = await merchant.BeginAsync();
        var resumed = await merchant.BeginAsync(fresh.Token);

        for (var round = 1; round <= 3; round++)
        {
            foreach (var stream in (StreamRecorder[])[fresh, resumed])
            {
                var count = stream.Stream.Messages.Count(m => m.IsCheckpoint);
                await fixture.AdvanceUntilAsync(stream.UntilAsync(s => s.Messages.Count(m => m.IsCheckpoint) >= count + 2));
                Assert.Equal(merchant.Head, stream.Stream.Messages[^1].Position);
            }

            await merchant.CommitAsync(2);
        }

        await merchant.CaughtUpAsync(fresh);
        await merchant.CaughtUpAsync(resumed);
        Assert.Equal(6, fresh.Stream.Messages.Sum(m => m.Changes.Count));
        await merchant.AssertKeptAsync();
    }

    [Fact]
    public async Task Checkpointed_Checkpoints_are_true_while_commits_and_reconciliations_race()
    {
        await using var merchant = new WatchedMerchant(fixture.Service);
        var streams = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => merchant.BeginAsync()));

        var writing = Task.Run(() => merchant.CommitAsync(100));

        // 15 minutes in all, because a stream ends after 20.
        for (var advances = 0; !writing.IsCompleted && advances < 60; advances++)
        {
            fixture.Clock.Advance(TimeSpan.FromSeconds(15));
            await Task.Delay(TimeSpan.FromMilliseconds(1));
        }

        await writing;
        await Task.WhenAll(streams.Select(merchant.CaughtUpAsync));

        await merchant.AssertKeptAsync();
    }

    [Fact]
    public async Task Checkpointed_There_are_no_checkpoints_while_the_store_is_unavailable_and_the_stream_stays_open()
    {
        await using var merchant = new WatchedMerchant(fixture.Service);
        await merchant.CommitAsync();
        var stream = await merchant.BeginAsync();
        await fixture.AdvanceUntilAsync(stream.MessageAsync(m => m.IsCheckpoint));

        var calls = 0;
        fixture.Store.Before = method => method.StartsWith("Read", StringComparison.Ordinal) && Interlocked.Increment(ref calls) > 0
            ? throw new StoreUnavailableException("an outage")
            : Task.CompletedTask;

        // A checkpoint that was confirmed before the outage has arrived by the time of the second failed call.
        await fixture.AdvanceUntilAsync(Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref calls) >= 2)));
        var before = stream.Stream.Messages.Length;
        await fixture.AdvanceUntilAsync(Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref calls) >= 20)));
        var during = stream.Stream;
        fixture.Store.Before = _ => Task.CompletedTask;
        await merchant.CommitAsync();
        await merchant.CaughtUpAsync(stream);

        Assert.InRange(during.Messages.Length, before, before + 1);
        await merchant.AssertKeptAsync();
    }
}
