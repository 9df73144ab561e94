namespace ConnectionStateService.Core;

/// <summary>What happens by itself when its time has come (R14).</summary>
public static class TimeRules
{
    // More than clocks that are kept by time servers differ. A larger difference is a correction, and is followed.
    private static readonly TimeSpan LongestStandstill = TimeSpan.FromMinutes(1);

    /// <summary>
    /// The time at which a merchant is decided about. Processes know the store's time within the time that an answer takes; what one of
    /// them does later must not seem to be earlier than what another has done.
    /// </summary>
    public static DateTimeOffset Now(MerchantRecord record, DateTimeOffset storesTime)
    {
        var newest = record.Connections.Select(c => c.GrantSince > c.StateSince ? c.GrantSince : c.StateSince).Append(storesTime).Max();
        return newest - storesTime < LongestStandstill ? newest : storesTime;
    }

    /// <summary>The earliest moment at which a <see cref="Command.Tick"/> will have something to do; none: never.</summary>
    public static DateTimeOffset? NextDeadline(MerchantRecord record, Rules rules)
    {
        var expiries = record.Connections
            .Where(c => c.State is State.Connected && c.ExpiresAt is not null)
            .Select(c => c.ExpiresSoon ? c.ExpiresAt : WarnAt(c, rules));
        var sessions = record.Sessions.Where(s => s.IsOpen).Select(s => (DateTimeOffset?)s.Deadline);
        return expiries.Concat(sessions).Min();
    }

    /// <summary>When the merchant is to be warned that the token ends soon; none: it does not end.</summary>
    internal static DateTimeOffset? WarnAt(Connection connection, Rules rules) => connection.ExpiresAt - rules.WarningBefore;

    internal static Fault? Tick(Draft draft)
    {
        foreach (var connection in draft.Record.Connections.Where(c => c.State is State.Connected))
        {
            Age(draft, connection);
        }

        foreach (var session in draft.Record.Sessions.Where(s => s.IsOpen && s.Deadline <= draft.Now))
        {
            TimeOut(draft, session);
        }

        return null;
    }

    internal static void TimeOut(Draft draft, ConnectSession session)
    {
        if (session.Page is { } page && draft.Record.Find(page) is { State: State.Pending } connection)
        {
            draft.Fire(connection, Trigger.Refuse, Cause.SessionTimedOut);
        }
        else
        {
            draft.End(session, SessionEnd.TimedOut);
        }
    }

    private static void Age(Draft draft, Connection connection)
    {
        if (connection.ExpiresAt is not { } expiresAt)
        {
            return;
        }

        if (expiresAt <= draft.Now)
        {
            draft.Fire(connection, Trigger.Expire, Cause.TokenExpired);
        }
        else if (!connection.ExpiresSoon && WarnAt(connection, draft.Rules) <= draft.Now)
        {
            draft.Put(connection with { ExpiresSoon = true }, new Change.ExpiryWarning(connection.Page, expiresAt));
        }
    }
}
