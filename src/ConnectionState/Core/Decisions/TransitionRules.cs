namespace ConnectionStateService.Core.Decisions;

/// <summary>Applies triggers to connections: the transition itself, and everything of the connection that follows from it.</summary>
internal static class TransitionRules
{
    /// <summary>
    /// Fires <paramref name="trigger"/> on <paramref name="connection"/>. The connection may carry new facts beside its current state;
    /// they are dropped if the trigger is ignored.
    /// </summary>
    /// <returns>The fault if the trigger is not permitted, otherwise null.</returns>
    public static Fault? Fire(
        this DecisionBuilder decision, Connection connection, Trigger trigger, Cause cause = Cause.None, Evidence? evidence = null)
    {
        var result = ConnectionMachine.Fire(connection.State, connection.IsListed, trigger);
        switch (result.Outcome)
        {
            case TriggerOutcome.NotPermitted:
                return Illegal(connection, trigger);
            case TriggerOutcome.Ignored:
                return null;
        }

        DateTimeOffset? fromSince = connection.State is State.None ? null : connection.StateSince;
        var moved = Move(decision, connection, result.To, cause, evidence);
        decision.Put(
            moved,
            new Change.Transition(connection.Page, trigger, connection.State, result.To, cause, evidence, fromSince, moved.GrantId));
        if (moved is { ExpiresSoon: true, ExpiresAt: { } expiresAt } && expiresAt > decision.Now && !connection.ExpiresSoon)
        {
            decision.Add(new Change.ExpiryWarning(moved.Page, expiresAt));
        }

        return null;
    }

    public static Fault.IllegalTransition Illegal(Connection connection, Trigger trigger) => new(
        connection.Page, connection.State, trigger, ConnectionMachine.Permitted(connection.State, connection.IsListed));

    private static Connection Move(DecisionBuilder decision, Connection connection, State to, Cause cause, Evidence? evidence) =>
        connection with
        {
            State = to,
            Cause = cause,
            StateSince = to == connection.State ? connection.StateSince : decision.Now,
            ExpiresSoon = to is State.Connected && ExpiryRules.WarnAt(connection, decision.Rules) <= decision.Now,
            Suspicion = null,
            LossEvidence = to is State.Connected ? null : evidence,
            Acknowledged = false,
        };
}
