using OpenTelemetry.Exporter;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ConnectionStateService.Telemetry.Export;

/// <summary>Registers OpenTelemetry as far as it is configured. Without configuration nothing listens to metrics and spans, and they cost nothing.</summary>
internal static class TelemetryExport
{
    // The calls of the service are connectionstate.call.duration, so the meter of ASP.NET's requests would only repeat them.
    private static readonly string[] Meters = [Instruments.MeterName, "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime"];

    public static void AddTelemetryExport(this IServiceCollection services, ExportSettings settings, string version)
    {
        if (settings is { HasMetrics: false, SendsTraces: false, SendsLogs: false })
        {
            return;
        }

        // The variables again, so that OTEL_SERVICE_NAME takes precedence.
        var telemetry = services.AddOpenTelemetry().ConfigureResource(resource => resource
            .AddService("connectionstate", serviceVersion: version)
            .AddEnvironmentVariableDetector());
        if (settings.HasMetrics)
        {
            telemetry.WithMetrics(metrics => AddMetrics(metrics, settings));
        }

        if (settings.SendsTraces)
        {
            telemetry.WithTracing(tracing => tracing
                .AddSource(Tracing.SourceName)
                .SetSampler(new AlwaysOnSampler())
                .AddOtlpExporter(otlp => Configure(otlp, settings.Options, "v1/traces")));
        }

        if (settings.SendsLogs)
        {
            telemetry.WithLogging(
                logging => logging.AddProcessor(new EventIdProcessor()).AddOtlpExporter(otlp => Configure(otlp, settings.Options, "v1/logs")),
                options => options.IncludeFormattedMessage = true);
        }
    }

    private static void AddMetrics(MeterProviderBuilder metrics, ExportSettings settings)
    {
        // The queued requests are the streams of HTTP/2 that wait for a thread: always about none, for two measurements per call.
        metrics.AddMeter(Meters).AddView("kestrel.queued_requests", MetricStreamConfiguration.Drop);
        if (settings.SendsMetrics)
        {
            metrics.AddOtlpExporter(otlp => Configure(otlp, settings.Options, "v1/metrics"));
        }

        if (settings.Options.Prometheus)
        {
            metrics.AddPrometheusExporter();
        }
    }

    // Options that are not set are those of the variables.
    private static void Configure(OtlpExporterOptions otlp, TelemetryOptions options, string path)
    {
        if (options.OtlpProtocol is { } protocol)
        {
            otlp.Protocol = protocol is OtlpProtocol.Grpc ? OtlpExportProtocol.Grpc : OtlpExportProtocol.HttpProtobuf;
        }

        if (!string.IsNullOrEmpty(options.OtlpEndpoint))
        {
            // The exporter adds the path only to an endpoint that it has from the variables.
            var endpoint = options.OtlpEndpoint.TrimEnd('/');
            otlp.Endpoint = new Uri(otlp.Protocol == OtlpExportProtocol.Grpc ? endpoint : $"{endpoint}/{path}");
        }
    }
}
