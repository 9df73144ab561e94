using System.Collections.Immutable;

namespace ConnectionStateService.Store;

/// <summary>The merchants with a deadline, ordered by it.</summary>
internal interface IDeadlineQueue
{
    /// <summary>
    /// The merchants that are due by the store's clock, most overdue first. Merchants that another process works on are skipped for a
    /// while; the result may leave out others once it is large enough.
    /// </summary>
    ValueTask<ImmutableArray<DueMerchant>> FindDueAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Changes the deadline of a due merchant without a commit, unless a commit has changed it meanwhile.</summary>
    ValueTask RescheduleAsync(DueMerchant due, DateTimeOffset? deadline, CancellationToken cancellationToken);
}

/// <summary>A merchant whose deadline has passed.</summary>
/// <param name="MerchantId">The merchant.</param>
/// <param name="Deadline">The deadline.</param>
internal readonly record struct DueMerchant(string MerchantId, DateTimeOffset Deadline);
