using System.Collections.Concurrent;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

/// <summary>History positions and commit notifications.</summary>
public abstract partial class ConnectionStoreContract
{
    [Fact]
    public async Task ReadPositions_returns_the_positions_in_the_order_of_the_merchants()
    {
        var first = await MustCommitAsync(StoreSamples.After(await ReadAsync("merchant-1")));
        await CommitTimesAsync("merchant-2", 2);
        var second = await ReadAsync("merchant-2");

        Assert.Equal([second.Position, first.Position], await PositionsAsync("merchant-2", "merchant-1"));
        Assert.Equal([first.Position, second.Position], await PositionsAsync("merchant-1", "merchant-2"));
    }

    [Fact]
    public async Task ReadPositions_returns_all_64_bits_of_the_commit_id()
    {
        var request = StoreSamples.After(await ReadAsync(M));
        await MustCommitAsync(request with { Commit = request.Commit with { Id = ulong.MaxValue - 1 } });

        Assert.Equal([new HistoryPosition(1, ulong.MaxValue - 1)], await PositionsAsync(M));
    }

    [Fact]
    public async Task ReadPositions_returns_the_initial_position_for_an_unknown_merchant()
    {
        var known = await MustCommitAsync(StoreSamples.After(await ReadAsync(M)));

        Assert.Equal([default, known.Position, default], await PositionsAsync("nobody", M, "no-one"));
    }

    [Fact]
    public async Task ReadPositions_returns_a_position_twice_for_a_merchant_that_is_named_twice()
    {
        var known = await MustCommitAsync(StoreSamples.After(await ReadAsync(M)));

        Assert.Equal([known.Position, default, known.Position], await PositionsAsync(M, "nobody", M));
    }

    [Fact]
    public async Task ReadPositions_of_no_merchants_returns_nothing() => Assert.Empty(await PositionsAsync());

    [Fact]
    public async Task ReadPositions_accepts_a_thousand_merchants()
    {
        var ids = Enumerable.Range(1, 1_000).Select(n => $"merchant-{n}").ToArray();
        var expected = new HistoryPosition[ids.Length];
        foreach (var i in (int[])[0, 499, 999])
        {
            expected[i] = (await MustCommitAsync(StoreSamples.After(await ReadAsync(ids[i])))).Position;
        }

        Assert.Equal(expected, await PositionsAsync(ids));
    }

    [Fact]
    public async Task A_subscriber_can_read_the_commit_that_it_is_notified_of()
    {
        var reads = new ConcurrentQueue<Task<StoredMerchant>>();
        using var subscription = store.Subscribe(merchant => reads.Enqueue(ReadAsync(merchant)), () => { });

        for (var n = 1; n <= 20; n++)
        {
            await CommitTimesAsync($"merchant-{n}", 1);
        }

        await Eventually.TrueAsync(() => Task.FromResult(reads.Count >= 20));
        Assert.All(await Task.WhenAll(reads), read => Assert.Equal(1, read.Record.Revision));
    }

    [Fact]
    public async Task All_subscribers_are_notified()
    {
        using var one = new Subscriber(store);
        using var other = new Subscriber(store);

        await CommitTimesAsync(M, 1);

        await one.NotifiedAsync(M);
        await other.NotifiedAsync(M);
    }

    [Fact]
    public async Task A_notification_has_the_exact_merchant_id()
    {
        using var subscriber = new Subscriber(store);
        string[] merchants = ["merchant-1", "Merchant-1", "người bán 🙂", "a*b?[c]"];

        foreach (var merchant in merchants)
        {
            await CommitTimesAsync(merchant, 1);
        }

        foreach (var merchant in merchants)
        {
            await subscriber.NotifiedAsync(merchant);
        }
    }

    [Fact]
    public async Task A_disposed_subscription_gets_no_notifications()
    {
        using var other = new Subscriber(store);
        var left = new Subscriber(store);
        left.Dispose();

        await CommitTimesAsync(M, 1);

        await other.NotifiedAsync(M);
        Assert.Empty(left.Notified);
    }

    [Fact]
    public async Task A_failed_commit_notifies_nobody()
    {
        using var subscriber = new Subscriber(store);
        var elsewhere = new StoredMerchant(StoreSamples.FullRecord(M) with { Revision = 4 }, 44);

        Assert.False((await CommitAsync(StoreSamples.After(elsewhere))).Succeeded);

        await CommitTimesAsync("merchant-2", 1);
        await subscriber.NotifiedAsync("merchant-2");
        Assert.DoesNotContain(M, subscriber.Notified);
    }

    [Fact]
    public async Task A_stored_commit_is_notified_even_if_its_caller_stopped_waiting()
    {
        using var subscriber = new Subscriber(store);
        var merchants = Enumerable.Range(1, 100).Select(n => $"merchant-{n}").ToArray();

        foreach (var merchant in merchants)
        {
            using var stopWaiting = new CancellationTokenSource();
            var commit = store.CommitAsync(StoreSamples.After(await ReadAsync(merchant)), stopWaiting.Token).AsTask();
            await Task.Yield();
            await stopWaiting.CancelAsync();
            await commit.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        // A store keeps the order of commits, so all earlier ones have ended by now.
        await CommitTimesAsync("the-last", 1);
        foreach (var merchant in merchants)
        {
            if ((await ReadAsync(merchant)).Record.Revision > 0)
            {
                await subscriber.NotifiedAsync(merchant);
            }
        }
    }

    private async Task<HistoryPosition[]> PositionsAsync(params string[] merchants) =>
        [.. (await store.ReadPositionsAsync([.. merchants], CancellationToken.None)).Select(position => Assert.NotNull(position))];

    private sealed class Subscriber : IDisposable
    {
        private readonly ConcurrentQueue<string> notified = new();
        private readonly IDisposable subscription;

        public Subscriber(IConnectionStore store) => subscription = store.Subscribe(notified.Enqueue, () => { });

        public IReadOnlyCollection<string> Notified => notified;

        public Task NotifiedAsync(string merchantId) => Eventually.TrueAsync(() => Task.FromResult(notified.Contains(merchantId)));

        public void Dispose() => subscription.Dispose();
    }
}
