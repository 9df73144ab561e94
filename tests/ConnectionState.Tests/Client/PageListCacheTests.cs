using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;

namespace ConnectionStateService.Tests.Client;

/// <summary>The cache with a stream for each merchant.</summary>
public sealed class PageListCacheTests : PageListCacheContract
{
    private protected override PageListCache NewCache(int capacity = 100) => service.NewCache(capacity);
}

/// <summary>The cache whose merchants share a stream.</summary>
public sealed class SharedPageListCacheTests : PageListCacheContract
{
    private protected override PageListCache NewCache(int capacity = 100) => service.NewSharedCache(capacity);
}

/// <summary>What the cache does, wherever its lists come from.</summary>
public abstract class PageListCacheContract
{
    private protected readonly ScriptedStreams service = new();

    [Fact]
    public async Task The_first_TryGet_finds_nothing_and_starts_the_watch()
    {
        await using var cache = NewCache();

        Assert.False(cache.TryGet("m", out _));
        (await service.OpenedAsync()).Snapshot(3);

        await Eventually.TrueAsync(() => Task.FromResult(cache.TryGet("m", out var found) && found.PageList.Revision == 3));
        Assert.Equal(1, cache.Count);
    }

    [Fact]
    public async Task TryGet_returns_a_change_without_a_call()
    {
        await using var cache = NewCache();
        var waiting = cache.WaitForAsync("m", list => list.Revision == 4);
        var stream = await service.OpenedAsync();
        stream.Snapshot(3).Changes(4);

        Assert.Equal((4, true), Summary(await waiting.WaitAsync(Eventually.Patience)));
        Assert.True(cache.TryGet("m", out var found));
        Assert.Equal((4, true), Summary(found));
    }

    [Fact]
    public async Task Age_is_the_time_since_the_last_confirmation()
    {
        await using var cache = NewCache();
        var stream = await KnownAsync(cache, 3);

        service.Leap(TimeSpan.FromSeconds(40));
        Assert.True(cache.TryGet("m", out var old));
        Assert.InRange(old.Age, TimeSpan.FromSeconds(40), TimeSpan.FromMinutes(2));

        stream.Checkpoint(3);
        await Eventually.TrueAsync(() => Task.FromResult(cache.TryGet("m", out var now) && now.Age < TimeSpan.FromSeconds(40)));
    }

