using System.Diagnostics.Metrics;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Telemetry;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Proto = ConnectionStateService.V1;

namespace ConnectionStateService.Tests.Telemetry;

/// <summary>What the instruments of the service say about calls, commits, deliveries and deadlines.</summary>
public sealed class MeasurementTests
{
    private static readonly PageRef Page = new(Provider.Facebook, "page-1");

    [Fact]
    public async Task The_delay_of_a_delivery_is_from_the_time_of_its_commit_to_its_message_on_the_stream()
    {
        InterceptedStore store = null!;
        await using var service = await Service.StartAsync(replace: services => services.AddInterceptedStore(created => store = created));
        using var delays = Collect<double>(service, "connectionstate.watch.delivery.delay");
        using var watch = service.Client.Watches.WatchPageList(new Proto.WatchPageListRequest { MerchantId = "shop-1" });
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));

        // The feed reads the history once after the commit.
        store.Before = method =>
        {
            if (method == nameof(IConnectionStore.ReadCommitsAsync))
            {
                service.Clock.Advance(TimeSpan.FromMilliseconds(30));
            }

            return Task.CompletedTask;
        };
        await SetPlanAsync(service, boughtPages: 1);
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));

        await delays.WaitForMeasurementsAsync(1, Eventually.Patience);
        Assert.Equal([0.03], delays.GetMeasurementSnapshot().Select(delay => delay.Value));
    }

    [Fact]
    public async Task What_a_resumed_stream_has_missed_was_not_delivered_late()
    {
        await using var service = await Service.StartAsync();
        using var delays = Collect<double>(service, "connectionstate.watch.delivery.delay");
        var request = new Proto.WatchPageListRequest { MerchantId = "shop-1" };
        using (var watch = service.Client.Watches.WatchPageList(request))
        {
            Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
            request.ResumeToken = watch.ResponseStream.Current.ResumeToken;
        }

        await SetPlanAsync(service, boughtPages: 1);
        service.Clock.Advance(TimeSpan.FromHours(1));
        using var resumed = service.Client.Watches.WatchPageList(request);
        Assert.True(await resumed.ResponseStream.MoveNext(CancellationToken.None));
        Assert.NotNull(resumed.ResponseStream.Current.Changes);
        await SetPlanAsync(service, boughtPages: 2);
        Assert.True(await resumed.ResponseStream.MoveNext(CancellationToken.None));

        await delays.WaitForMeasurementsAsync(1, Eventually.Patience);
        Assert.Equal([0], delays.GetMeasurementSnapshot().Select(delay => delay.Value));
    }

    [Fact]
    public async Task The_lag_of_the_timer_is_from_the_deadline_to_the_commit()
    {
        await using var engine = await Engine.StartAsync();
        await engine.ConnectAsync("shop-1", Page, engine.Clock.GetUtcNow() + TimeSpan.FromDays(60));
        await engine.ProcessAfterAsync(TimeSpan.FromDays(59));
        using var lags = engine.CollectDurations("connectionstate.timer.lag");

        await engine.ProcessAfterAsync(TimeSpan.FromDays(1) + TimeSpan.FromSeconds(5));

        Assert.Equal(State.Expired, await engine.StateAsync("shop-1", Page));
        Assert.Equal(5, lags.GetMeasurementSnapshot()[0].Value);
    }

    [Fact]
    public async Task Transitions_are_counted_by_provider_states_and_cause()
    {
        await using var service = await Service.StartAsync();
        using var transitions = Collect<long>(service, "connectionstate.transitions");
        var merchant = service.NewMerchant();

        await merchant.ConnectAsync(ApiMerchant.Oa);
        await merchant.ReportAsync(ApiMerchant.Oa, Proto.Signal.PermissionRevoked);

        Assert.Equal(
            ["ZALO NONE PENDING NONE", "ZALO PENDING CONNECTED NONE", "ZALO CONNECTED REVOKED PERMISSION_REVOKED"],
            transitions.GetMeasurementSnapshot().Select(t =>
                $"{t.Tags[TagNames.Provider]} {t.Tags[TagNames.From]} {t.Tags[TagNames.To]} {t.Tags[TagNames.Cause]}"));
    }

    [Fact]
    public async Task A_failing_store_is_counted_as_an_error_a_failed_commit_and_a_refusal()
    {
        await using var service = await Service.StartAsync();
        using var errors = Collect<long>(service, "connectionstate.store.errors");
        using var commits = Collect<long>(service, "connectionstate.commits");
        using var refusals = Collect<long>(service, "connectionstate.refusals");
        await SetPlanAsync(service, boughtPages: 1);
        File.Delete(service.Database);

        await Assert.ThrowsAsync<RpcException>(() => SetPlanAsync(service, boughtPages: 2));

        Assert.Equal("EMBEDDED", errors.GetMeasurementSnapshot()[0].Tags[TagNames.Store]);
        Assert.Equal(["STORED", "FAILED"], commits.GetMeasurementSnapshot().Select(c => c.Tags[TagNames.Outcome]));
        var refusal = Assert.Single(refusals.GetMeasurementSnapshot());
        Assert.Equal("STORE_UNAVAILABLE", refusal.Tags[TagNames.ErrorType]);
        Assert.Equal("connectionstate.v1.PlanService/SetPlan", refusal.Tags[TagNames.Method]);
    }

    private static async Task SetPlanAsync(Service service, int boughtPages) => await service.Client.Plans.SetPlanAsync(
        new() { MerchantId = "shop-1", Plan = Proto.Plan.Standard, BoughtPages = boughtPages });

    private static MetricCollector<T> Collect<T>(Service service, string instrument) where T : struct =>
        new(service.Services.GetRequiredService<IMeterFactory>(), Instruments.MeterName, instrument);
}
