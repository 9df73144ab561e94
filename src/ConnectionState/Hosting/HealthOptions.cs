using System.ComponentModel.DataAnnotations;

namespace ConnectionStateService.Hosting;

/// <summary>How readiness is checked. Configuration section <c>Health</c>.</summary>
public sealed class HealthOptions
{
    /// <summary>
    /// How often the store is checked. <c>/health/ready</c> and <c>grpc.health.v1.Health</c> answer from the last check, however often they are
    /// called.
    /// </summary>
    /// <value>1 second to 5 minutes. The default is 5 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan CheckInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a check of the store may take before the service counts as not ready.</summary>
    /// <value>100 milliseconds to 1 minute. The default is 2 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan CheckTimeout { get; set; } = TimeSpan.FromSeconds(2);
}
