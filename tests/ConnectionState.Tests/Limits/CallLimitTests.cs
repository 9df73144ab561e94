using System.Net;
using ConnectionStateService.Client;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Rpc.Json;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using Google.Rpc;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace ConnectionStateService.Tests.Limits;

/// <summary>What callers see of the limits, over gRPC and gRPC-Web.</summary>
public sealed class CallLimitTests : IAsyncLifetime
{
    private readonly FakeLogCollector log = new();
    private readonly List<IDisposable> channels = [];
    private InterceptedStore store = null!;
    private Service service = null!;
    private int boughtPages;

    private sealed record HeldCalls(TaskCompletionSource Release, List<Task> Calls, CancellationTokenSource? Cancellation);

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        channels.ForEach(channel => channel.Dispose());
        await service.DisposeAsync();
    }

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public async Task A_merchant_above_its_rate_is_refused_and_others_are_served(string transport)
    {
        await StartAsync(("CallsPerMerchant", "1"), ("Burst", "3"));
        var pages = new PageService.PageServiceClient(Open(transport));
        for (var i = 0; i < 3; i++)
        {
            await pages.GetPageListAsync(new() { MerchantId = "noisy" });
        }

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await pages.GetPageListAsync(new() { MerchantId = "noisy" }));

        AssertRefused(failure, ErrorReason.RateLimitExceeded, "MERCHANT", "1");
        await pages.GetPageListAsync(new() { MerchantId = "quiet" });
        var event9001 = Assert.Single(log.GetSnapshot(), entry => entry.Id.Id == 9001);
        Assert.Contains("noisy", event9001.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public async Task Watches_count_against_the_rate_of_their_merchant(string transport)
    {
        await StartAsync(("CallsPerMerchant", "1"), ("Burst", "3"));
        for (var i = 0; i < 3; i++)
        {
            await WatchOnceAsync(Open(transport), "noisy");
        }

        var failure = await Assert.ThrowsAsync<RpcException>(() => WatchOnceAsync(Open(transport), "noisy"));

        AssertRefused(failure, ErrorReason.RateLimitExceeded, "MERCHANT", "1");
    }

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public async Task A_merchant_with_too_many_calls_in_progress_is_refused_and_its_watches_are_not(string transport)
    {
        await StartAsync(("ConcurrentCallsPerMerchant", "2"));
        var held = await HoldCommitsAsync("noisy", 2, transport);
        var pages = new PageService.PageServiceClient(Open(transport));

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await pages.GetPageListAsync(new() { MerchantId = "noisy" }));

        AssertRefused(failure, ErrorReason.ConcurrencyLimitExceeded, "MERCHANT", "2");
        await pages.GetPageListAsync(new() { MerchantId = "quiet" });
        await WatchOnceAsync(Open(transport), "noisy");
        await ReleaseAsync(held);
        await pages.GetPageListAsync(new() { MerchantId = "noisy" });
    }

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public async Task Calls_that_fail_or_are_canceled_are_no_longer_in_progress(string transport)
    {
        await StartAsync(("ConcurrentCallsPerMerchant", "1"), ("ConcurrentChanges", "1"));
        var plans = new PlanService.PlanServiceClient(Open(transport));
        var change = new SetPlanRequest { MerchantId = "noisy", Plan = Plan.Standard };
        for (var i = 0; i < 3; i++)
        {
            store.Before = _ => throw new StoreUnavailableException("an outage");
            var failure = await Assert.ThrowsAsync<RpcException>(async () => await plans.SetPlanAsync(change));
            Assert.Equal(ErrorReason.StoreUnavailable, failure.GetConnectionStateError().Reason);

            var held = await HoldCommitsAsync("noisy", 1, transport, new CancellationTokenSource());
            await held.Cancellation!.CancelAsync();
            Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => ReleaseAsync(held))).StatusCode);
            store.Before = _ => Task.CompletedTask;
            await Eventually.TrueAsync(async () =>
            {
                try
                {
                    await plans.SetPlanAsync(change);
                    return true;
                }
                catch (RpcException e) when (e.GetConnectionStateError().Reason == ErrorReason.ConcurrencyLimitExceeded)
                {
                    // The caller knows of the end of a canceled call before the service does.
                    return false;
                }
            });
        }

        // And none of them was counted as two that ended.
        var last = await HoldCommitsAsync("noisy", 1, transport);
        AssertRefused(
            await Assert.ThrowsAsync<RpcException>(async () => await plans.SetPlanAsync(change)), ErrorReason.ConcurrencyLimitExceeded, "MERCHANT", "1");
        AssertRefused(
            await Assert.ThrowsAsync<RpcException>(async () => await plans.SetPlanAsync(new() { MerchantId = "quiet", Plan = Plan.Standard })),
            ErrorReason.Overloaded,
            null,
            null);
        await ReleaseAsync(last);
    }

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public async Task Changes_are_refused_early_when_too_many_are_in_progress_and_reads_and_health_are_not(string transport)
    {
        await StartAsync(("ConcurrentChanges", "2"));
        var held = await HoldCommitsAsync("shop", 2, transport);
        var invoker = Open(transport);
        var plans = new PlanService.PlanServiceClient(invoker);

        var failure = await Assert.ThrowsAsync<RpcException>(async () => await plans.SetPlanAsync(new() { MerchantId = "other", Plan = Plan.Standard }));

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        AssertRefused(failure, ErrorReason.Overloaded, null, null);
        Assert.Contains(log.GetSnapshot(), entry => entry.Id.Id == 9003);
        await new PageService.PageServiceClient(invoker).GetPageListAsync(new() { MerchantId = "other" });
        Assert.Equal(
            HealthCheckResponse.Types.ServingStatus.Serving, (await new Grpc.Health.V1.Health.HealthClient(invoker).CheckAsync(new HealthCheckRequest())).Status);
        using var http = service.NewHttpClient();
        Assert.Equal("ready", await http.GetStringAsync(new Uri("/health/ready", UriKind.Relative)));
        var inJson = await JsonCalls.SendAsync(http, "PUT", "/v1/merchants/other/plan", """{"plan":"PLAN_STANDARD"}""");
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "OVERLOADED"), (inJson.Http, inJson.Reason));
        Assert.Equal((int)StatusCode.Unavailable, inJson.Error.Code);
        Assert.InRange(inJson.Headers.RetryAfter!.Delta!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));
        Assert.NotNull(inJson.Error.GetDetail<RetryInfo>());
        await ReleaseAsync(held);
        await plans.SetPlanAsync(new() { MerchantId = "other", Plan = Plan.Standard });
    }

    [Fact]
    public async Task The_client_library_waits_as_long_as_it_is_told_and_tries_again()
    {
        await StartAsync(("CallsPerMerchant", "10"), ("Burst", "1"));
        var server = (TestServer)service.Services.GetRequiredService<IServer>();
        var options = new ConnectionStateClientOptions { Address = new("http://localhost"), Deadline = Eventually.Patience, RetryBudget = 500 };
        using var client = new ConnectionStateClient(options, channel => channel.HttpHandler = server.CreateHandler());

        for (var i = 0; i < 13; i++)
        {
            await client.Pages.GetPageListAsync(new() { MerchantId = "noisy" });
        }

        Assert.Contains(log.GetSnapshot(), entry => entry.Id.Id == 9001);
    }

    [Fact]
    public async Task Zero_turns_every_limit_off()
    {
        string[] all = ["CallsPerMerchant", "CallsPerCaller", "ConcurrentCallsPerMerchant", "ConcurrentCallsPerCaller", "ConcurrentChanges"];
        await StartAsync([.. all.Select(option => (option, "0")), ("CommitLatency", "00:00:00")]);
        var held = await HoldCommitsAsync("shop", 5, "gRPC");

        await new PageService.PageServiceClient(Open("gRPC")).GetPageListAsync(new() { MerchantId = "shop" });

        await ReleaseAsync(held);
    }

    private static void AssertRefused(RpcException failure, ErrorReason reason, string? scope, string? limit)
    {
        var error = failure.GetConnectionStateError();
        Assert.Equal((reason, scope, limit), (error.Reason, error.Metadata.GetValueOrDefault("scope"), error.Metadata.GetValueOrDefault("limit")));
        Assert.InRange(error.RetryDelay!.Value, TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(2));
        var pushback = int.Parse(failure.Trailers.GetValue("grpc-retry-pushback-ms")!, System.Globalization.CultureInfo.InvariantCulture);
        Assert.InRange(pushback, error.RetryDelay.Value.TotalMilliseconds, error.RetryDelay.Value.TotalMilliseconds + 1);
    }

    private static async Task WatchOnceAsync(CallInvoker invoker, string merchantId)
    {
        using var call = new WatchService.WatchServiceClient(invoker).WatchPageList(new() { MerchantId = merchantId });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
    }

    private async Task StartAsync(params (string Option, string Value)[] options) => service = await Service.StartAsync(
        options.ToDictionary(o => $"Limits:{o.Option}", o => (string?)o.Value),
        services => services.AddInterceptedStore(intercepted => store = intercepted).AddLogging(logging => logging.AddProvider(new FakeLoggerProvider(log))));

    // Lets calls that change a merchant begin and wait for the store.
    private async Task<HeldCalls> HoldCommitsAsync(string merchantId, int count, string transport, CancellationTokenSource? cancellation = null)
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = 0;
        store.Before = method =>
        {
            if (method != nameof(store.CommitAsync))
            {
                return Task.CompletedTask;
            }

            Interlocked.Increment(ref begun);
            return release.Task;
        };
        var plans = new PlanService.PlanServiceClient(Open(transport));
        List<Task> calls = [];
        for (var i = 0; i < count; i++)
        {
            var request = new SetPlanRequest { MerchantId = merchantId, Plan = Plan.Standard, BoughtPages = ++boughtPages };
            calls.Add(plans.SetPlanAsync(request, cancellationToken: cancellation?.Token ?? CancellationToken.None).ResponseAsync);
            await Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref begun) > i));
        }

        return new(release, calls, cancellation);
    }

    private static Task ReleaseAsync(HeldCalls held)
    {
        held.Release.SetResult();
        return Task.WhenAll(held.Calls);
    }

    private CallInvoker Open(string transport)
    {
        var server = (TestServer)service.Services.GetRequiredService<IServer>();
        var channel = GrpcChannel.ForAddress("http://localhost", transport == "gRPC"
            ? new GrpcChannelOptions { HttpHandler = server.CreateHandler() }
            : new GrpcChannelOptions { HttpHandler = new GrpcWebHandler(GrpcWebMode.GrpcWeb, server.CreateHandler()), HttpVersion = new Version(1, 1) });
        channels.Add(channel);
        return channel.CreateCallInvoker();
    }
}
