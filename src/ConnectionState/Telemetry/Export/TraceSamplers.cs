using System.Diagnostics;
using System.Globalization;
using OpenTelemetry.Trace;

namespace ConnectionStateService.Telemetry.Export;

/// <summary>The sampling that is configured by <see cref="TelemetryOptions.TraceRatio"/> or by the standard variables of OpenTelemetry.</summary>
internal static class TraceSamplers
{
    private const double DefaultRatio = 0.01;

    /// <summary>Reads the option; the variables if it is not set.</summary>
    public static TraceSampling Create(double? ratio, IConfiguration configuration) => ratio is { } share
        ? FollowingCallers(share)
        : FromVariables(configuration["OTEL_TRACES_SAMPLER"], configuration["OTEL_TRACES_SAMPLER_ARG"]);

    private static TraceSampling FromVariables(string? sampler, string? argument)
    {
        var share = double.TryParse(argument, NumberStyles.Float, CultureInfo.InvariantCulture, out var parsed) && parsed is >= 0 and <= 1 ? parsed : 1;
        return sampler switch
        {
            "always_on" => new(1, _ => true),
            "always_off" => new(0, _ => false),
            "traceidratio" => ByTraceId(share),
            "parentbased_always_on" => FollowingCallers(1),
            "parentbased_always_off" => FollowingCallers(0),
            "parentbased_traceidratio" => FollowingCallers(share),
            _ => FollowingCallers(DefaultRatio),
        };
    }

    private static TraceSampling FollowingCallers(double ratio) => new(ratio, caller => caller.TraceFlags.HasFlag(ActivityTraceFlags.Recorded));

    // All services with the same ratio record the same traces.
    private static TraceSampling ByTraceId(double ratio)
    {
        var sampler = new TraceIdRatioBasedSampler(ratio);
        return new(ratio, caller => sampler.ShouldSample(
            new SamplingParameters(caller, caller.TraceId, string.Empty, ActivityKind.Server)).Decision is SamplingDecision.RecordAndSample);
    }
}
