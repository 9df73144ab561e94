using ConnectionStateService.Auth;
using ConnectionStateService.Client;
using ConnectionStateService.Tests.Auth;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectionStateService.Tests.Limits;

/// <summary>The limits of callers: of keys and of tokens.</summary>
public sealed class CallerLimitTests : IAsyncLifetime
{
    private const string Noisy = "noisy";
    private const string Quiet = "quiet";

    private readonly AuthService auth = new();

    public Task InitializeAsync()
    {
        auth.AddKey(Noisy, ["pages.read", "plan.write"]);
        auth.AddKey(Quiet, ["pages.read", "plan.write"]);
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => auth.DisposeAsync();

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public async Task A_caller_above_its_rate_is_refused_and_others_are_served(string transport)
    {
        await StartAsync(("Limits:CallsPerCaller", "1"), ("Limits:Burst", "3"));
        for (var i = 0; i < 3; i++)
        {
            await ReadAsync(transport, auth.Key(Noisy), $"shop-{i}");
        }

        var failure = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(transport, auth.Key(Noisy), "shop-3"));

        AssertRefused(failure, ErrorReason.RateLimitExceeded, "CALLER", "1");
        await ReadAsync(transport, auth.Key(Quiet), "shop-3");
    }

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public async Task Calls_for_a_merchant_that_is_not_the_callers_count_too(string transport)
    {
        await StartAsync(("Limits:CallsPerCaller", "1"), ("Limits:Burst", "2"));
        for (var i = 0; i < 2; i++)
        {
            var failure = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(transport, auth.Key(AuthService.OneMerchant), "shop-1"));
            Assert.Equal(ErrorReason.MerchantNotAllowed, failure.GetConnectionStateError().Reason);
        }

