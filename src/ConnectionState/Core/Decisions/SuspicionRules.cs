using System.Collections.Immutable;

namespace ConnectionStateService.Core.Decisions;

/// <summary>Soft signals make a connected page suspect; when they persist, the page is lost. Successes speak for the page.</summary>
internal static class SuspicionRules
{
    private static readonly TimeSpan BetweenCommits = TimeSpan.FromMinutes(1);

    /// <summary>Counts a soft signal against a connected page. In other states it changes nothing.</summary>
    public static Fault? Count(DecisionBuilder decision, Connection connection, Signal signal, Evidence evidence)
    {
        var (trigger, cause) = Signals.ToTrigger(signal);
        if (ConnectionMachine.Fire(connection.State, connection.IsListed, trigger).Outcome is TriggerOutcome.NotPermitted)
        {
            return TransitionRules.Illegal(connection, trigger);
        }

        if (connection.State is not State.Connected)
        {
            return null;
        }

        var others = connection.Suspicion?.Signals ?? [];
        var known = others.FirstOrDefault(s => s.Signal == signal);
        if (evidence.ObservedAt <= known?.LastObservedAt)
        {
            // Counted already, or delivered late.
            return null;
        }

        var counted = known is null || evidence.ObservedAt - known.LastObservedAt > decision.Rules.SoftSignalMemory
            ? new SoftSignals(signal, 1, evidence.ObservedAt, evidence.ObservedAt)
            : known with { Count = known.Count + 1, LastObservedAt = evidence.ObservedAt };
        if (counted.Count >= decision.Rules.SoftSignalsToLose
            && counted.LastObservedAt - counted.FirstObservedAt >= decision.Rules.SoftSignalPeriod)
        {
            return decision.Fire(connection, trigger, cause, evidence);
        }

        // Once only the period is missing, a commit per minute is enough.
        var needed = Math.Max(1, decision.Rules.SoftSignalsToLose - 1);
        if (counted.Count <= needed || evidence.ObservedAt - known!.LastObservedAt >= BetweenCommits)
        {
            var stored = counted with { Count = Math.Min(counted.Count, needed) };
            Put(decision, connection, [.. others.Where(s => s.Signal != signal), stored], evidence, evidence);
        }

        return null;
    }

    public static Fault? ReportSuccess(DecisionBuilder decision, Command.ReportSuccess command)
    {
        if (decision.Record.Find(command.Page) is not { } connection)
        {
            return new Fault.ConnectionNotFound(command.Page);
        }

        var observedAt = SignalRules.Earlier(command.ObservedAt, decision.Now);
        if (SignalRules.IsStale(connection, command.GrantId, observedAt))
        {
            decision.MarkStale();
            return null;
        }

        var evidence = new Evidence(EvidenceSource.Success, null, null, null, observedAt, command.Origin.Actor);
        if (connection.State is not State.Connected)
        {
            return Restore(decision, connection, command.GrantId, evidence);
        }

        if (connection.Suspicion is { } suspicion)
        {
            // What was observed later than the success still counts: to the minute, because not every signal is stored.
            ImmutableArray<SoftSignals> later =
            [
                .. suspicion.Signals.Where(s => s.LastObservedAt >= observedAt)
                    .Select(s => s.FirstObservedAt >= observedAt ? s : s with { Count = 1, FirstObservedAt = s.LastObservedAt }),
            ];
            if (!later.SequenceEqual(suspicion.Signals))
            {
                Put(decision, connection with { VerifiedAt = observedAt }, later, ReasonFor(later, suspicion.Evidence), evidence);
            }
        }

        return null;
    }

    // A page that was lost by a report works nevertheless.
    private static Fault? Restore(DecisionBuilder decision, Connection connection, ulong? grantId, Evidence success)
    {
        // A page that was lost while it was pending has no token that could work.
        if (connection.GrantId == 0
            || connection.LossEvidence is not { } loss
            || ConnectionMachine.Fire(connection.State, connection.IsListed, Trigger.Restore).Outcome is TriggerOutcome.NotPermitted)
        {
            return TransitionRules.Illegal(connection, Trigger.Restore);
        }

        if (grantId is null)
        {
            return null;
        }

        if (success.ObservedAt <= loss.ObservedAt)
        {
            decision.MarkStale();
            return null;
        }

        if (ConnectRules.CheckSlot(decision, connection) is { } fault)
        {
            return fault;
        }

        // A token that works after its expiry has another one.
        var expiresAt = connection.ExpiresAt <= success.ObservedAt ? null : connection.ExpiresAt;
        var restored = connection with { ExpiresAt = expiresAt, VerifiedAt = success.ObservedAt };
        if (decision.Fire(restored, Trigger.Restore, evidence: success) is { } illegal)
        {
            return illegal;
        }

        if (connection.State is State.Deleted)
        {
            Reappear(decision, connection.Page);
        }

        ExpiryRules.ExpireOrWarn(decision, decision.Record.Find(connection.Page)!);
        return null;
    }

    // A page that counted as deleted held nothing: another merchant may have been granted it. Sessions can offer it again.
    private static void Reappear(DecisionBuilder decision, PageRef page)
    {
        if (decision.Rules.OneHolderPerPage)
        {
            decision.ClaimPage(page);
        }

        foreach (var session in decision.Record.Sessions.Where(s => s.IsOpen && s.Provider == page.Provider))
        {
            if (session.Candidates.FirstOrDefault(c => c.PageId == page.PageId) is { Problem: CandidateProblem.Deleted } candidate)
            {
                var intact = candidate with { Problem = CandidateProblem.None };
                decision.Put(session, session.Candidates.Replace(candidate, intact));
            }
        }
    }

    // The evidence of a meaning that a success has cleared is not the reason any more.
    private static Evidence ReasonFor(ImmutableArray<SoftSignals> signals, Evidence evidence) =>
        signals.IsEmpty || signals.Any(s => s.Signal == evidence.Signal)
            ? evidence
            : evidence with { Signal = signals[0].Signal, Code = null, Subcode = null, ObservedAt = signals[0].LastObservedAt };

    // What changed the suspicion may be a success, which is not why the page is suspect.
    private static void Put(
        DecisionBuilder decision, Connection connection, ImmutableArray<SoftSignals> signals, Evidence reason, Evidence reported)
    {
        var suspicion = signals.IsEmpty ? null : new Suspicion(connection.Suspicion?.Since ?? decision.Now, signals, reason);
        var changed = connection with { Suspicion = suspicion };
        decision.Put(changed, new Change.HealthChanged(connection.Page, changed.Health!.Value, reported, connection.GrantId));
    }
}
