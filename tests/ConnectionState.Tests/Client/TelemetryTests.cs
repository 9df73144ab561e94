using System.Diagnostics.Metrics;
using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using Grpc.Core;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace ConnectionStateService.Tests.Client;

/// <summary>What the client logs and measures.</summary>
public sealed class TelemetryTests : WatcherInTest
{
    private readonly FakeLogger logger = new();

    // Meters of the same name are seen process-wide; the factory is the scope of this test's meter.
    private readonly MeterFactory meters = new();

    public TelemetryTests() => (service.Logger, service.Metrics) = (logger, new ClientMetrics(meters, "eu"));

    [Fact]
    public async Task A_watch_logs_when_its_list_is_stale_and_when_it_is_live_again()
    {
        (await WatchAsync()).Snapshot(1).Fail(StatusCode.Unavailable);
        await NextAsync();
        await NextAsync();
        var next = NextAsync();
        (await service.OpenedAsync()).Snapshot(2);
        await next;

        Assert.Equal([LogLevel.Debug, LogLevel.Warning, LogLevel.Information], logger.Collector.GetSnapshot().Select(r => r.Level));
        Assert.StartsWith("The page list of m is stale, reconnecting: ", logger.Collector.GetSnapshot()[1].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watch_that_fails_permanently_logs_an_error()
    {
        (await WatchAsync()).Fail(StatusCode.PermissionDenied);

        await Assert.ThrowsAsync<RpcException>(NextAsync);

        Assert.Equal(LogLevel.Error, logger.LatestRecord.Level);
        Assert.Contains("PermissionDenied", logger.LatestRecord.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Streams_reconnects_and_stale_time_are_measured()
    {
        using var streams = Collect<int>("connectionstate.client.streams");
        using var reconnects = Collect<int>("connectionstate.client.reconnects");
        using var stale = Collect<double>("connectionstate.client.stale.duration");
        (await WatchAsync()).Snapshot(1).Fail(StatusCode.Unavailable);
        await NextAsync();
        await NextAsync();
        var next = NextAsync();
        (await service.OpenedAsync()).Snapshot(2);
        await next;

        Assert.Equal([1, -1, 1], Measured(streams).Select(m => m.Value));
        Assert.Equal("Unavailable", Assert.Single(Measured(reconnects)).Tags["status"]);
        Assert.True(Assert.Single(Measured(stale)).Value > 0);
    }

    [Fact]
    public async Task Questions_and_entries_of_the_cache_are_measured()
    {
        using var requests = Collect<int>("connectionstate.client.cache.requests");
        using var entries = Collect<int>("connectionstate.client.cache.entries");
        await using var cache = service.NewCache(capacity: 1);
        cache.TryGet("m", out _);
        var stream = (await service.OpenedAsync()).Snapshot(1);
        await cache.WaitForAsync("m", _ => true).WaitAsync(Eventually.Patience);
        cache.TryGet("m", out _);
        cache.TryGet("another", out _);
        stream.Fail(StatusCode.Unavailable);
        await Eventually.TrueAsync(() => Task.FromResult(cache.TryGet("m", out var found) && !found.IsLive));
        cache.Forget("m");

        Assert.Equal(["miss", "live", "full"], Measured(requests).Take(3).Select(m => m.Tags["result"]));
        Assert.Equal("stale", Measured(requests)[^1].Tags["result"]);
        Assert.Equal([1, -1], Measured(entries).Select(m => m.Value));
        Assert.Single(logger.Collector.GetSnapshot(), r => r.Level is LogLevel.Warning && r.Message.Contains("cache is full", StringComparison.Ordinal));
    }

    private MetricCollector<T> Collect<T>(string instrument) where T : struct => new(meters, ClientMetrics.MeterName, instrument);

    private static IReadOnlyList<CollectedMeasurement<T>> Measured<T>(MetricCollector<T> collector) where T : struct
    {
        var measurements = collector.GetMeasurementSnapshot();
        Assert.All(measurements, m => Assert.Equal("eu", m.Tags["client"]));
        return measurements;
    }

    private sealed class MeterFactory : IMeterFactory
    {
        public Meter Create(MeterOptions options)
        {
            options.Scope = this;
            return new Meter(options);
        }

        public void Dispose()
        {
            // The meters end with the test.
        }
    }
}
