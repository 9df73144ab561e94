using System.Collections.Immutable;

namespace ConnectionStateService.Core.Decisions;

/// <summary>Reports of losses, grants to other merchants, and renewals (R13 to R16, R19).</summary>
internal static class SignalRules
{
    public static Fault? Report(DecisionBuilder decision, Command.Report command)
    {
        var observedAt = Earlier(command.ObservedAt, decision.Now);
        if (decision.Record.Find(command.Page) is not { } connection)
        {
            return ReportOffered(decision, command, observedAt);
        }

        if (IsOutdated(connection, command.GrantId, observedAt))
        {
            decision.MarkStale();
            return null;
        }

        var (trigger, cause) = Signals.ToTrigger(command.Signal);
        var evidence = new Evidence(command.Source, command.Signal, command.Code, command.Subcode, observedAt, command.Origin.Actor);
        if (GetStrength(connection, command, observedAt, decision.Rules) is not SignalStrength.Hard)
        {
            return SuspicionRules.Count(decision, connection, command.Signal, evidence);
        }

        var fault = decision.Fire(connection, trigger, cause, evidence);
        if (fault is null && command.Signal is Signal.PageDeleted)
        {
            LosePage(decision, command.Page, observedAt);
        }

        return fault;
    }

    /// <summary>Applies a report to each listed connection that uses the account. Those whose state does not permit it stay as they are.</summary>
    public static Fault? ReportAccount(DecisionBuilder decision, Command.ReportAccount command)
    {
        ImmutableArray<PageRef> pages = [.. decision.Record.Connections.Where(c => c.IsListed && c.Account == command.Account).Select(c => c.Page)];
        foreach (var page in pages)
        {
            _ = Report(decision, command.About(page));
        }

        return pages.IsEmpty ? new Fault.AccountNotConnected(command.Account) : null;
    }

    /// <summary>Ends a hold, unless the merchant was granted the page again meanwhile.</summary>
    public static Fault? ReleasePage(DecisionBuilder decision, Command.ReleasePage command) =>
        decision.Record.Find(command.Page) is { HoldsPage: true } connection && connection.HoldId == command.HoldId
            ? decision.Fire(connection, Trigger.Displace, Cause.SignedInElsewhere)
            : null;

    public static Fault? Renew(DecisionBuilder decision, Command.Renew command)
    {
        if (decision.Record.Find(command.Page) is not { } connection)
        {
            return new Fault.ConnectionNotFound(command.Page);
        }

        if (IsOlderRenewal(connection, command) || command.IssuedAt < connection.LossEvidence?.ObservedAt)
        {
            decision.MarkStale();
            return null;
        }

        var (expiresAt, fault) = ExpiryRules.GetExpiry(decision, connection.Page.Provider, command.ExpiresAt);
        var renewed = connection with
        {
            GrantId = command.NewGrantId,
            GrantSince = decision.Now,
            IssuedAt = Earlier(command.IssuedAt ?? decision.Now, decision.Now),
            ExpiresAt = expiresAt,
            FollowsGrant = true,
            VerifiedAt = null,
        };
        return fault ?? decision.Fire(renewed, Trigger.Renew);
    }

    /// <summary>Whether a report is about an earlier grant, or older than a success that was observed since.</summary>
    public static bool IsOutdated(Connection connection, ulong? grantId, DateTimeOffset observedAt) =>
        IsStale(connection, grantId, observedAt) || observedAt < connection.VerifiedAt;

    /// <summary>Whether a report is about an earlier grant. Without a grant id, the time of the observation decides.</summary>
    public static bool IsStale(Connection connection, ulong? grantId, DateTimeOffset observedAt) =>
        grantId is { } id ? id != connection.GrantId : observedAt < connection.GrantSince;

    public static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;

    // Grant ids order renewals, whatever the clocks of the callers say. Without one, the times of issue do.
    private static bool IsOlderRenewal(Connection connection, Command.Renew command) =>
        command.GrantId is { } grantId ? grantId != connection.GrantId : command.IssuedAt < connection.IssuedAt;

    private static SignalStrength GetStrength(Connection connection, Command.Report command, DateTimeOffset observedAt, Rules rules)
    {
        // Calls with the previous token still fail for a while.
        var mayBeAboutPreviousGrant = command is { Source: EvidenceSource.ProviderError, GrantId: null }
            && connection.FollowsGrant && observedAt < connection.GrantSince + rules.NewGrantGrace;

        // Some errors are credible only once the token's lifetime has ended.
        var isTooEarly = command.SoftBeforeExpiry && observedAt < connection.ExpiresAt;
        return mayBeAboutPreviousGrant || isTooEarly ? SignalStrength.Soft : command.Strength;
    }

    // The merchant has no connection to the page, but an account may offer it.
    private static Fault.ConnectionNotFound? ReportOffered(DecisionBuilder decision, Command.Report command, DateTimeOffset observedAt)
    {
        if (command is not { Signal: Signal.PageDeleted, Strength: SignalStrength.Hard }
            || !decision.Record.Sessions.Any(s => s.IsOpen && s.Provider == command.Page.Provider
                && s.Candidates.Any(c => c.PageId == command.Page.PageId)))
        {
            return new Fault.ConnectionNotFound(command.Page);
        }

        LosePage(decision, command.Page, observedAt);
        return null;
    }

    // R19: sessions that wait for a deleted page end, and sessions that offer it offer it no longer. An account that signed in later
    // than that knows better.
    private static void LosePage(DecisionBuilder decision, PageRef page, DateTimeOffset observedAt)
    {
        foreach (var session in decision.Record.Sessions.Where(s => s.IsOpen && s.SignedInAt <= observedAt))
        {
            if (session.IsWaitingFor(page))
            {
                decision.End(session, SessionEnd.Lost);
            }
            else if (session.Provider == page.Provider && session.Candidates.FirstOrDefault(c => IsIntact(c, page)) is { } candidate)
            {
                var lost = candidate with { Problem = CandidateProblem.Deleted };
                decision.Put(session, session.Candidates.Replace(candidate, lost));
            }
        }
    }

    private static bool IsIntact(Candidate candidate, PageRef page) =>
        candidate.PageId == page.PageId && candidate.Problem is CandidateProblem.None;
}
