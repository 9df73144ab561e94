using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Telemetry.Otlp;
using ConnectionStateService.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace ConnectionStateService.Tests.Telemetry;

/// <summary>What a collector receives from the service.</summary>
public sealed class OtlpExportTests
{
    private const string GetPageList = "connectionstate.v1.PageService/GetPageList";
    private const string SetPlan = "connectionstate.v1.PlanService/SetPlan";

    [Fact]
    public async Task A_collector_receives_metrics_traces_and_logs_over_gRPC()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        await using var service = await Service.StartAsync(new()
        {
            ["Telemetry:OtlpEndpoint"] = collector.GrpcAddress,
            ["OTEL_SERVICE_NAME"] = "pages-eu",
        }, listens: true);

        await ExerciseAsync(service);

        await AssertReceivedAsync(service, collector);
        Assert.Contains(collector.Resources, r => Text(r.Attributes, "service.name") == "pages-eu");
        Assert.Contains(collector.Resources, r => Text(r.Attributes, "service.version") == ConnectionStateService.Hosting.Usage.Version);
        Assert.NotEmpty(Named(collector, "kestrel.active_connections"));
        Assert.Empty(Named(collector, "kestrel.queued_requests"));
    }

    [Fact]
    public async Task The_standard_variables_alone_are_enough_and_HTTP_works_too()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        await using var service = await Service.StartAsync(new()
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.HttpAddress,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        });

        await ExerciseAsync(service);

        await AssertReceivedAsync(service, collector);
        Assert.Contains(collector.Resources, r => Text(r.Attributes, "service.name") == "connectionstate");
    }

    [Fact]
    public async Task Signals_can_be_switched_off_one_by_one()
    {
        await using var collector = await OtlpReceiver.StartAsync();
        await using var service = await Service.StartAsync(new()
        {
            ["Telemetry:OtlpEndpoint"] = collector.HttpAddress,
            ["Telemetry:OtlpProtocol"] = "HttpProtobuf",
            ["Telemetry:Metrics"] = "false",
            ["Telemetry:Traces"] = "false",
        });

        await Eventually.TrueAsync(() =>
        {
            service.Services.GetRequiredService<LoggerProvider>().ForceFlush();
            return Task.FromResult(collector.Logs.Any());
        });

        Assert.Null(service.Services.GetService<MeterProvider>());
        Assert.Null(service.Services.GetService<TracerProvider>());
        Assert.Empty(collector.Metrics);
        Assert.Empty(collector.Spans);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("OTEL_SDK_DISABLED", "true")]
    public async Task Without_configuration_nothing_is_exported(string? disabled, string? value)
    {
        await using var service = await Service.StartAsync(disabled is null
            ? []
            : new() { [disabled] = value, ["Telemetry:OtlpEndpoint"] = "http://127.0.0.1:1", ["Telemetry:Prometheus"] = "true" });

        Assert.Null(service.Services.GetService<MeterProvider>());
        Assert.Null(service.Services.GetService<TracerProvider>());
        Assert.Null(service.Services.GetService<LoggerProvider>());
        using var http = service.NewHttpClient();
        Assert.Equal(System.Net.HttpStatusCode.NotFound, (await http.GetAsync(new Uri("/metrics", UriKind.Relative))).StatusCode);
    }

    // A watch, a recorded change that it sees, a call that is not recorded, a refused call.
    private static async Task ExerciseAsync(Service service)
    {
        using var watch = service.Client.Watches.WatchPageList(new WatchPageListRequest { MerchantId = "shop-1" });
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        var plan = new SetPlanRequest { MerchantId = "shop-1", Plan = Plan.Standard, BoughtPages = 2 };
        await service.Client.Plans.SetPlanAsync(plan, new Metadata { { "traceparent", Caller.Recorded } });
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        await service.Client.Pages.GetPageListAsync(new() { MerchantId = "shop-1" }, new Metadata { { "traceparent", Caller.NotRecorded } });
        await Assert.ThrowsAsync<RpcException>(() => service.Client.Pages.GetConnectionAsync(
            new() { MerchantId = "shop-1", Page = ApiMerchant.A }).ResponseAsync);
    }

    private static async Task AssertReceivedAsync(Service service, OtlpReceiver collector)
    {
        // A span ends after its response is sent, and a metric is recorded then.
        await Eventually.TrueAsync(() =>
        {
            service.Services.GetRequiredService<MeterProvider>().ForceFlush();
            service.Services.GetRequiredService<TracerProvider>().ForceFlush();
            service.Services.GetRequiredService<LoggerProvider>().ForceFlush();
            return Task.FromResult(
                collector.Spans.Any(span => span.Name == SetPlan && Hex(span.TraceId) == Caller.TraceId)
                && collector.Spans.Any(span => span.Links.Any(link => Hex(link.TraceId) == Caller.TraceId))
                && collector.Metrics.Any(metric => metric.Name == "connectionstate.watch.delivery.delay")
                && collector.Logs.Any());
        });
        AssertMetrics(collector);
        AssertSpans(collector);

        var started = collector.Logs.First(log => log.Attributes.Any(a => a.Key == "connectionstate.event.id" && a.Value.IntValue == 1001));
        Assert.Contains("serves gRPC on", started.Body.StringValue, StringComparison.Ordinal);
    }

    // Services of other tests in this process have the same instruments, and are exported too.
    private static void AssertMetrics(OtlpReceiver collector)
    {
        Assert.All(Named(collector, "connectionstate.call.duration"), metric => Assert.Equal("s", metric.Unit));
        Assert.Contains(Named(collector, "connectionstate.call.duration").SelectMany(m => m.Histogram.DataPoints), point =>
            Text(point.Attributes, "rpc.method") == GetPageList && Text(point.Attributes, "rpc.response.status_code") == "OK" && point.Count > 0);
        Assert.Contains(Named(collector, "connectionstate.refusals").SelectMany(m => m.Sum.DataPoints), point =>
            Text(point.Attributes, "error.type") == "CONNECTION_NOT_FOUND" && point.AsInt > 0);
        Assert.Contains(Named(collector, "connectionstate.commits").SelectMany(m => m.Sum.DataPoints), point =>
            Text(point.Attributes, "connectionstate.store") == "EMBEDDED" && Text(point.Attributes, "connectionstate.outcome") == "STORED");
        Assert.All(Named(collector, "connectionstate.watch.delivery.delay").SelectMany(m => m.Histogram.DataPoints), point =>
            Assert.Contains(0.05, point.ExplicitBounds));
        Assert.NotEmpty(Named(collector, "connectionstate.watch.open"));
        Assert.NotEmpty(Named(collector, "dotnet.gc.collections"));
    }

    private static List<Otlp.Metric> Named(OtlpReceiver collector, string name) => [.. collector.Metrics.Where(metric => metric.Name == name)];

    // The call has the caller's trace; the delivery is linked to it, although the watch belongs to no recorded trace.
    private static void AssertSpans(OtlpReceiver collector)
    {
        var call = collector.Spans.First(span => span.Name == SetPlan && Hex(span.TraceId) == Caller.TraceId);
        Assert.Equal(Caller.TraceId, Hex(call.TraceId));
        Assert.Equal(Caller.SpanId, Hex(call.ParentSpanId));
        Assert.Equal("OK", Text(call.Attributes, "rpc.response.status_code"));
        var command = collector.Spans.First(span => span.Name == "SetPlan" && span.ParentSpanId == call.SpanId);
        Assert.Equal("shop-1", Text(command.Attributes, "connectionstate.merchant_id"));
        var delivery = collector.Spans.First(span => span.Name == "connectionstate.deliver" && span.Links.Any(link => Hex(link.TraceId) == Caller.TraceId));
        Assert.Equal(command.SpanId, Assert.Single(delivery.Links).SpanId);
        Assert.NotEqual(Caller.TraceId, Hex(delivery.TraceId));
        Assert.DoesNotContain(collector.Spans, span => Hex(span.TraceId) == Caller.OtherTraceId);
    }

    private static string? Text(IEnumerable<KeyValue> attributes, string key) => attributes.FirstOrDefault(a => a.Key == key)?.Value.StringValue;

    private static string Hex(ByteString bytes) => Convert.ToHexStringLower(bytes.Span);

    /// <summary>The trace contexts that callers send.</summary>
    private static class Caller
    {
        public const string TraceId = "4bf92f3577b34da6a3ce929d0e0e4736";
        public const string SpanId = "00f067aa0ba902b7";
        public const string Recorded = $"00-{TraceId}-{SpanId}-01";
        public const string OtherTraceId = "0af7651916cd43dd8448eb211c80319c";
        public const string NotRecorded = $"00-{OtherTraceId}-b7ad6b7169203331-00";
    }
}
