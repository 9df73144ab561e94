using System.ComponentModel.DataAnnotations;

namespace ConnectionStateService.Telemetry;

/// <summary>The protocols of OTLP.</summary>
public enum OtlpProtocol
{
    /// <summary>gRPC, usually on port 4317.</summary>
    Grpc,

    /// <summary>HTTP with Protobuf, usually on port 4318.</summary>
    HttpProtobuf,
}

/// <summary>
/// Metrics, traces and logs for a collector. Without an endpoint nothing is exported. The standard variables of OpenTelemetry
/// (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c>, <c>OTEL_SERVICE_NAME</c> and others) work too; an option of this section takes precedence. Configuration
/// section <c>Telemetry</c>.
/// </summary>
public sealed class TelemetryOptions : IValidatableObject
{
    /// <summary>Where metrics, traces and logs are sent.</summary>
    /// <value>
    /// The URL of a collector, such as <c>http://collector:4317</c>; over HTTP the path of each signal (<c>/v1/metrics</c>) is added. The default is
    /// none: nothing is sent, unless <c>OTEL_EXPORTER_OTLP_ENDPOINT</c> is set.
    /// </value>
    public string? OtlpEndpoint { get; set; }

    /// <summary>The protocol of <c>OtlpEndpoint</c>.</summary>
    /// <value><c>Grpc</c> or <c>HttpProtobuf</c>. The default is <c>OTEL_EXPORTER_OTLP_PROTOCOL</c>, or Grpc.</value>
    public OtlpProtocol? OtlpProtocol { get; set; }

    /// <summary>Whether metrics are sent to the collector.</summary>
    /// <value>true or false. The default is true.</value>
    public bool Metrics { get; set; } = true;

    /// <summary>Whether traces are sent to the collector.</summary>
    /// <value>true or false. The default is true.</value>
    public bool Traces { get; set; } = true;

    /// <summary>Whether logs are sent to the collector, beside standard output.</summary>
    /// <value>true or false. The default is true.</value>
    public bool Logs { get; set; } = true;

    /// <summary>
    /// The share of traces that is recorded among those that begin in the service. A call that belongs to a trace of its caller is recorded if the
    /// caller records it.
    /// </summary>
    /// <value>0 to 1. The default is <c>OTEL_TRACES_SAMPLER</c>, or 0.01.</value>
    [Range(0.0, 1.0)]
    public double? TraceRatio { get; set; }

    /// <summary>Whether <c>/metrics</c> on the HTTP port answers scrapes of Prometheus.</summary>
    /// <value>true or false. The default is false.</value>
    public bool Prometheus { get; set; }

    /// <summary>
    /// Whether the process commits a change of a merchant of its own every 10 seconds and watches it, to measure how late changes are delivered.
    /// </summary>
    /// <value>true, false, or empty: true if metrics are sent or scraped. The default is empty.</value>
    public bool? Canary { get; set; }

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!string.IsNullOrEmpty(OtlpEndpoint)
            && !(Uri.TryCreate(OtlpEndpoint, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"))
        {
            yield return new ValidationResult(
                $"The field {nameof(OtlpEndpoint)} must be a URL, such as http://collector:4317.", [nameof(OtlpEndpoint)]);
        }
    }
}
