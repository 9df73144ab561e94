namespace ConnectionStateService.Core.Decisions;

/// <summary>The time at which commands are decided.</summary>
public static class DecisionClock
{
    /// <summary>
    /// Returns the store's time, or the newest time in the record if that is slightly later. Processes know the store's time only
    /// approximately; without this, a later command could be decided at an earlier time than the one before it.
    /// </summary>
    public static DateTimeOffset Now(MerchantRecord record, DateTimeOffset storeTime)
    {
        var newest = record.Connections.Select(c => c.GrantSince > c.StateSince ? c.GrantSince : c.StateSince).Append(storeTime).Max();
        return MonotonicTimeRule.Clamp(newest, storeTime);
    }
}