    [Fact]
    public async Task A_lost_stream_leaves_the_list_in_the_cache_as_stale()
    {
        await using var cache = NewCache();
        var stream = await KnownAsync(cache, 3);
        service.Leap(TimeSpan.FromSeconds(40));
        stream.Fail(StatusCode.Unavailable);

        await Eventually.TrueAsync(() => Task.FromResult(cache.TryGet("m", out var stale) && !stale.IsLive));
        Assert.True(cache.TryGet("m", out var found));
        Assert.Equal((3, false), Summary(found));
        Assert.InRange(found.Age, TimeSpan.FromSeconds(40), TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task WaitForAsync_ignores_a_stale_list_until_it_is_confirmed()
    {
        await using var cache = NewCache();
        (await KnownAsync(cache, 3)).Fail(StatusCode.Unavailable);
        await Eventually.TrueAsync(() => Task.FromResult(cache.TryGet("m", out var stale) && !stale.IsLive));

        var waiting = cache.WaitForAsync("m", list => list.Revision == 3);
        Assert.False(waiting.IsCompleted);
        (await service.OpenedAsync()).Checkpoint(3);

        Assert.Equal((3, true), Summary(await waiting.WaitAsync(Eventually.Patience)));
    }

    [Fact]
    public async Task WaitForAsync_completes_at_once_if_the_condition_is_satisfied()
    {
        await using var cache = NewCache();
        await KnownAsync(cache, 3);

        Assert.True(cache.WaitForAsync("m", _ => true).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_predicate_that_throws_fails_only_its_own_wait()
    {
        await using var cache = NewCache();
        var failing = cache.WaitForAsync("m", _ => throw new FormatException());
        var waiting = cache.WaitForAsync("m", list => list.Revision == 3);
        (await service.OpenedAsync()).Snapshot(3);

        await Assert.ThrowsAsync<FormatException>(() => failing);
        Assert.Equal(3, (await waiting.WaitAsync(Eventually.Patience)).PageList.Revision);
    }

    [Fact]
    public async Task A_slow_predicate_does_not_block_other_callers()
    {
        await using var cache = NewCache();
        await KnownAsync(cache, 3);
        using var release = new ManualResetEventSlim();
        var running = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var slow = Task.Run(() => cache.WaitForAsync("m", _ => running.TrySetResult() && release.Wait(Eventually.Patience)));
        await running.Task.WaitAsync(Eventually.Patience);

        Assert.True(cache.TryGet("m", out _));
        Assert.False(cache.TryGet("another", out _));
        Assert.True(await cache.WaitForAsync("m", _ => true).WaitAsync(Eventually.Patience) is { IsLive: true });

        release.Set();
        Assert.True((await slow).IsLive);
    }

    [Fact]
    public async Task WaitForAsync_can_be_canceled()
    {
        await using var cache = NewCache();
        using var impatience = new CancellationTokenSource();
        var waiting = cache.WaitForAsync("m", _ => true, impatience.Token);

        await impatience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task A_full_cache_replaces_a_merchant_that_nobody_asked_for_lately()
    {
        await using var cache = NewCache(capacity: 2);
        var streams = new List<ScriptedStream>();
        foreach (var merchant in (string[])["a", "b"])
        {
            cache.TryGet(merchant, out _);
            streams.Add((await service.OpenedAsync()).Snapshot(1));
            await cache.WaitForAsync(merchant, _ => true).WaitAsync(Eventually.Patience);
        }

        service.Leap(TimeSpan.FromSeconds(31));
        cache.TryGet("a", out _);
        cache.TryGet("c", out _);

        Assert.Equal(2, cache.Count);
        Assert.True(cache.TryGet("a", out _));
        await Eventually.TrueAsync(() => Task.FromResult(streams[1].IsClosed));
        Assert.False(streams[0].IsClosed);
    }

    [Fact]
    public async Task WaitForAsync_replaces_a_merchant_of_a_full_cache()
    {
        await using var cache = NewCache(capacity: 1);
        cache.TryGet("a", out _);
        var replaced = await service.OpenedAsync();

        var waiting = cache.WaitForAsync("b", _ => true);
        (await service.OpenedAsync()).Snapshot(1);

        await waiting.WaitAsync(Eventually.Patience);
        await Eventually.TrueAsync(() => Task.FromResult(replaced.IsClosed));
        Assert.Equal(1, cache.Count);
    }

    [Fact]
    public async Task A_merchant_that_nobody_asks_for_is_removed_after_CacheIdleTimeout()
    {
        var clock = new FakeTimeProvider();
        service.Clock = clock;
        await using var cache = NewCache();
        cache.TryGet("idle", out _);
        var idle = (await service.OpenedAsync()).Snapshot(1, interval: TimeSpan.FromDays(1));
        cache.TryGet("used", out _);
        var used = (await service.OpenedAsync()).Snapshot(1, interval: TimeSpan.FromDays(1));
        await cache.WaitForAsync("used", _ => true).WaitAsync(Eventually.Patience);

        for (var minute = 0; minute < 13; minute++)
        {
            cache.TryGet("used", out _);
            clock.Advance(TimeSpan.FromMinutes(1));
        }

        await Eventually.TrueAsync(() => Task.FromResult(idle.IsClosed));
        Assert.Equal(1, cache.Count);
        Assert.False(used.IsClosed);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("shop 1")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345")]
    public async Task A_malformed_merchant_id_throws_instead_of_never_being_found(string merchantId)
    {
        await using var cache = NewCache();

        Assert.Throws<ArgumentException>(() => cache.TryGet(merchantId, out _));
        await Assert.ThrowsAsync<ArgumentException>(() => cache.WaitForAsync(merchantId, _ => true));
        Assert.False(service.HasOpened);
    }

    [Fact]
    public async Task Merchants_with_waiting_callers_are_not_replaced()
    {
        await using var cache = NewCache(capacity: 1);
        var waiting = cache.WaitForAsync("a", _ => true);

        Assert.False(cache.TryGet("b", out _));
        await Assert.ThrowsAsync<InvalidOperationException>(() => cache.WaitForAsync("b", _ => true).WaitAsync(Eventually.Patience));
        Assert.Equal(1, cache.Count);
        (await service.OpenedAsync()).Snapshot(1);
        await waiting.WaitAsync(Eventually.Patience);
    }

    [Fact]
    public async Task A_merchant_that_cannot_be_watched_fails_its_waiters_and_is_retried_after_a_delay()
    {
        await using var cache = NewCache();
        var waiting = cache.WaitForAsync("denied", _ => true);
        (await service.OpenedAsync()).Fail(StatusCode.PermissionDenied);

        await Assert.ThrowsAsync<RpcException>(() => waiting.WaitAsync(Eventually.Patience));
        await Assert.ThrowsAsync<RpcException>(() => cache.WaitForAsync("denied", _ => true).WaitAsync(Eventually.Patience));
        Assert.False(cache.TryGet("denied", out _));
        Assert.False(service.HasOpened);

        service.Leap(TimeSpan.FromSeconds(10));
        Assert.False(cache.TryGet("denied", out _));
        await service.OpenedAsync();
    }

    [Fact]
    public async Task Forget_stops_the_watch()
    {
        await using var cache = NewCache();
        var stream = await KnownAsync(cache, 3);
        var waiting = cache.WaitForAsync("m", _ => false);

        Assert.True(cache.Forget("m"));
        Assert.False(cache.Forget("m"));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Eventually.Patience));
        await Eventually.TrueAsync(() => Task.FromResult(stream.IsClosed));
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public async Task A_disposed_cache_stops_its_watches_and_throws()
    {
        var cache = NewCache();
        var stream = await KnownAsync(cache, 3);

        await cache.DisposeAsync();

        Assert.True(stream.IsClosed);
        Assert.Throws<ObjectDisposedException>(() => cache.TryGet("m", out _));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => cache.WaitForAsync("m", _ => true));
    }

    private static (long, bool) Summary(CachedPageList found) => (found.PageList.Revision, found.IsLive);

    private async Task<ScriptedStream> KnownAsync(PageListCache cache, long revision)
    {
        var waiting = cache.WaitForAsync("m", list => list.Revision == revision);
        var stream = (await service.OpenedAsync()).Snapshot(revision);
        await waiting.WaitAsync(Eventually.Patience);
        return stream;
    }

    private protected abstract PageListCache NewCache(int capacity = 100);
}
