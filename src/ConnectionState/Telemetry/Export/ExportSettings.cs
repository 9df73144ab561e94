using System.ComponentModel.DataAnnotations;

namespace ConnectionStateService.Telemetry.Export;

/// <summary>What is exported, from section <c>Telemetry</c> and the standard variables of OpenTelemetry.</summary>
/// <param name="Options">The section.</param>
/// <param name="SendsMetrics">Whether metrics are sent to a collector.</param>
/// <param name="SendsTraces">Whether traces are sent to a collector.</param>
/// <param name="SendsLogs">Whether logs are sent to a collector.</param>
internal sealed record ExportSettings(TelemetryOptions Options, bool SendsMetrics, bool SendsTraces, bool SendsLogs)
{
    private const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const string Disabled = "OTEL_SDK_DISABLED";

    public bool HasMetrics => SendsMetrics || Options.Prometheus;

    /// <summary>Whether the canary runs.</summary>
    public bool HasCanary => Options.Canary ?? HasMetrics;

    /// <summary>Reads the settings. What is invalid exports nothing: the validation at start reports it, with the errors of all other options.</summary>
    public static ExportSettings Read(IConfiguration configuration)
    {
        var options = ReadOptions(configuration);
        var isEnabled = !(bool.TryParse(configuration[Disabled], out var disabled) && disabled);
        bool Sends(bool isOn, string signal) => isEnabled && isOn && HasEndpoint(options, configuration, signal);
        return new(
            isEnabled ? options : new TelemetryOptions { Canary = options.Canary ?? false },
            Sends(options.Metrics, "METRICS"),
            Sends(options.Traces, "TRACES"),
            Sends(options.Logs, "LOGS"));
    }

    private static bool HasEndpoint(TelemetryOptions options, IConfiguration configuration, string signal) =>
        !string.IsNullOrEmpty(options.OtlpEndpoint)
        || !string.IsNullOrEmpty(configuration[Endpoint])
        || !string.IsNullOrEmpty(configuration[Endpoint.Replace("OTLP_", $"OTLP_{signal}_", StringComparison.Ordinal)]);

    private static TelemetryOptions ReadOptions(IConfiguration configuration)
    {
        try
        {
            var options = configuration.GetSection("Telemetry").Get<TelemetryOptions>() ?? new TelemetryOptions();
            return Validator.TryValidateObject(options, new ValidationContext(options), [], validateAllProperties: true) ? options : new TelemetryOptions();
        }
        catch (InvalidOperationException)
        {
            return new TelemetryOptions();
        }
    }
}
