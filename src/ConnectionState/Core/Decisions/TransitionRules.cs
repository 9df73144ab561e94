using System.Diagnostics;

namespace ConnectionStateService.Core.Decisions;

/// <summary>Applies triggers to connections: the transition itself, and everything that follows from it.</summary>
internal static class TransitionRules
{
    /// <summary>
    /// Fires <paramref name="trigger"/> on <paramref name="connection"/>. The connection may carry new facts beside its current state;
    /// they are dropped if the trigger is ignored. The session that waits for a pending connection ends with it.
    /// </summary>
    /// <returns>The fault if the trigger is not permitted, otherwise null.</returns>
    public static Fault? Fire(
        this DecisionBuilder decision, Connection connection, Trigger trigger, Cause cause = Cause.None, Evidence? evidence = null)
    {
        var result = ConnectionMachine.Fire(connection.State, trigger);
        switch (result.Outcome)
        {
            case TriggerOutcome.NotPermitted:
                return new Fault.IllegalTransition(
                    connection.Page, connection.State, trigger, ConnectionMachine.Permitted(connection.State));
            case TriggerOutcome.Ignored:
                return null;
        }

        DateTimeOffset? fromSince = connection.State is State.None ? null : connection.StateSince;
        var moved = Move(decision, connection, result.To, cause);
        decision.Put(moved, new Change.Transition(connection.Page, trigger, connection.State, result.To, cause, evidence, fromSince));
        if (moved is { ExpiresSoon: true, ExpiresAt: { } expiresAt } && !connection.ExpiresSoon)
        {
            decision.Add(new Change.ExpiryWarning(moved.Page, expiresAt));
        }

        if (connection is { State: State.Pending, SessionId: { } id } && decision.Record.FindSession(id) is { } session)
        {
            decision.End(session, SessionEndOf(trigger, cause));
        }

        return null;
    }

    private static Connection Move(DecisionBuilder decision, Connection connection, State to, Cause cause) => connection with
    {
        State = to,
        Cause = cause,
        StateSince = to == connection.State ? connection.StateSince : decision.Now,
        ExpiresAt = to is State.Connected or State.Expired ? connection.ExpiresAt : null,
        ExpiresSoon = to is State.Connected && ExpiryRules.WarnAt(connection, decision.Rules) <= decision.Now,
        Acknowledged = false,
        SessionId = to is State.Pending ? connection.SessionId : null,
    };

    private static SessionEnd SessionEndOf(Trigger trigger, Cause cause) => trigger switch
    {
        Trigger.Grant => SessionEnd.Granted,
        Trigger.Refuse when cause is Cause.SessionTimedOut => SessionEnd.TimedOut,
        Trigger.Refuse or Trigger.Disconnect => SessionEnd.Refused,
        Trigger.Revoke or Trigger.Delete or Trigger.Displace => SessionEnd.Lost,
        _ => throw new UnreachableException(),
    };
}
