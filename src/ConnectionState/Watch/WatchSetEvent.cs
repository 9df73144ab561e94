using System.Collections.Immutable;

namespace ConnectionStateService.Watch;

/// <summary>What a stream of many merchants sends. Closed: the nested records are all there are.</summary>
internal abstract record WatchSetEvent
{
    private WatchSetEvent()
    {
    }

    /// <summary>An event of one merchant.</summary>
    /// <param name="MerchantId">The merchant.</param>
    /// <param name="Event">The event.</param>
    /// <param name="IsFirst">Whether it is the first since the merchant was added.</param>
    public sealed record Update(string MerchantId, WatchEvent Event, bool IsFirst) : WatchSetEvent;

    /// <summary>A merchant was removed, as asked for.</summary>
    public sealed record Removed(string MerchantId) : WatchSetEvent;

    /// <summary>A merchant cannot be watched. It is no longer on the stream.</summary>
    public sealed record Failed(string MerchantId, Exception Exception) : WatchSetEvent;

    /// <summary>All merchants of the stream were confirmed, except those of the named partitions, for which the store did not answer.</summary>
    public sealed record Checkpoint(ImmutableArray<int> UnconfirmedPartitions) : WatchSetEvent;
}
