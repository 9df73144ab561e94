using System.Threading.Channels;
using ConnectionStateService.Client;
using ConnectionStateService.Tests.Auth;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Grpc.Core.Interceptors;

namespace ConnectionStateService.Tests.Client;

/// <summary>The client against the real service with authentication on, with merchant tokens that live 5 seconds. Both use one fake clock.</summary>
public sealed class TokenRenewalTests : IAsyncLifetime
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(5);

    private readonly AuthService auth = new();
    private readonly CancellationTokenSource stop = new();
    private readonly StreamCounter streams = new();
    private readonly ConnectionStateClientOptions options = new()
    {
        // The clock jumps: the answer to a new stream takes a moment of real time and many seconds of the clock.
        WatchOpenTimeout = TimeSpan.FromMinutes(5),
        InitialWatchBackoff = TimeSpan.FromMilliseconds(1),
        MaxWatchBackoff = TimeSpan.FromMilliseconds(5),
        Deadline = Eventually.Patience,
    };

    private ConnectionStateClient? client;
    private readonly Channel<PageListUpdate> updates = Channel.CreateUnbounded<PageListUpdate>();
    private Task watching = Task.CompletedTask;
    private volatile bool isOut;
    private volatile bool isLive;
    private int fetches;
    private int boughtPages;

    public TokenRenewalTests() => auth.Settings["Watch:StreamLifetime"] = "10:00:00";

    public Task InitializeAsync() => auth.InitializeAsync();

    public async Task DisposeAsync()
    {
        await stop.CancelAsync();
        await watching;
        client?.Dispose();
        stop.Dispose();
        await auth.DisposeAsync();
    }

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public async Task A_watch_goes_on_over_tokens_of_5_seconds_and_is_live_without_a_break(string transport)
    {
        await WatchAsync(transport, tellsExpiry: true);
        for (var round = 1; round <= 5; round++)
        {
            auth.Clock.Advance(0.8 * Lifetime);
            await AdvanceUntilAsync(() => streams.Count == 1 + round);

            await AssertShowsNextChangeAsync();
            Assert.Equal(1 + round, fetches);
        }
    }

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public async Task Without_another_token_the_list_is_stale_from_the_expiry_until_there_is_one_and_misses_nothing(string transport)
    {
        await WatchAsync(transport, tellsExpiry: true);
        isOut = true;
        auth.Clock.Advance(0.8 * Lifetime);
        await AdvanceUntilAsync(() => !isLive);

        var stale = await NextStaleAsync();
        Assert.InRange(auth.Clock.GetUtcNow() - auth.Clock.Start, Lifetime, Lifetime + TimeSpan.FromSeconds(1));
        Assert.Contains("TokenSource failed with InvalidOperationException: No session", stale.Failure!.Message, StringComparison.Ordinal);

        // The list changes. Who is not authorized neither sees it nor is told that what he has is live.
        await ChangeAsync();
        for (var second = 0; second < 60; second++)
        {
            auth.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(TimeSpan.FromMilliseconds(1));
        }

        Assert.Equal((0, 1), (updates.Reader.Count, streams.Count));

        isOut = false;
        await AdvanceUntilAsync(() => streams.Count == 2);
        var live = await NextAsync();
        Assert.Equal((PageListUpdateKind.Changes, true, boughtPages), (live.Kind, live.IsLive, live.PageList!.Quota.Bought));
        Assert.Single(live.Changes);
    }

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public async Task A_stream_that_the_server_ends_with_its_token_is_resumed_with_another_one_by_itself(string transport)
    {
        // The client does not know when the token ends.
        await WatchAsync(transport, tellsExpiry: false);
        auth.Clock.Advance(Lifetime + TimeSpan.FromSeconds(31));

        Assert.Equal(ErrorReason.TokenExpired, (await NextStaleAsync()).Failure!.GetConnectionStateError().Reason);
        await AdvanceUntilAsync(() => streams.Count == 2);
        await AssertShowsNextChangeAsync();
    }

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public async Task A_call_with_an_expired_token_is_sent_again_with_another_one(string transport)
    {
        Connect(transport, tellsExpiry: false);
        await client!.Pages.GetPageListAsync(new() { MerchantId = AuthService.OwnMerchant });
        auth.Clock.Advance(Lifetime + TimeSpan.FromSeconds(31));

        await client.Pages.GetPageListAsync(new() { MerchantId = AuthService.OwnMerchant });

        Assert.Equal(2, fetches);
    }

    [Fact]
    public async Task A_client_without_a_token_and_one_with_a_wrong_key_are_told_what_to_set()
    {
        using var without = new ConnectionStateClient(auth.Grpc, new());
        using var wrong = new ConnectionStateClient(auth.Grpc, new() { ApiKey = $"{auth.Key(AuthService.AllScopes)[..^1]}!" });

        var missing = await Assert.ThrowsAsync<RpcException>(() => without.Pages.GetPageListAsync(new() { MerchantId = "m" }).ResponseAsync);
        var invalid = await Assert.ThrowsAsync<RpcException>(() => wrong.Pages.GetPageListAsync(new() { MerchantId = "m" }).ResponseAsync);

        Assert.EndsWith(" set ConnectionStateClientOptions.ApiKey or TokenSource.", missing.Status.Detail, StringComparison.Ordinal);
        Assert.EndsWith(" Check ConnectionStateClientOptions.ApiKey.", invalid.Status.Detail, StringComparison.Ordinal);
    }

    private void Connect(string transport, bool tellsExpiry)
    {
        options.TokenSource = async _ =>
        {
            var token = isOut ? throw new InvalidOperationException("No session.") : await auth.IssueAsync(AuthService.OwnMerchant, lifetime: Lifetime);
            Interlocked.Increment(ref fetches);
            return new AccessToken(token, tellsExpiry ? auth.Clock.GetUtcNow() + Lifetime : null);
        };
        client = new ConnectionStateClient(auth.Invoker(transport).Intercept(streams), options, auth.Clock, null, null);
    }

    private async Task WatchAsync(string transport, bool tellsExpiry)
    {
        Connect(transport, tellsExpiry);
        watching = ReadAsync();
        await AssertShowsNextChangeAsync();
    }

    private async Task ReadAsync()
    {
        try
        {
            await foreach (var update in client!.Watcher.WatchAsync(AuthService.OwnMerchant, cancellationToken: stop.Token))
            {
                updates.Writer.TryWrite(update);
                isLive = update.IsLive;
            }
        }
        catch (OperationCanceledException)
        {
            // The test has ended.
        }
        catch (RpcException e)
        {
            updates.Writer.Complete(e);
        }
    }

    private Task<PageListUpdate> NextAsync() => updates.Reader.ReadAsync().AsTask().WaitAsync(Eventually.Patience);

    // Updates before it may be confirmations of the time when the token was valid.
    private async Task<PageListUpdate> NextStaleAsync()
    {
        PageListUpdate update;
        do
        {
            update = await NextAsync();
        }
        while (update.IsLive);
        return update;
    }

    // Every update up to the one that shows the change is live.
    private async Task AssertShowsNextChangeAsync()
    {
        await ChangeAsync();
        PageListUpdate update;
        do
        {
            update = await NextAsync();
            Assert.True(update.IsLive, $"The list is stale: {update.Failure?.Message}");
        }
        while (update.PageList.Quota.Bought < boughtPages);
    }

    private async Task ChangeAsync() => await new PlanService.PlanServiceClient(auth.Grpc).SetPlanAsync(
        new() { MerchantId = AuthService.OwnMerchant, Plan = Plan.Standard, BoughtPages = ++boughtPages }, AuthService.Bearer(auth.Key(AuthService.AllScopes)));

    // In small steps, and slowly: what happens at one step may take another thread a moment.
    private Task AdvanceUntilAsync(Func<bool> condition) => Eventually.TrueAsync(() =>
    {
        if (!condition())
        {
            auth.Clock.Advance(TimeSpan.FromMilliseconds(20));
        }

        return Task.FromResult(condition());
    });

    private sealed class StreamCounter : Interceptor
    {
        private int count;

        public int Count => Volatile.Read(ref count);

        public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
            TRequest request,
            ClientInterceptorContext<TRequest, TResponse> context,
            AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
        {
            Interlocked.Increment(ref count);
            return continuation(request, context);
        }
    }
}
