using System.Collections.Concurrent;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

/// <summary>Where histories stand, and who is told of commits.</summary>
public abstract partial class ConnectionStoreContract
{
    [Fact]
    public async Task Places_come_in_the_order_that_was_asked_for()
    {
        var first = await WinAsync(StoreSamples.After(await ReadAsync("merchant-1")));
        await CommitTimesAsync("merchant-2", 2);
        var second = await ReadAsync("merchant-2");

        Assert.Equal([second.Position, first.Position], await PlacesAsync("merchant-2", "merchant-1"));
        Assert.Equal([first.Position, second.Position], await PlacesAsync("merchant-1", "merchant-2"));
    }

    [Fact]
    public async Task A_place_has_all_64_bits_of_the_commit_id()
    {
        var request = StoreSamples.After(await ReadAsync(M));
        await WinAsync(request with { Commit = request.Commit with { Id = ulong.MaxValue - 1 } });

        Assert.Equal([new HistoryPosition(1, ulong.MaxValue - 1)], await PlacesAsync(M));
    }

    [Fact]
    public async Task A_merchant_that_nothing_is_stored_of_stands_before_everything()
    {
        var known = await WinAsync(StoreSamples.After(await ReadAsync(M)));

        Assert.Equal([default, known.Position, default], await PlacesAsync("nobody", M, "no-one"));
    }

    [Fact]
    public async Task A_merchant_that_is_asked_for_twice_is_answered_twice()
    {
        var known = await WinAsync(StoreSamples.After(await ReadAsync(M)));

        Assert.Equal([known.Position, default, known.Position], await PlacesAsync(M, "nobody", M));
    }

    [Fact]
    public async Task No_merchants_stand_nowhere() => Assert.Empty(await PlacesAsync());

    [Fact]
    public async Task A_thousand_merchants_are_answered_in_one_go()
    {
        var ids = Enumerable.Range(1, 1_000).Select(n => $"merchant-{n}").ToArray();
        var expected = new HistoryPosition[ids.Length];
        foreach (var i in (int[])[0, 499, 999])
        {
            expected[i] = (await WinAsync(StoreSamples.After(await ReadAsync(ids[i])))).Position;
        }

        Assert.Equal(expected, await PlacesAsync(ids));
    }

    [Fact]
    public async Task Who_listens_is_told_of_a_commit_when_it_can_be_read()
    {
        var reads = new ConcurrentQueue<Task<StoredMerchant>>();
        using var listening = store.Listen(merchant => reads.Enqueue(ReadAsync(merchant)), () => { });

        for (var n = 1; n <= 20; n++)
        {
            await CommitTimesAsync($"merchant-{n}", 1);
        }

        await Eventually.TrueAsync(() => Task.FromResult(reads.Count >= 20));
        Assert.All(await Task.WhenAll(reads), read => Assert.Equal(1, read.Record.Revision));
    }

    [Fact]
    public async Task Everyone_who_listens_is_told()
    {
        using var one = new Listener(store);
        using var other = new Listener(store);

        await CommitTimesAsync(M, 1);

        await one.HeardAsync(M);
        await other.HeardAsync(M);
    }

    [Fact]
    public async Task Each_merchant_is_told_by_its_own_name()
    {
        using var listener = new Listener(store);
        string[] merchants = ["merchant-1", "Merchant-1", "người bán 🙂", "a*b?[c]"];

        foreach (var merchant in merchants)
        {
            await CommitTimesAsync(merchant, 1);
        }

        foreach (var merchant in merchants)
        {
            await listener.HeardAsync(merchant);
        }
    }

    [Fact]
    public async Task Who_stopped_listening_is_not_told_and_the_others_are()
    {
        using var other = new Listener(store);
        var left = new Listener(store);
        left.Dispose();

        await CommitTimesAsync(M, 1);

        await other.HeardAsync(M);
        Assert.Empty(left.Heard);
    }

    [Fact]
    public async Task A_commit_that_lost_is_not_told()
    {
        using var listener = new Listener(store);
        var elsewhere = new StoredMerchant(StoreSamples.FullRecord(M) with { Revision = 4 }, 44);

        Assert.False((await CommitAsync(StoreSamples.After(elsewhere))).Won);

        await CommitTimesAsync("merchant-2", 1);
        await listener.HeardAsync("merchant-2");
        Assert.DoesNotContain(M, listener.Heard);
    }

    [Fact]
    public async Task A_commit_that_was_stored_is_told_even_when_its_caller_gave_up_waiting()
    {
        using var listener = new Listener(store);
        var merchants = Enumerable.Range(1, 100).Select(n => $"merchant-{n}").ToArray();

        foreach (var merchant in merchants)
        {
            using var giveUp = new CancellationTokenSource();
            var commit = store.CommitAsync(StoreSamples.After(await ReadAsync(merchant)), giveUp.Token).AsTask();
            await Task.Yield();
            await giveUp.CancelAsync();
            await commit.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }

        // Whatever was under way is done by now, or lost for good: a store keeps the order of what it is given.
        await CommitTimesAsync("the-last", 1);
        foreach (var merchant in merchants)
        {
            if ((await ReadAsync(merchant)).Record.Revision > 0)
            {
                await listener.HeardAsync(merchant);
            }
        }
    }

    private async Task<HistoryPosition[]> PlacesAsync(params string[] merchants) =>
        [.. (await store.ReadPositionsAsync([.. merchants], CancellationToken.None)).Select(place => Assert.NotNull(place))];

    private sealed class Listener : IDisposable
    {
        private readonly ConcurrentQueue<string> heard = new();
        private readonly IDisposable listening;

        public Listener(IConnectionStore store) => listening = store.Listen(heard.Enqueue, () => { });

        public IReadOnlyCollection<string> Heard => heard;

        public Task HeardAsync(string merchantId) => Eventually.TrueAsync(() => Task.FromResult(heard.Contains(merchantId)));

        public void Dispose() => listening.Dispose();
    }
}