        AssertRefused(
            await Assert.ThrowsAsync<RpcException>(() => ReadAsync(transport, auth.Key(AuthService.OneMerchant), "shop-1")),
            ErrorReason.RateLimitExceeded,
            "CALLER",
            "1");
    }

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public async Task Calls_without_a_valid_token_or_scope_use_up_no_limit(string transport)
    {
        await StartAsync(("Limits:CallsPerMerchant", "1"), ("Limits:CallsPerCaller", "1"), ("Limits:Burst", "2"));
        auth.AddKey("no-scope", ["plan.write"]);
        auth.WriteKeys();
        auth.Service.Services.GetRequiredService<KeyRingSource>().Reread();
        foreach (var token in (string[])["nonsense", auth.Key(Quiet) + "a", auth.Key("no-scope")])
        {
            for (var i = 0; i < 5; i++)
            {
                var failure = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(transport, token, "shop-1"));
                Assert.True(failure.StatusCode is StatusCode.Unauthenticated or StatusCode.PermissionDenied, $"{failure.Status}");
            }
        }

        await ReadAsync(transport, auth.Key(Quiet), "shop-1");
    }

    [Fact]
    public async Task Invalid_requests_count_too()
    {
        await StartAsync(("Limits:CallsPerCaller", "1"), ("Limits:Burst", "2"));
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => ReadAsync("gRPC", auth.Key(Noisy), ""))).StatusCode);
        }

        AssertRefused(
            await Assert.ThrowsAsync<RpcException>(() => ReadAsync("gRPC", auth.Key(Noisy), "")), ErrorReason.RateLimitExceeded, "CALLER", "1");
    }

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public async Task A_caller_cannot_use_up_the_rate_of_a_merchant_that_is_not_its_own(string transport)
    {
        await StartAsync(("Limits:CallsPerMerchant", "1"), ("Limits:Burst", "2"));
        for (var i = 0; i < 5; i++)
        {
            var failure = await Assert.ThrowsAsync<RpcException>(() => ReadAsync(transport, auth.Key(AuthService.OneMerchant), "shop-1"));
            Assert.Equal(StatusCode.PermissionDenied, failure.StatusCode);
        }

        await ReadAsync(transport, auth.Key(Quiet), "shop-1");
    }

    [Fact]
    public async Task People_of_the_same_name_at_two_merchants_are_two_callers()
    {
        await StartAsync(("Limits:CallsPerCaller", "1"), ("Limits:Burst", "5"));
        var (first, second) = (await auth.IssueAsync("shop-1", actor: "Lan"), await auth.IssueAsync("shop-2", actor: "Lan"));
        for (var i = 0; i < 5; i++)
        {
            await ReadAsync("gRPC", first, "shop-1");
        }

        await Assert.ThrowsAsync<RpcException>(() => ReadAsync("gRPC", first, "shop-1"));
        await ReadAsync("gRPC", second, "shop-2");
    }

    [Fact]
    public async Task A_new_token_of_the_same_caller_has_the_same_limit()
    {
        await StartAsync(("Limits:CallsPerCaller", "1"), ("Limits:Burst", "5"));
        var first = await auth.IssueAsync("shop-1", actor: "Lan");
        for (var i = 0; i < 5; i++)
        {
            await ReadAsync("gRPC", first, "shop-1");
        }

        auth.Clock.Advance(TimeSpan.FromSeconds(1));
        var second = await auth.IssueAsync("shop-1", actor: "Lan");

        Assert.NotEqual(first, second);
        AssertRefused(await Assert.ThrowsAsync<RpcException>(() => ReadAsync("gRPC", second, "shop-1")), ErrorReason.RateLimitExceeded, "CALLER", "1");
    }

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public async Task A_caller_with_too_many_calls_in_progress_is_refused_and_others_are_served(string transport)
    {
        await StartAsync(("Limits:ConcurrentCallsPerCaller", "1"));
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var held = new TaskCompletionSource();
        auth.Store.Before = method =>
        {
            if (method != nameof(auth.Store.CommitAsync))
            {
                return Task.CompletedTask;
            }

            held.TrySetResult();
            return release.Task;
        };
        var change = new PlanService.PlanServiceClient(auth.Invoker(transport))
            .SetPlanAsync(new() { MerchantId = "shop-1", Plan = Plan.Standard }, AuthService.Bearer(auth.Key(Noisy))).ResponseAsync;
        await held.Task.WaitAsync(Eventually.Patience);

        AssertRefused(
            await Assert.ThrowsAsync<RpcException>(() => ReadAsync(transport, auth.Key(Noisy), "shop-2")), ErrorReason.ConcurrencyLimitExceeded, "CALLER", "1");
        await ReadAsync(transport, auth.Key(Quiet), "shop-2");

        release.SetResult();
        await change;
        await ReadAsync(transport, auth.Key(Noisy), "shop-2");
    }

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public async Task A_caller_with_too_many_open_streams_is_refused_until_it_closes_one(string transport)
    {
        await StartAsync(("Watch:StreamsPerCaller", "2"));
        using var refused = new CounterReading(
            auth.Service.Services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>(), "connectionstate.watch.refused");
        using var first = await WatchAsync(transport, Noisy, "shop-1");
        using var second = await WatchAsync(transport, Noisy, "shop-2");

        AssertRefused(
            await Assert.ThrowsAsync<RpcException>(() => WatchAsync(transport, Noisy, "shop-3")), ErrorReason.WatchLimitExceeded, "CALLER", "2");
        Assert.Equal(1, refused.Total);
        using var other = await WatchAsync(transport, Quiet, "shop-3");

        first.Dispose();
        await Eventually.TrueAsync(async () =>
        {
            try
            {
                using var again = await WatchAsync(transport, Noisy, "shop-3");
                return true;
            }
            catch (RpcException)
            {
                return false;
            }
        });
    }

    private static void AssertRefused(RpcException failure, ErrorReason reason, string scope, string limit)
    {
        var error = failure.GetConnectionStateError();
        Assert.Equal(
            (StatusCode.ResourceExhausted, reason, scope, limit), (failure.StatusCode, error.Reason, error.Metadata["scope"], error.Metadata["limit"]));
        Assert.NotNull(error.RetryDelay);
        Assert.NotNull(failure.Trailers.GetValue("grpc-retry-pushback-ms"));
    }

    private Task StartAsync(params (string Option, string Value)[] options)
    {
        foreach (var (option, value) in options)
        {
            auth.Settings[option] = value;
        }

        return auth.InitializeAsync();
    }

    private async Task ReadAsync(string transport, string token, string merchantId) =>
        await new PageService.PageServiceClient(auth.Invoker(transport)).GetPageListAsync(new() { MerchantId = merchantId }, AuthService.Bearer(token));

    private async Task<AsyncServerStreamingCall<WatchPageListResponse>> WatchAsync(string transport, string key, string merchantId)
    {
        var call = new WatchService.WatchServiceClient(auth.Invoker(transport))
            .WatchPageList(new() { MerchantId = merchantId }, AuthService.Bearer(auth.Key(key)));
        try
        {
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            return call;
        }
        catch
        {
            call.Dispose();
            throw;
        }
    }
}
