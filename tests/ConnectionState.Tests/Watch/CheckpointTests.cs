using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;

namespace ConnectionStateService.Tests.Watch;

/// <summary>Checkpoints: that they come, and that they are true.</summary>
public sealed class CheckpointTests
{
    private static readonly WatchExpectations Expectations = new() { CheckpointInterval = TimeSpan.FromMilliseconds(300) };

    private static readonly Dictionary<string, string?> Quick = new()
    {
        ["Watch:CheckpointInterval"] = "00:00:00.300",
        ["Watch:ReconciliationInterval"] = "00:00:00.100",
    };

    [Fact]
    public async Task Checkpointed_A_quiet_stream_gets_a_checkpoint_again_and_again()
    {
        await using var service = await Service.StartAsync(Quick);
        await using var merchant = new WatchedMerchant(service);
        await merchant.CommitAsync(3);

        var fresh = await merchant.BeginAsync();
        var resumed = await merchant.BeginAsync(fresh.Token);

        foreach (var stream in (StreamRecorder[])[fresh, resumed])
        {
            await stream.UntilAsync(s => s.Messages.Count(m => m.IsCheckpoint) >= 5);
            Assert.All(stream.Stream.Messages, m => Assert.Equal(merchant.Head, m.Position));
        }

        await merchant.AssertKeptAsync(Expectations);
    }

    [Fact]
    public async Task Checkpointed_Between_checkpoints_nothing_is_left_out()
    {
        await using var service = await Service.StartAsync(Quick);
        await using var merchant = new WatchedMerchant(service);
        var stream = await merchant.BeginAsync();

        for (var i = 1; i <= 5; i++)
        {
            await merchant.CommitAsync(3);
            await stream.MessageAsync(m => m.IsCheckpoint && m.Position == merchant.Head);
        }

        Assert.Equal(15, stream.Stream.Messages.Sum(m => m.Changes.Count));
        await merchant.AssertKeptAsync(Expectations);
    }

    [Fact]
    public async Task Checkpointed_Commits_that_race_with_comparisons_never_make_a_checkpoint_lie()
    {
        await using var service = await Service.StartAsync(Quick);
        await using var merchant = new WatchedMerchant(service);
        var streams = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => merchant.BeginAsync()));

        var racing = true;
        var writing = Task.Run(async () =>
        {
            while (Volatile.Read(ref racing))
            {
                await merchant.CommitAsync();
            }
        });
        await streams[0].UntilAsync(s => s.Messages.Length > 100 && s.Messages[^1].At - s.OpenedAt > TimeSpan.FromSeconds(1));
        Volatile.Write(ref racing, false);
        await writing;
        await Task.WhenAll(streams.Select(merchant.CaughtUpAsync));

        await merchant.AssertKeptAsync(Expectations);
    }

    [Fact]
    public async Task Checkpointed_While_the_store_does_not_answer_there_are_no_checkpoints_and_the_stream_stays()
    {
        InterceptedStore? store = null;
        await using var service = await Service.StartAsync(Quick, services => services.AddInterceptedStore(made => store = made));
        await using var merchant = new WatchedMerchant(service);
        await merchant.CommitAsync();
        var stream = await merchant.BeginAsync();
        await stream.MessageAsync(m => m.IsCheckpoint);

        var asked = 0;
        store!.Before = method => method.StartsWith("Read", StringComparison.Ordinal) && Interlocked.Increment(ref asked) > 0
            ? throw new StoreUnavailableException("an outage")
            : Task.CompletedTask;

        // What was on its way when the outage began has come when the store was asked for the second time.
        await Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref asked) >= 2));
        var told = stream.Stream.Messages.Length;
        await Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref asked) >= 8));
        var later = stream.Stream;
        store.Before = _ => Task.CompletedTask;
        await merchant.CommitAsync();
        await merchant.CaughtUpAsync(stream);

        Assert.InRange(later.Messages.Length, told, told + 1);
        await merchant.AssertKeptAsync();
    }

    [Fact]
    public async Task Reliable_A_deaf_service_finds_out_by_comparing()
    {
        await using var service = await Service.StartAsync(Quick, services => services.AddInterceptedStore(store => store.IsDeaf = true));
        await using var merchant = new WatchedMerchant(service);
        var streams = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => merchant.BeginAsync()));

        for (var i = 1; i <= 3; i++)
        {
            await merchant.CommitAsync(10);
            await Task.WhenAll(streams.Select(merchant.CaughtUpAsync));
        }

        Assert.All(streams, s => Assert.Equal(30, s.Stream.Messages.Sum(m => m.Changes.Count)));
        await merchant.AssertKeptAsync(Expectations);
    }
}
