using System.Collections.Immutable;

namespace ConnectionStateService.Store;

/// <summary>The merchants with a deadline, ordered by it.</summary>
internal interface IDeadlineQueue
{
    /// <summary>Waits until merchants may be due: until the earliest deadline that is known, or until it is time to ask the store again.</summary>
    ValueTask WaitForDueAsync(CancellationToken cancellationToken);

    /// <summary>
    /// The merchants that are due by the store's clock and that this process is responsible for, most overdue first. If more are due than
    /// the limit, others may be returned than the most overdue ones; the next call returns the rest.
    /// </summary>
    ValueTask<ImmutableArray<DueMerchant>> FindDueAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Changes the deadline of a due merchant without a commit, unless a commit has changed it meanwhile.</summary>
    ValueTask RescheduleAsync(DueMerchant due, DateTimeOffset? deadline, CancellationToken cancellationToken);
}

/// <summary>A merchant whose deadline has passed.</summary>
/// <param name="MerchantId">The merchant.</param>
/// <param name="Deadline">The deadline.</param>
internal readonly record struct DueMerchant(string MerchantId, DateTimeOffset Deadline);
