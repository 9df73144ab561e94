using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Time.Testing;

namespace ConnectionStateService.Tests.Client;

public sealed class TokenCacheTests : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    private readonly FakeTimeProvider clock = new();
    private readonly FakeLogger logger = new();
    private readonly MeterFactory meters = new();
    private readonly ClientMetrics metrics;
    private readonly TokenCache cache;
    private Func<CancellationToken, ValueTask<AccessToken>> source;
    private int fetches;

    public TokenCacheTests()
    {
        metrics = new(meters, "eu");
        source = _ => new(NewToken());
        cache = new(
            cancellationToken =>
            {
                Interlocked.Increment(ref fetches);
                return source(cancellationToken);
            },
            clock,
            logger,
            metrics);
    }

    public void Dispose() => metrics.Dispose();

    [Fact]
    public async Task One_fetch_serves_all_callers()
    {
        var answer = new TaskCompletionSource<AccessToken>();
        source = _ => new(answer.Task);
        var waiting = Enumerable.Range(0, 50).Select(_ => GetAsync()).ToList();

        answer.SetResult(new AccessToken("shared", clock.GetUtcNow() + Lifetime));

        Assert.All(await Task.WhenAll(waiting), value => Assert.Equal("shared", value));
        Assert.Equal("shared", await GetAsync());
        Assert.Equal(1, fetches);
    }

    [Fact]
    public async Task A_token_is_kept_for_80_percent_of_its_lifetime_and_replaced_without_a_wait()
    {
        Assert.Equal("token-1", await GetAsync());
        clock.Advance(0.8 * Lifetime - TimeSpan.FromTicks(1));
        Assert.Equal("token-1", await GetAsync());
        Assert.Equal(1, fetches);

        var answer = new TaskCompletionSource<AccessToken>();
        source = _ => new(answer.Task);
        clock.Advance(TimeSpan.FromTicks(1));
        Assert.Equal("token-1", await GetAsync());
        Assert.Equal("token-1", await GetAsync());
        await FetchesAsync(2);

        answer.SetResult(NewToken());
        await Eventually.TrueAsync(async () => await GetAsync() == "token-2");
        Assert.Equal(2, fetches);
    }

    [Fact]
    public async Task An_expired_token_is_never_returned()
    {
        await GetAsync();
        source = _ => throw new HttpRequestException("Connection refused.");
        clock.Advance(Lifetime);

        var problem = await Assert.ThrowsAsync<AccessTokenException>(GetAsync);

        Assert.Equal("ConnectionStateClientOptions.TokenSource failed with HttpRequestException: Connection refused", problem.Message);
        Assert.IsType<HttpRequestException>(problem.InnerException);
        Assert.Equal($"No access token: {problem.Message}", logger.LatestRecord.Message);
        Assert.Equal(LogLevel.Warning, logger.LatestRecord.Level);
    }

    [Fact]
    public async Task While_the_source_fails_the_token_is_used_to_its_end_and_the_source_is_asked_once_a_second()
    {
        using var measured = new MetricCollector<int>(meters, ClientMetrics.MeterName, "connectionstate.client.token.fetches");
        await GetAsync();
        source = _ => throw new InvalidOperationException();
        clock.Advance(0.9 * Lifetime);

        for (var failed = 1; failed <= 3; failed++)
        {
            Assert.Equal("token-1", await GetAsync());
            await Eventually.TrueAsync(() => Task.FromResult(logger.Collector.Count == failed));
            Assert.Equal("token-1", await GetAsync());
            Assert.Equal(1 + failed, fetches);
            clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(["ok", "failed", "failed", "failed"], measured.GetMeasurementSnapshot().Select(m => m.Tags["result"]));
    }

    [Fact]
    public async Task Callers_that_come_within_a_second_of_a_failure_get_it_without_a_fetch()
    {
        source = _ => throw new InvalidOperationException();
        var first = await Assert.ThrowsAsync<AccessTokenException>(GetAsync);
        clock.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Same(first, await Assert.ThrowsAsync<AccessTokenException>(GetAsync));
        Assert.Equal(1, fetches);

        source = _ => new(NewToken());
        clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Equal("token-2", await GetAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_source_that_hangs_is_given_up_after_10_seconds(bool isCancelable)
    {
        source = async cancellationToken =>
        {
            await Task.Delay(Timeout.Infinite, isCancelable ? cancellationToken : CancellationToken.None);
            return NewToken();
        };
        var waiting = GetAsync();
        await FetchesAsync(1);
        await Eventually.TrueAsync(() =>
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(waiting.IsCompleted);
        });

        var problem = await Assert.ThrowsAsync<AccessTokenException>(() => waiting);
        Assert.Equal("ConnectionStateClientOptions.TokenSource did not return a token within 10 s", problem.Message);
    }

    [Fact]
    public async Task A_caller_that_gives_up_does_not_end_the_fetch_of_the_others()
    {
        var answer = new TaskCompletionSource<AccessToken>();
        source = _ => new(answer.Task);
        using var stop = new CancellationTokenSource();
        var (leaving, staying) = (cache.GetAsync(stop.Token).AsTask(), GetAsync());
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaving);
        await FetchesAsync(1);

        answer.SetResult(NewToken());

        Assert.Equal("token-1", await staying);
        Assert.Equal(1, fetches);
    }

    [Fact]
    public async Task A_source_that_returns_an_expired_token_is_told_so()
    {
        source = _ => new(new AccessToken("old", clock.GetUtcNow()));

        var problem = await Assert.ThrowsAsync<AccessTokenException>(GetAsync);

        Assert.StartsWith("ConnectionStateClientOptions.TokenSource returned a token that expired at 2000-01-01", problem.Message, StringComparison.Ordinal);
        Assert.Contains("Check the clock", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("old", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_source_that_returns_null_is_told_so()
    {
        source = _ => new((AccessToken)null!);

        Assert.Equal("ConnectionStateClientOptions.TokenSource returned null", (await Assert.ThrowsAsync<AccessTokenException>(GetAsync)).Message);
    }

    [Fact]
    public async Task A_refused_token_is_dropped_once()
    {
        var refused = await cache.GetAsync(default);

        Assert.Equal("token-2", (await cache.ReplaceAsync(refused, default))!.Value);
        Assert.Equal("token-2", (await cache.ReplaceAsync(refused, default))!.Value);
        Assert.Equal(2, fetches);
    }

    [Fact]
    public async Task A_source_without_another_token_has_no_replacement()
    {
        source = _ => new(new AccessToken("only"));

        Assert.Null(await cache.ReplaceAsync(await cache.GetAsync(default), default));
    }

    [Fact]
    public async Task A_token_without_an_expiry_is_kept()
    {
        source = _ => new(new AccessToken("key"));
        await GetAsync();
        clock.Advance(TimeSpan.FromDays(1_000));

        Assert.Equal("key", await GetAsync());
        Assert.Equal(1, fetches);
    }

    [Theory]
    [InlineData("")]
    [InlineData("two words")]
    [InlineData("line\n")]
    [InlineData("khóa")]
    public void A_token_that_no_header_can_carry_is_rejected(string value) => Assert.Throws<ArgumentException>(() => new AccessToken(value));

    [Fact]
    public void The_text_of_a_token_does_not_contain_it()
    {
        Assert.Equal("AccessToken (does not expire)", new AccessToken("secret").ToString());
        Assert.Equal("AccessToken (expires 2000-01-01 00:00:00Z)", new AccessToken("secret", clock.GetUtcNow()).ToString());
    }

    private AccessToken NewToken() => new($"token-{fetches}", clock.GetUtcNow() + Lifetime);

    private async Task<string> GetAsync() => (await cache.GetAsync(default).AsTask().WaitAsync(Eventually.Patience)).Value;

    private Task FetchesAsync(int count) => Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref fetches) == count));

    private sealed class MeterFactory : System.Diagnostics.Metrics.IMeterFactory
    {
        public System.Diagnostics.Metrics.Meter Create(System.Diagnostics.Metrics.MeterOptions options) => new(options.Name, options.Version, options.Tags, this);

        public void Dispose()
        {
        }
    }
}
