using ConnectionStateService.Hosting;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Watch;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace ConnectionStateService.Tests.Hosting;

/// <summary>Readiness: the store is checked at an interval, and callers of the health endpoints get the last result.</summary>
public sealed class StoreHealthCheckTests
{
    [Fact]
    public async Task Readiness_and_gRPC_health_follow_the_last_check_of_the_store()
    {
        await using var service = await Service.StartAsync();
        using var channel = service.NewChannel();
        using var http = service.NewHttpClient();
        Assert.Equal((200, "ready"), await GetAsync(http, "/health/ready"));

        await ((IAsyncDisposable)service.Store).DisposeAsync();
        Assert.Equal((200, "ready"), await GetAsync(http, "/health/ready"));
        await Check(service).CheckStoreAsync(CancellationToken.None);

        Assert.Equal((503, "not ready: the store does not answer"), await GetAsync(http, "/health/ready"));
        Assert.Equal((200, "live"), await GetAsync(http, "/health/live"));
        foreach (var name in new[] { "", "connectionstate.v1.PageService" })
        {
            Assert.Equal(ServingStatus.NotServing, (await new Health.HealthClient(channel).CheckAsync(new() { Service = name })).Status);
        }
    }

    [Fact]
    public async Task Health_Watch_sends_NOT_SERVING_when_a_check_of_the_store_fails()
    {
        await using var service = await Service.StartAsync();
        using var channel = service.NewChannel();
        using var watch = new Health.HealthClient(channel).Watch(new());
        Assert.Equal(ServingStatus.Serving, await NextAsync(watch));

        await ((IAsyncDisposable)service.Store).DisposeAsync();
        await Check(service).CheckStoreAsync(CancellationToken.None);

        // The status may be sent again when nothing has changed.
        ServingStatus status;
        do
        {
            status = await NextAsync(watch);
        }
        while (status == ServingStatus.Serving);

        Assert.Equal(ServingStatus.NotServing, status);
    }

    [Fact]
    public async Task Health_Watch_ends_with_NOT_SERVING_when_the_service_stops()
    {
        await using var service = await Service.StartAsync();
        using var channel = service.NewChannel();
        using var watch = new Health.HealthClient(channel).Watch(new());
        var last = await NextAsync(watch);

        await service.StopAsync();
        while (await watch.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Eventually.Patience))
        {
            last = watch.ResponseStream.Current.Status;
        }

