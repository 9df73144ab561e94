namespace ConnectionStateService.SystemTests.Support;

/// <summary>Options under which only notifications bring changes to streams in time.</summary>
internal static class NotificationsOnly
{
    /// <summary>Server options: a comparison with the store finds a change without a notification after 45 seconds at the earliest.</summary>
    public static readonly string[] Arguments = ["--Watch:ReconciliationInterval=00:01:00", "--Watch:CheckpointInterval=00:05:00"];

    /// <summary>A change that arrives within this time was notified.</summary>
    public static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(30);
}
