namespace ConnectionStateService.Core.Decisions;

/// <summary>Reports from providers, grants to other merchants, and renewals (R13 to R16, R19).</summary>
internal static class SignalRules
{
    public static Fault? Report(DecisionBuilder decision, Command.Report command)
    {
        if (decision.Record.Find(command.Page) is not { } connection)
        {
            return new Fault.ConnectionNotFound(command.Page);
        }

        var observedAt = command.ObservedAt < decision.Now ? command.ObservedAt : decision.Now;
        if (observedAt < connection.GrantSince)
        {
            decision.MarkStale();
            return null;
        }

        var (trigger, cause) = Signals.ToTrigger(command.Signal);
        var evidence = new Evidence(command.Code, command.Subcode, observedAt, command.Origin.Actor);
        return decision.Fire(connection, trigger, cause, evidence);
    }

    /// <summary>The later grant wins. If both were given at the same time, the merchant whose id sorts last wins.</summary>
    public static Fault? ReleasePage(DecisionBuilder decision, Command.ReleasePage command)
    {
        var claim = command.Claim;
        if (claim.MerchantId == decision.Record.MerchantId
            || decision.Record.Find(claim.Page) is not { ConnectedAt: { } grantedAt } connection)
        {
            return null;
        }

        var ownGrantWins = grantedAt == claim.GrantedAt
            ? string.CompareOrdinal(decision.Record.MerchantId, claim.MerchantId) > 0
            : grantedAt > claim.GrantedAt;
        if (ownGrantWins)
        {
            decision.MarkStale();
            return null;
        }

        var evidence = new Evidence(null, null, claim.GrantedAt, command.Origin.Actor);
        return decision.Fire(connection, Trigger.Displace, Cause.SignedInElsewhere, evidence);
    }

    public static Fault? Renew(DecisionBuilder decision, Command.Renew command)
    {
        if (decision.Record.Find(command.Page) is not { } connection)
        {
            return new Fault.ConnectionNotFound(command.Page);
        }

        var (expiresAt, fault) = ExpiryRules.GetExpiry(decision, connection.Page.Provider, command.ExpiresAt);
        return fault ?? decision.Fire(connection with { ExpiresAt = expiresAt, GrantSince = decision.Now }, Trigger.Renew);
    }
}
