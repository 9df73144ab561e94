using System.Collections.Immutable;

namespace ConnectionStateService.Store;

/// <summary>Keeps what belongs to the consumers of the feed. The store does not know what it is.</summary>
internal interface IFeedConsumers
{
    /// <summary>The maximum number of consumers.</summary>
    const int MaxConsumers = 256;

    /// <summary>Reads a consumer; empty if nothing is kept of it.</summary>
    ValueTask<byte[]> ReadConsumerAsync(string consumer, CancellationToken cancellationToken);

    /// <summary>Replaces a consumer if it is the expected one. An empty replacement removes it.</summary>
    /// <returns>The consumer as stored afterwards; null if it would be one more than <see cref="MaxConsumers"/>.</returns>
    ValueTask<byte[]?> ReplaceConsumerAsync(string consumer, byte[] expected, byte[] replacement, CancellationToken cancellationToken);

    /// <summary>Reads consumers in the order of their names, compared by their characters' codes.</summary>
    /// <param name="after">The name after which to begin, or empty to begin with the first.</param>
    /// <param name="limit">The maximum number of consumers.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    ValueTask<ImmutableArray<(string Name, byte[] State)>> ReadConsumersAsync(string after, int limit, CancellationToken cancellationToken);
}
