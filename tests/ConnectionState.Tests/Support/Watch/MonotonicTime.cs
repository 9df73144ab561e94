using System.Diagnostics;

namespace ConnectionStateService.Tests.Support.Watch;

/// <summary>The time that everything in this process is compared by: it never goes back.</summary>
internal static class MonotonicTime
{
    public static TimeSpan Now => Stopwatch.GetElapsedTime(0);
}
