using System.Collections.Immutable;

namespace ConnectionStateService.Store;

/// <summary>Keeps what belongs to the consumers of the feed. The store does not know what it is.</summary>
internal interface IFeedConsumers
{
    /// <summary>Reads a consumer; empty if nothing is kept of it.</summary>
    ValueTask<byte[]> ReadConsumerAsync(string consumer, CancellationToken cancellationToken);

    /// <summary>Replaces a consumer if it is the expected one.</summary>
    /// <returns>The consumer as stored afterwards.</returns>
    ValueTask<byte[]> ReplaceConsumerAsync(string consumer, byte[] expected, byte[] replacement, CancellationToken cancellationToken);

    /// <summary>Reads all consumers, by name.</summary>
    ValueTask<ImmutableDictionary<string, byte[]>> ReadConsumersAsync(CancellationToken cancellationToken);
}
