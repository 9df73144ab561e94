using System.Collections.Concurrent;
using System.Net;
using System.Text;
using ConnectionStateService.Tests.Telemetry.Otlp;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ConnectionStateService.Tests.Telemetry;

/// <summary>A collector that keeps what it receives by OTLP, over gRPC on one port and over HTTP on another.</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<IMessage> received;

    private OtlpReceiver(WebApplication app, ConcurrentQueue<IMessage> received) => (this.app, this.received) = (app, received);

    public string GrpcAddress => Addresses[0];

    public string HttpAddress => Addresses[1];

    /// <summary>All requests, with the fields that this project does not know, as text.</summary>
    public string Text => string.Join('\n', received.Select(message => Encoding.UTF8.GetString(message.ToByteArray())));

    public IEnumerable<Resource> Resources => All<ExportMetricsServiceRequest>().SelectMany(r => r.ResourceMetrics).Select(r => r.Resource)
        .Concat(All<ExportTraceServiceRequest>().SelectMany(r => r.ResourceSpans).Select(r => r.Resource))
        .Concat(All<ExportLogsServiceRequest>().SelectMany(r => r.ResourceLogs).Select(r => r.Resource));

    public IEnumerable<Metric> Metrics => All<ExportMetricsServiceRequest>().SelectMany(r => r.ResourceMetrics)
        .SelectMany(r => r.ScopeMetrics).SelectMany(s => s.Metrics);

    public IEnumerable<Span> Spans => All<ExportTraceServiceRequest>().SelectMany(r => r.ResourceSpans).SelectMany(r => r.ScopeSpans).SelectMany(s => s.Spans);

    public IEnumerable<LogRecord> Logs => All<ExportLogsServiceRequest>().SelectMany(r => r.ResourceLogs)
        .SelectMany(r => r.ScopeLogs).SelectMany(s => s.LogRecords);

    private string[] Addresses => [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses];

    public static async Task<OtlpReceiver> StartAsync()
    {
        var received = new ConcurrentQueue<IMessage>();
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, port => port.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, port => port.Protocols = HttpProtocols.Http1);
        });
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(received);
        var app = builder.Build();
        app.MapGrpcService<Metering>();
        app.MapGrpcService<Tracing>();
        app.MapGrpcService<Logging>();
        app.MapPost("/v1/metrics", context => ReceiveAsync(context, ExportMetricsServiceRequest.Parser, received));
        app.MapPost("/v1/traces", context => ReceiveAsync(context, ExportTraceServiceRequest.Parser, received));
        app.MapPost("/v1/logs", context => ReceiveAsync(context, ExportLogsServiceRequest.Parser, received));
        await app.StartAsync();
        return new OtlpReceiver(app, received);
    }

    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private IEnumerable<T> All<T>() => received.OfType<T>();

    private static async Task ReceiveAsync(HttpContext context, MessageParser parser, ConcurrentQueue<IMessage> received)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        received.Enqueue(parser.ParseFrom(body.ToArray()));
        context.Response.ContentType = "application/x-protobuf";
    }

    private sealed class Metering(ConcurrentQueue<IMessage> received) : MetricsService.MetricsServiceBase
    {
        public override Task<ExportMetricsServiceResponse> Export(ExportMetricsServiceRequest request, ServerCallContext context)
        {
            received.Enqueue(request);
            return Task.FromResult(new ExportMetricsServiceResponse());
        }
    }

    private sealed class Tracing(ConcurrentQueue<IMessage> received) : TraceService.TraceServiceBase
    {
        public override Task<ExportTraceServiceResponse> Export(ExportTraceServiceRequest request, ServerCallContext context)
        {
            received.Enqueue(request);
            return Task.FromResult(new ExportTraceServiceResponse());
        }
    }

    private sealed class Logging(ConcurrentQueue<IMessage> received) : LogsService.LogsServiceBase
    {
        public override Task<ExportLogsServiceResponse> Export(ExportLogsServiceRequest request, ServerCallContext context)
        {
            received.Enqueue(request);
            return Task.FromResult(new ExportLogsServiceResponse());
        }
    }
}
