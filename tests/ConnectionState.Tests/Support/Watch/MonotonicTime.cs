using System.Diagnostics;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>The monotonic time of all recorded events of this process.</summary>
internal static class MonotonicTime
{
    public static TimeSpan Now => Stopwatch.GetElapsedTime(0);
}
