namespace ConnectionStateService.Core.Decisions;

/// <summary>What happens when a deadline passes: tokens expire, merchants are warned, connect sessions time out (R14).</summary>
public static class DeadlineRules
{
    /// <summary>Returns when the next <see cref="Command.Tick"/> has something to do, or null if there is no deadline.</summary>
    public static DateTimeOffset? NextDeadline(MerchantRecord record, Rules rules)
    {
        DateTimeOffset? next = null;
        foreach (var connection in record.Connections)
        {
            next = Earlier(next, DeadlineOf(connection, rules));
        }

        foreach (var session in record.Sessions)
        {
            next = Earlier(next, session.IsOpen ? session.Deadline : null);
        }

        return next;
    }

    internal static Fault? Tick(DecisionBuilder decision)
    {
        foreach (var connection in decision.Record.Connections.Where(c => c.State is State.Connected))
        {
            ExpiryRules.ExpireOrWarn(decision, connection);
        }

        foreach (var session in decision.Record.Sessions.Where(s => s.IsOpen && s.Deadline <= decision.Now).ToList())
        {
            ConsentRules.EndAttempt(decision, session, SessionEnd.TimedOut);
        }

        return null;
    }

    private static DateTimeOffset? DeadlineOf(Connection connection, Rules rules) =>
        connection.State is not State.Connected ? null
        : connection.ExpiresSoon ? connection.ExpiresAt
        : ExpiryRules.WarnAt(connection, rules);

    private static DateTimeOffset? Earlier(DateTimeOffset? first, DateTimeOffset? second) =>
        first is null || second < first ? second : first;
}
