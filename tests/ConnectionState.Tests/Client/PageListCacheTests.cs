using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using Grpc.Core;

namespace ConnectionStateService.Tests.Client;

public sealed class PageListCacheTests
{
    private readonly ScriptedStreams service = new();

    [Fact]
    public async Task The_first_question_finds_nothing_and_begins_the_watch()
    {
        await using var cache = NewCache();

        Assert.False(cache.TryGet("m", out _));
        (await service.OpenedAsync()).Snapshot(3);

        await Eventually.TrueAsync(() => Task.FromResult(cache.TryGet("m", out var found) && found.PageList.Revision == 3));
        Assert.Equal(1, cache.Count);
    }

    [Fact]
    public async Task What_changes_is_known_without_asking_the_service()
    {
        await using var cache = NewCache();
        var waiting = cache.WaitForAsync("m", list => list.Revision == 4);
        var stream = await service.OpenedAsync();
        stream.Snapshot(3).Changes(4);

        Assert.Equal((4, true), Facts(await waiting.WaitAsync(Eventually.Patience)));
        Assert.True(cache.TryGet("m", out var found));
        Assert.Equal((4, true), Facts(found));
    }

    [Fact]
    public async Task The_age_is_how_long_ago_the_list_was_confirmed()
    {
        await using var cache = NewCache();
        var stream = await KnownAsync(cache, 3);

        service.Clock.Leap(TimeSpan.FromSeconds(40));
        Assert.True(cache.TryGet("m", out var old));
        Assert.InRange(old.Age, TimeSpan.FromSeconds(40), TimeSpan.FromMinutes(2));

        stream.Checkpoint(3);
        await Eventually.TrueAsync(() => Task.FromResult(cache.TryGet("m", out var now) && now.Age < TimeSpan.FromSeconds(40)));
    }

    [Fact]
    public async Task A_lost_stream_leaves_the_list_and_says_that_it_is_stale()
    {
        await using var cache = NewCache();
        var stream = await KnownAsync(cache, 3);
        service.Clock.Leap(TimeSpan.FromSeconds(40));
        stream.Fail(StatusCode.Unavailable);

        await Eventually.TrueAsync(() => Task.FromResult(cache.TryGet("m", out var stale) && !stale.IsLive));
        Assert.True(cache.TryGet("m", out var found));
        Assert.Equal((3, false), Facts(found));
        Assert.InRange(found.Age, TimeSpan.FromSeconds(40), TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task A_stale_list_satisfies_nobody_until_it_is_confirmed()
    {
        await using var cache = NewCache();
        (await KnownAsync(cache, 3)).Fail(StatusCode.Unavailable);
        await Eventually.TrueAsync(() => Task.FromResult(cache.TryGet("m", out var stale) && !stale.IsLive));

        var waiting = cache.WaitForAsync("m", list => list.Revision == 3);
        Assert.False(waiting.IsCompleted);
        (await service.OpenedAsync()).Checkpoint(3);

        Assert.Equal((3, true), Facts(await waiting.WaitAsync(Eventually.Patience)));
    }

    [Fact]
    public async Task What_is_so_already_is_not_waited_for()
    {
        await using var cache = NewCache();
        await KnownAsync(cache, 3);

        Assert.True(cache.WaitForAsync("m", _ => true).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_predicate_that_fails_fails_its_own_wait_alone()
    {
        await using var cache = NewCache();
        var failing = cache.WaitForAsync("m", _ => throw new FormatException());
        var waiting = cache.WaitForAsync("m", list => list.Revision == 3);
        (await service.OpenedAsync()).Snapshot(3);

        await Assert.ThrowsAsync<FormatException>(() => failing);
        Assert.Equal(3, (await waiting.WaitAsync(Eventually.Patience)).PageList.Revision);
    }

    [Fact]
    public async Task A_predicate_that_takes_long_holds_up_nobody_else()
    {
        await using var cache = NewCache();
        await KnownAsync(cache, 3);
        using var release = new ManualResetEventSlim();
        var slow = Task.Run(() => cache.WaitForAsync("m", _ => release.Wait(Eventually.Patience)));

        Assert.True(cache.TryGet("m", out _));
        Assert.False(cache.TryGet("another", out _));
        Assert.True(await cache.WaitForAsync("m", _ => true).WaitAsync(Eventually.Patience) is { IsLive: true });

        release.Set();
        Assert.True((await slow).IsLive);
    }

    [Fact]
    public async Task A_wait_can_be_given_up()
    {
        await using var cache = NewCache();
        using var impatience = new CancellationTokenSource();
        var waiting = cache.WaitForAsync("m", _ => true, impatience.Token);

        await impatience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
    }

    [Fact]
    public async Task Of_too_many_merchants_the_one_not_asked_for_the_longest_is_forgotten()
    {
        await using var cache = NewCache(capacity: 2);
        var streams = new List<ScriptedStream>();
        foreach (var merchant in (string[])["a", "b"])
        {
            cache.TryGet(merchant, out _);
            streams.Add((await service.OpenedAsync()).Snapshot(1));
            await cache.WaitForAsync(merchant, _ => true).WaitAsync(Eventually.Patience);
        }

        cache.TryGet("a", out _);
        cache.TryGet("c", out _);

        Assert.Equal(2, cache.Count);
        Assert.True(cache.TryGet("a", out _));
        await Eventually.TrueAsync(() => Task.FromResult(streams[1].IsClosed));
        Assert.False(streams[0].IsClosed);
    }

    [Fact]
    public async Task Merchants_that_are_waited_for_are_not_forgotten_and_no_more_are_taken()
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
    public async Task A_merchant_that_cannot_be_watched_fails_those_who_wait_and_is_tried_anew_only_after_a_while()
    {
        await using var cache = NewCache();
        var waiting = cache.WaitForAsync("{}", _ => true);
        (await service.OpenedAsync()).Fail(StatusCode.InvalidArgument);

        await Assert.ThrowsAsync<ConnectionStateException>(() => waiting.WaitAsync(Eventually.Patience));
        await Assert.ThrowsAsync<ConnectionStateException>(() => cache.WaitForAsync("{}", _ => true).WaitAsync(Eventually.Patience));
        Assert.False(cache.TryGet("{}", out _));
        Assert.False(service.HasOpened);

        service.Clock.Leap(TimeSpan.FromSeconds(10));
        Assert.False(cache.TryGet("{}", out _));
        await service.OpenedAsync();
    }

    [Fact]
    public async Task What_is_forgotten_is_watched_no_more()
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
    public async Task A_cache_that_is_disposed_of_watches_nothing_and_answers_nothing()
    {
        var cache = NewCache();
        var stream = await KnownAsync(cache, 3);

        await cache.DisposeAsync();

        Assert.True(stream.IsClosed);
        Assert.Throws<ObjectDisposedException>(() => cache.TryGet("m", out _));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => cache.WaitForAsync("m", _ => true));
    }

    private static (long, bool) Facts(CachedPageList found) => (found.PageList.Revision, found.IsLive);

    private async Task<ScriptedStream> KnownAsync(PageListCache cache, long revision)
    {
        var waiting = cache.WaitForAsync("m", list => list.Revision == revision);
        var stream = (await service.OpenedAsync()).Snapshot(revision);
        await waiting.WaitAsync(Eventually.Patience);
        return stream;
    }

    private PageListCache NewCache(int capacity = 100) => new(service.NewWatcher(), service.Clock, capacity);
}
