namespace ConnectionStateService.Core.Decisions;

/// <summary>The time at which commands are decided.</summary>
public static class DecisionClock
{
    /// <summary>
    /// Returns the store's time, or the time of the last commit if that is slightly later. Processes know the store's time only
    /// approximately; without this, a later command could be decided at an earlier time than the one before it.
    /// </summary>
    public static DateTimeOffset Now(MerchantRecord record, DateTimeOffset storeTime)
    {
        return record.ChangedAt is { } changedAt ? MonotonicTimeRule.Clamp(changedAt, storeTime) : storeTime;
    }
}
