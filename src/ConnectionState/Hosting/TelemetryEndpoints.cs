using ConnectionStateService.Canary;
using ConnectionStateService.Telemetry.Export;

namespace ConnectionStateService.Hosting;

/// <summary>Exports metrics, traces and logs, and measures the delivery of changes, as configured in section <c>Telemetry</c>.</summary>
internal static class TelemetryEndpoints
{
    private const string MetricsPath = "/metrics";

    /// <summary>Adds what is configured.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        var settings = ExportSettings.Read(configuration);
        services.AddSingleton(settings);
        services.AddSingleton(TraceSamplers.Create(settings.Options.TraceRatio, configuration));
        services.AddTelemetryExport(settings, Usage.Version);
        if (settings.HasCanary)
        {
            services.AddHostedService<CanaryService>();
        }

        return services;
    }

    /// <summary>Maps the endpoint for Prometheus, if it is configured.</summary>
    public static void MapTelemetry(this WebApplication app)
    {
        if (app.Services.GetService<ExportSettings>() is { Options.Prometheus: true })
        {
            app.MapPrometheusScrapingEndpoint(MetricsPath);
        }
    }
}