        Assert.Equal(ServingStatus.NotServing, last);
    }

    [Fact]
    public async Task Callers_of_the_health_endpoints_do_not_cause_checks_of_the_store()
    {
        var checks = 0;
        await using var service = await Service.StartAsync(
            new() { ["Health:CheckInterval"] = "00:05:00" },
            services => AddStore(services, () => checks++));
        using var channel = service.NewChannel();
        using var http = service.NewHttpClient();
        Assert.Equal(1, checks);

        using var watch = new Health.HealthClient(channel).Watch(new());
        await NextAsync(watch);
        for (var call = 0; call < 20; call++)
        {
            await GetAsync(http, "/health/ready");
            await new Health.HealthClient(channel).CheckAsync(new());
        }

        Assert.Equal(1, checks);
    }

    [Fact]
    public async Task Readiness_is_503_and_NOT_SERVING_as_soon_as_the_service_begins_to_stop()
    {
        await using var service = await Service.StartAsync();
        using var channel = service.NewChannel();
        using var http = service.NewHttpClient();
        var during = new TaskCompletionSource<((int, string), ServingStatus)>(TaskCreationOptions.RunContinuationsAsynchronously);

        service.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(() => during.SetResult((
            GetAsync(http, "/health/ready").GetAwaiter().GetResult(),
            new Health.HealthClient(channel).Check(new()).Status)));
        await service.StopAsync();

        Assert.Equal(((503, "not ready: the service is stopping"), ServingStatus.NotServing), await during.Task);
    }

    [Fact]
    public async Task A_failed_check_is_logged_once_and_so_is_the_recovery()
    {
        var fails = false;
        var logger = new FakeLogger<StoreHealthCheck>();
        await using var service = await Service.StartAsync(replace: services => AddStore(
            services.AddSingleton<ILogger<StoreHealthCheck>>(logger),
            () => _ = fails ? throw new StoreUnavailableException("The disk is full.") : true));
        foreach (var outcome in new[] { true, true, false, false })
        {
            fails = outcome;
            await Check(service).CheckStoreAsync(CancellationToken.None);
        }

        Assert.Collection(
            logger.Collector.GetSnapshot(),
            record => Assert.StartsWith("Not ready: the check of the store failed after ", record.Message, StringComparison.Ordinal),
            record => Assert.Equal("Ready again: the store answers.", record.Message));
    }

    [Fact]
    public async Task The_store_is_checked_at_the_start_and_then_at_every_interval()
    {
        var (clock, checks, answer) = (new RecordingClock(), 0, Task.CompletedTask);
        using var check = NewCheck(clock, new HealthOptions { CheckInterval = TimeSpan.FromSeconds(7) }, () =>
        {
            checks++;
            return answer;
        });
        await check.StartAsync(CancellationToken.None);
        Assert.Equal((1, HealthStatus.Healthy), (checks, await StatusAsync(check)));

        // The first timer is the timeout of the first check.
        Assert.Equal(TimeSpan.FromSeconds(7), await clock.TimerAsync(2));
        answer = Task.FromException(new StoreUnavailableException("The disk is full."));
        clock.Advance(TimeSpan.FromSeconds(7));
        await Eventually.TrueAsync(async () => await StatusAsync(check) == HealthStatus.Unhealthy);
        answer = Task.CompletedTask;
        clock.Advance(TimeSpan.FromSeconds(7));
        await Eventually.TrueAsync(async () => await StatusAsync(check) == HealthStatus.Healthy);

        Assert.Equal(3, checks);
        await check.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_within_the_timeout_is_not_ready_even_if_it_ignores_the_cancellation()
    {
        var clock = new RecordingClock();
        using var check = NewCheck(
            clock, new HealthOptions { CheckTimeout = TimeSpan.FromSeconds(3) }, () => new TaskCompletionSource().Task);

        var checking = check.CheckStoreAsync(CancellationToken.None);
        Assert.Equal(TimeSpan.FromSeconds(3), await clock.TimerAsync(1));
        clock.Advance(TimeSpan.FromSeconds(3));

        await checking.WaitAsync(Eventually.Patience);
        Assert.Equal(HealthStatus.Unhealthy, await StatusAsync(check));
    }

    private static StoreHealthCheck NewCheck(TimeProvider clock, HealthOptions options, Func<Task> checkStore) => new(
        new CheckedStore(checkStore),
        Options.Create(options),
        new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance),
        clock,
        NullLogger<StoreHealthCheck>.Instance);

    private static async Task<HealthStatus> StatusAsync(StoreHealthCheck check) =>
        (await check.CheckHealthAsync(new HealthCheckContext())).Status;

    private static IServiceCollection AddStore(IServiceCollection services, Action beforeCheck) =>
        services.AddSingleton<IConnectionStore>(provider => new InterceptedStore(ActivatorUtilities.CreateInstance<SqliteStore>(provider))
        {
            Before = method =>
            {
                if (method == nameof(IConnectionStore.CheckAsync))
                {
                    beforeCheck();
                }

                return Task.CompletedTask;
            },
        });

    private static StoreHealthCheck Check(Service service) => service.Services.GetRequiredService<StoreHealthCheck>();

    private static async Task<(int Status, string Text)> GetAsync(HttpClient http, string path)
    {
        using var response = await http.GetAsync(new Uri(path, UriKind.Relative));
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static async Task<ServingStatus> NextAsync(AsyncServerStreamingCall<HealthCheckResponse> watch)
    {
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        return watch.ResponseStream.Current.Status;
    }

    private sealed class CheckedStore(Func<Task> check) : IStoreLifecycle
    {
        public string Description => "checked by the test";

        public Task OpenAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task CheckAsync(CancellationToken cancellationToken) => check();
    }
}
