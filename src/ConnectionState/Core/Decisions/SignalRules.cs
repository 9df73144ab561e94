namespace ConnectionStateService.Core;

/// <summary>What providers and other merchants do to a connection (R13 to R16, R19).</summary>
internal static class SignalRules
{
    public static Fault? Report(Draft draft, Command.Report command)
    {
        if (draft.Record.Find(command.Page) is not { } connection)
        {
            return new Fault.ConnectionNotFound(command.Page);
        }

        var observedAt = command.ObservedAt < draft.Now ? command.ObservedAt : draft.Now;
        if (observedAt < connection.GrantSince)
        {
            draft.MarkStale();
            return null;
        }

        var (trigger, cause) = Signals.Meaning(command.Signal);
        var evidence = new Evidence(command.Code, command.Subcode, observedAt, command.Origin.Actor);
        return draft.Fire(connection, trigger, cause, evidence);
    }

    /// <summary>The later grant holds the page; of two in the same instant, the merchant whose id sorts last.</summary>
    public static Fault? ReleasePage(Draft draft, Command.ReleasePage command)
    {
        var claim = command.Claim;
        if (claim.MerchantId == draft.Record.MerchantId
            || draft.Record.Find(claim.Page) is not { ConnectedAt: { } grantedAt } connection)
        {
            return null;
        }

        var later = grantedAt == claim.GrantedAt
            ? string.CompareOrdinal(draft.Record.MerchantId, claim.MerchantId) > 0
            : grantedAt > claim.GrantedAt;
        if (later)
        {
            draft.MarkStale();
            return null;
        }

        var evidence = new Evidence(null, null, claim.GrantedAt, command.Origin.Actor);
        return draft.Fire(connection, Trigger.Displace, Cause.SignedInElsewhere, evidence);
    }

    public static Fault? Renew(Draft draft, Command.Renew command)
    {
        if (draft.Record.Find(command.Page) is not { } connection)
        {
            return new Fault.ConnectionNotFound(command.Page);
        }

        var (expiresAt, fault) = ConsentRules.Expiry(draft, connection.Page.Provider, command.ExpiresAt);
        return fault ?? draft.Fire(connection with { ExpiresAt = expiresAt, GrantSince = draft.Now }, Trigger.Renew);
    }
}
