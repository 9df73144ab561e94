namespace ConnectionStateService.Core.Decisions;

/// <summary>What happens when a deadline passes: tokens expire, merchants are warned, connect sessions time out (R14).</summary>
public static class DeadlineRules
{
    /// <summary>Returns when the next <see cref="Command.Tick"/> has something to do, or null if there is no deadline.</summary>
    public static DateTimeOffset? NextDeadline(MerchantRecord record, Rules rules)
    {
        var expiries = record.Connections
            .Where(c => c.State is State.Connected && c.ExpiresAt is not null)
            .Select(c => c.ExpiresSoon ? c.ExpiresAt : ExpiryRules.WarnAt(c, rules));
        var sessions = record.Sessions.Where(s => s.IsOpen).Select(s => (DateTimeOffset?)s.Deadline);
        return expiries.Concat(sessions).Min();
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
}
