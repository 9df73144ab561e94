using System.Collections.Immutable;
using ConnectionStateService.Core;

namespace ConnectionStateService.Store;

/// <summary>
/// Reads what is derived from all merchants: their directory, the counts of listed connections, and the lost ones by state. Commits keep them, so they are
/// as current as the merchants themselves.
/// </summary>
internal interface IFleetIndex
{
    /// <summary>Reads the directory of a partition: the ids of its merchants, in ordinal order.</summary>
    /// <param name="partition">The partition.</param>
    /// <param name="after">The id after which to begin, or empty for the first one.</param>
    /// <param name="limit">The maximum number of ids.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    ValueTask<ImmutableArray<string>> ReadDirectoryAsync(int partition, string after, int limit, CancellationToken cancellationToken);

    /// <summary>Counts the listed connections of all merchants. Kinds without connections are missing.</summary>
    ValueTask<ImmutableDictionary<ListedKind, long>> ReadTallyAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Reads the lost connections of a partition that are listed, with a provider and a state: those that have been in it longest first. Connections that
    /// are not lost are found by the directory.
    /// </summary>
    ValueTask<ImmutableArray<LostConnection>> ReadLostAsync(int partition, Provider provider, State state, CancellationToken cancellationToken);
}

/// <summary>What the tally counts by.</summary>
internal readonly record struct ListedKind(Provider Provider, State State, Cause Cause);

/// <summary>A lost connection, as it is indexed.</summary>
/// <param name="MerchantId">The merchant.</param>
/// <param name="PageId">The id of the page.</param>
/// <param name="Since">When the connection entered its state, in milliseconds since 1970.</param>
internal readonly record struct LostConnection(string MerchantId, string PageId, long Since);
