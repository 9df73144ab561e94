using System.Runtime.CompilerServices;
using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using Grpc.Core;

namespace ConnectionStateService.Tests.Client;

/// <summary>Faults that the page list cache once had.</summary>
public sealed class PageListCacheFaultTests
{
    private readonly ScriptedStreams service = new();

    [Fact]
    public async Task PageListCache_can_forget_a_merchant_whose_watch_ended_by_itself()
    {
        await using var cache = await CacheWithEndedWatchAsync();

        Assert.True(cache.Forget("m"));
    }

    [Fact]
    public async Task PageListCache_stops_all_watches_when_one_of_them_ended_by_itself()
    {
        var cache = await CacheWithEndedWatchAsync();
        var waiting = cache.WaitForAsync("another", _ => true);
        var stream = (await service.OpenedAsync()).Snapshot(1);
        await waiting.WaitAsync(Eventually.Patience);

        await cache.DisposeAsync();

        Assert.True(stream.IsClosed);
    }

    [Fact]
    public async Task A_full_PageListCache_replaces_a_merchant_whose_watch_ended_by_itself()
    {
        await using var cache = await CacheWithEndedWatchAsync(capacity: 1);

        Assert.False(cache.TryGet("another", out _));
        (await service.OpenedAsync()).Snapshot(1);
        await Eventually.TrueAsync(() => Task.FromResult(cache.TryGet("another", out _)));
    }

    [Fact]
    public async Task PageListCache_over_capacity_does_not_open_a_stream_per_question()
    {
        var opened = 0;
        service.OnOpen = () => Interlocked.Increment(ref opened);
        var cache = service.NewCache(capacity: 2);
        for (var round = 0; round < 10; round++)
        {
            foreach (var merchant in (string[])["a", "b", "c"])
            {
                cache.TryGet(merchant, out _);
            }
        }

        await service.OpenedAsync();
        await service.OpenedAsync();
        Assert.Equal(2, cache.Count);
        await cache.DisposeAsync();
        Assert.Equal(2, opened);
    }

    [Fact]
    public async Task PageListCache_does_not_keep_the_execution_context_of_the_first_caller()
    {
        var ambient = new AsyncLocal<string> { Value = "first caller" };
        string? seen = "not called";
        service.OnOpen = () => seen = ambient.Value;
        await using var cache = service.NewCache(capacity: 2);

        cache.TryGet("m", out _);
        await service.OpenedAsync();

        Assert.Null(seen);
    }

    [Fact]
    public async Task PageListCache_stops_a_replaced_watch_outside_of_its_lock()
    {
        PageListCache? cache = null;
        bool? otherThreadContinued = null;
        var watcher = new WatcherWithCallback(
            () => otherThreadContinued ??= CompletesOnAnotherThread(() => cache!.TryGet("c", out _)));
        service.Options.CacheCapacity = 1;
        await using (cache = new(new WatcherSource(watcher), service.Options, service.Clock, service.Logger, service.Metrics))
        {
            cache.TryGet("a", out _);
            await watcher.Started.WaitAsync(Eventually.Patience);

            _ = cache.WaitForAsync("b", _ => true);

            Assert.True(otherThreadContinued);
        }
    }

    private static bool CompletesOnAnotherThread(Action action) => Task.Run(action).Wait(Eventually.Patience);

    private async Task<PageListCache> CacheWithEndedWatchAsync(int capacity = 100)
    {
        var cache = service.NewCache(capacity);
        var waiting = cache.WaitForAsync("m", _ => true);
        (await service.OpenedAsync()).Fail(StatusCode.PermissionDenied);
        await Assert.ThrowsAsync<RpcException>(() => waiting.WaitAsync(Eventually.Patience));
        return cache;
    }

    /// <summary>Watches that receive nothing and call back when they are stopped.</summary>
    private sealed class WatcherWithCallback(Action onStop) : IPageListWatcher
    {
        private readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Started => started.Task;

        public async IAsyncEnumerable<PageListUpdate> WatchAsync(
            string merchantId, string? resumeToken = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            cancellationToken.Register(onStop);
            started.TrySetResult();
            await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            yield break;
        }
    }
}
