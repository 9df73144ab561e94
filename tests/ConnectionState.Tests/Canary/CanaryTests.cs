using System.Diagnostics.Metrics;
using ConnectionStateService.Canary;
using ConnectionStateService.Store;
using ConnectionStateService.Telemetry;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace ConnectionStateService.Tests.Canary;

/// <summary>The canary measures the delivery of its own changes, and is in nobody's way.</summary>
public sealed class CanaryTests
{
    private readonly FakeLogger<CanaryService> log = new();

    [Fact]
    public async Task A_measurement_is_a_commit_that_the_canary_sees_on_its_own_watch()
    {
        await using var service = await Service.StartAsync();
        using var delays = Collect<double>(service, "connectionstate.canary.delay");
        using var last = Collect<double>(service, "connectionstate.canary.last_delay");
        using var commits = Collect<long>(service, "connectionstate.commits");
        using var canary = NewCanary(service);

        await canary.MeasureAsync(CancellationToken.None);
        await canary.MeasureAsync(CancellationToken.None);

        Assert.Equal(2, commits.GetMeasurementSnapshot().Count);
        Assert.All(delays.GetMeasurementSnapshot(), delay => Assert.True(delay.Value > 0));
        Assert.Equal(delays.GetMeasurementSnapshot().Select(d => d.Value), last.GetMeasurementSnapshot().Select(d => d.Value));
        Assert.Equal(2, delays.GetMeasurementSnapshot().Count);
        Assert.Empty(log.Collector.GetSnapshot());
    }

    [Fact]
    public async Task The_stream_of_the_canary_counts_against_no_limit_and_in_no_metric()
    {
        await using var service = await Service.StartAsync(new() { ["Watch:Streams"] = "1" });
        using var open = Collect<int>(service, "connectionstate.watch.open");
        using var refused = Collect<long>(service, "connectionstate.watch.refused");
        using var delays = Collect<double>(service, "connectionstate.canary.delay");
        using var deliveries = Collect<double>(service, "connectionstate.watch.delivery.delay");
        using var canary = NewCanary(service);

        await canary.MeasureAsync(CancellationToken.None);
        using var watch = service.Client.Watches.WatchPageList(new WatchPageListRequest { MerchantId = "shop-1" });
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        await canary.MeasureAsync(CancellationToken.None);

        open.RecordObservableInstruments();
        Assert.Equal(1, open.LastMeasurement!.Value);
        Assert.Empty(refused.GetMeasurementSnapshot());
        Assert.Equal(2, delays.GetMeasurementSnapshot().Count);
        Assert.Empty(deliveries.GetMeasurementSnapshot());
    }

    [Fact]
    public async Task A_canary_that_fails_is_counted_and_logged_once_and_goes_on_afterwards()
    {
        InterceptedStore store = null!;
        await using var service = await Service.StartAsync(replace: services => services.AddInterceptedStore(created => store = created));
        using var failures = Collect<long>(service, "connectionstate.canary.failures");
        using var delays = Collect<double>(service, "connectionstate.canary.delay");
        using var canary = NewCanary(service);
        await canary.MeasureAsync(CancellationToken.None);

        store.Before = method => method == nameof(IConnectionStore.CommitAsync)
            ? throw new StoreUnavailableException("an outage")
            : Task.CompletedTask;
        await canary.MeasureAsync(CancellationToken.None);
        await canary.MeasureAsync(CancellationToken.None);
        store.Before = _ => Task.CompletedTask;
        await canary.MeasureAsync(CancellationToken.None);

        Assert.Equal(["NOT_STORED", "NOT_STORED"], failures.GetMeasurementSnapshot().Select(f => f.Tags[TagNames.ErrorType]));
        Assert.Equal([7001, 7002], log.Collector.GetSnapshot().Select(record => record.Id.Id));
        Assert.Equal(2, delays.GetMeasurementSnapshot().Count);
    }

    [Fact]
    public async Task A_change_that_the_watch_does_not_see_is_a_failure()
    {
        InterceptedStore store = null!;
        await using var service = await Service.StartAsync(replace: services => services.AddInterceptedStore(created => store = created));
        using var failures = Collect<long>(service, "connectionstate.canary.failures");
        using var canary = NewCanary(service);
        await canary.MeasureAsync(CancellationToken.None);
        var isStored = false;
        store.Before = method =>
        {
            isStored |= method == nameof(IConnectionStore.CommitAsync);
            return isStored && method == nameof(IConnectionStore.ReadAsync) ? throw new InvalidOperationException("a bug") : Task.CompletedTask;
        };

        await canary.MeasureAsync(CancellationToken.None);

        Assert.Equal("NOT_SEEN", Assert.Single(failures.GetMeasurementSnapshot()).Tags[TagNames.ErrorType]);
        Assert.Equal(LogLevel.Warning, log.LatestRecord.Level);
    }

    [Theory]
    [InlineData(false, null, null)]
    [InlineData(true, "Telemetry:Prometheus", "true")]
    [InlineData(true, "Telemetry:OtlpEndpoint", "http://127.0.0.1:1")]
    [InlineData(true, "Telemetry:Canary", "true")]
    [InlineData(false, "Telemetry:Canary", "false", "Telemetry:Prometheus", "true")]
    public async Task The_canary_runs_if_somebody_reads_its_metrics(bool runs, params string?[] settings)
    {
        var configuration = settings.OfType<string>().Chunk(2).ToDictionary(pair => pair[0], pair => (string?)pair[1]);

        await using var service = await Service.StartAsync(configuration);

        Assert.Equal(runs, service.Services.GetServices<IHostedService>().Any(hosted => hosted is CanaryService));
    }

    private static MetricCollector<T> Collect<T>(Service service, string instrument) where T : struct =>
        new(service.Services.GetRequiredService<IMeterFactory>(), Instruments.MeterName, instrument);

    private CanaryService NewCanary(Service service) => ActivatorUtilities.CreateInstance<CanaryService>(service.Services, log);
}
