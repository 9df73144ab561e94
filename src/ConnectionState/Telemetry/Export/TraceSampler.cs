using System.Diagnostics;
using System.Globalization;
using OpenTelemetry.Trace;

namespace ConnectionStateService.Telemetry.Export;

/// <summary>
/// Decides which traces are recorded. A span that is linked to a recorded one is recorded: the delivery of a change, if the call that caused it was.
/// </summary>
internal sealed class TraceSampler(Sampler others) : Sampler
{
    private const double DefaultRatio = 0.01;

    /// <summary>Creates the sampler from the option, or from the standard variables of OpenTelemetry.</summary>
    public static TraceSampler Create(double? ratio, IConfiguration configuration) => new(ratio is { } share
        ? new ParentBasedSampler(new TraceIdRatioBasedSampler(share))
        : FromVariables(configuration["OTEL_TRACES_SAMPLER"], configuration["OTEL_TRACES_SAMPLER_ARG"]));

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        IsLinked(samplingParameters.Links) ? new SamplingResult(SamplingDecision.RecordAndSample) : others.ShouldSample(samplingParameters);

    private static Sampler FromVariables(string? sampler, string? argument)
    {
        var ratio = double.TryParse(argument, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) && parsed is >= 0 and <= 1 ? parsed : 1;
        return sampler switch
        {
            "always_on" => new AlwaysOnSampler(),
            "always_off" => new AlwaysOffSampler(),
            "traceidratio" => new TraceIdRatioBasedSampler(ratio),
            "parentbased_always_on" => new ParentBasedSampler(new AlwaysOnSampler()),
            "parentbased_always_off" => new ParentBasedSampler(new AlwaysOffSampler()),
            "parentbased_traceidratio" => new ParentBasedSampler(new TraceIdRatioBasedSampler(ratio)),
            _ => new ParentBasedSampler(new TraceIdRatioBasedSampler(DefaultRatio)),
        };
    }

    private static bool IsLinked(IEnumerable<ActivityLink>? links) =>
        links?.Any(link => link.Context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded)) == true;
}
