using System.Collections.Immutable;

namespace ConnectionStateService.Feed;

/// <summary>A reason to refuse a call about a consumer of the feed: a value, not an exception. Closed: the nested records are all there are.</summary>
internal abstract record FeedFault
{
    private FeedFault()
    {
    }

    /// <summary>The consumer cannot be removed: instances hold partitions.</summary>
    /// <param name="Consumer">The consumer.</param>
    /// <param name="Instances">The instances.</param>
    public sealed record FeedConsumerInUse(string Consumer, ImmutableArray<string> Instances) : FeedFault;

    /// <summary>There are too many consumers, or too many instances of one.</summary>
    /// <param name="Scope">What the limit counts.</param>
    /// <param name="Limit">The limit.</param>
    public sealed record FeedConsumerLimitExceeded(ConsumerLimitScope Scope, int Limit) : FeedFault;
}

/// <summary>What a limit of consumers counts.</summary>
internal enum ConsumerLimitScope
{
    /// <summary>The consumers.</summary>
    Consumers,

    /// <summary>The living instances of one consumer.</summary>
    Instances,
}
