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
    /// Counts the losses by day: connections that worked and do not any more. What became of them since does not change it. Days without losses are missing.
    /// </summary>
    ValueTask<ImmutableDictionary<LossDay, long>> ReadLossesAsync(DateOnly from, DateOnly to, CancellationToken cancellationToken);

    /// <summary>Reads the directory of all partitions: the ids of merchants, in ordinal order.</summary>
    /// <param name="prefix">What the ids begin with, or empty.</param>
    /// <param name="after">The id after which to begin, or empty for the first one.</param>
    /// <param name="limit">The maximum number of ids.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    ValueTask<ImmutableArray<string>> ReadMerchantIdsAsync(string prefix, string after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Reads the lost connections of all merchants that are listed, in the order of <see cref="LostConnection"/>. Connections that are not lost are found by the
    /// directory.
    /// </summary>
    /// <param name="kinds">The providers and states to read.</param>
    /// <param name="after">The connection after which to begin. It need not exist: the default begins with the first one.</param>
    /// <param name="limit">The maximum number of connections.</param>
    /// <param name="cancellationToken">Cancels the read.</param>
    ValueTask<ImmutableArray<LostConnection>> ReadLostAsync(
        ImmutableArray<LostKind> kinds, LostConnection after, int limit, CancellationToken cancellationToken);
}

/// <summary>A day on which connections were lost, by the day of their state in UTC.</summary>
/// <param name="Day">The day.</param>
/// <param name="Kind">What became of them.</param>
internal readonly record struct LossDay(DateOnly Day, ListedKind Kind)
{
    /// <summary>How many days are kept, at least.</summary>
    public const int KeptDays = 400;

    /// <summary>Returns the day of a loss.</summary>
    public static LossDay Of(ListedChange change) =>
        new(DateOnly.FromDateTime(DateTimeOffset.FromUnixTimeMilliseconds(change.After!.Value.Since).UtcDateTime), change.KindAfter);
}

/// <summary>What the tally counts by.</summary>
internal readonly record struct ListedKind(Provider Provider, State State, Cause Cause);

/// <summary>What lost connections are indexed by.</summary>
internal readonly record struct LostKind(Provider Provider, State State);

/// <summary>
/// A lost connection, as it is indexed. Ordered by <paramref name="Since"/>, those that are alike by merchant, page id, provider and state.
/// </summary>
/// <param name="Since">When the connection entered its state, in milliseconds since 1970.</param>
/// <param name="MerchantId">The merchant.</param>
/// <param name="PageId">The id of the page.</param>
/// <param name="Kind">The provider and the state.</param>
internal readonly record struct LostConnection(long Since, string MerchantId, string PageId, LostKind Kind) : IComparable<LostConnection>
{
    /// <summary>Returns the place of a lost connection as it is now.</summary>
    public static LostConnection Of(string merchantId, Connection connection) => new(
        connection.StateSince.ToUnixTimeMilliseconds(), merchantId, connection.Page.PageId, new(connection.Page.Provider, connection.State));

    public int CompareTo(LostConnection other) =>
        Since.CompareTo(other.Since) is not 0 and var since ? since
        : string.CompareOrdinal(MerchantId, other.MerchantId) is not 0 and var merchant ? merchant
        : string.CompareOrdinal(PageId, other.PageId) is not 0 and var page ? page
        : (Kind.Provider, Kind.State).CompareTo((other.Kind.Provider, other.Kind.State));
}
