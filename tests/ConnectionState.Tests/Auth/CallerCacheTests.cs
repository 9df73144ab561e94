using ConnectionStateService.Auth;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Auth;

public sealed class CallerCacheTests
{
    private static readonly DateTimeOffset Now = new ManualClock().GetUtcNow();

    private readonly ManualClock clock = new();

    [Fact]
    public void A_token_finds_its_caller_and_no_other()
    {
        var cache = new CallerCache(clock);
        var caller = Caller(Now.AddMinutes(1));
        cache.Add(Hash("a"), caller);

        Assert.Same(caller, cache.Find(Hash("a")));
        Assert.Null(cache.Find(Hash("b")));
    }

    [Fact]
    public void The_number_of_tokens_is_bounded_and_expired_ones_go_first()
    {
        var cache = new CallerCache(clock);
        for (var i = 0; i < CallerCache.MaxCount; i++)
        {
            cache.Add(Hash($"{i}"), Caller(i % 2 == 0 ? Now.AddMinutes(-1) : Now.AddMinutes(1)));
        }

        cache.Add(Hash("one more"), Caller(Now.AddMinutes(1)));

        var found = Enumerable.Range(0, CallerCache.MaxCount).Where(i => cache.Find(Hash($"{i}")) is not null).ToList();
        Assert.InRange(found.Count, 1, CallerCache.MaxCount / 2);
        Assert.DoesNotContain(found, i => i % 2 == 0);
        Assert.NotNull(cache.Find(Hash("one more")));
    }

    [Fact]
    public void To_find_a_caller_makes_no_garbage()
    {
        var cache = new CallerCache(clock);
        var token = new string('x', 900);
        cache.Add(Hash(token), Caller(Now.AddMinutes(1)));
        Assert.NotNull(cache.Find(Hash(token)));

        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = cache.Find(Hash(token));

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void A_connection_knows_the_caller_of_its_last_header_only()
    {
        var connection = new ConnectionCaller();
        var caller = Caller(Now.AddMinutes(1));
        Assert.Null(connection.Find("Bearer a"));

        connection.Keep("Bearer a", caller);

        Assert.Same(caller, connection.Find(new string("Bearer a")));
        Assert.Null(connection.Find("Bearer b"));
        Assert.Null(connection.Find("Bearer "));
        connection.Keep("Bearer b", Caller(Now.AddMinutes(1)));
        Assert.Null(connection.Find("Bearer a"));
    }

    private static Caller Caller(DateTimeOffset expiresAt) => new("service-9", Scopes.PagesRead, expiresAt: expiresAt);

    private static TokenHash Hash(string token)
    {
        Assert.True(CallerCache.TryHash(token, out var hash));
        return hash;
    }
}
