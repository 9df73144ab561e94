using System.Collections.Immutable;
using System.Diagnostics;

namespace ConnectionStateService.Core;

/// <summary>A decision in the making: the record as changed so far, and the changes.</summary>
internal sealed class Draft(MerchantRecord before, DateTimeOffset now, Rules rules)
{
    private readonly ImmutableArray<Change>.Builder changes = ImmutableArray.CreateBuilder<Change>();
    private readonly long revision = before.Revision + 1;
    private string? begunSessionId;
    private Claim? claim;
    private UnchangedReason unchangedReason = UnchangedReason.AlreadySo;

    public MerchantRecord Record { get; private set; } = before;

    public DateTimeOffset Now => now;

    public Rules Rules => rules;

    public Quota Quota => Quota.Of(Record, rules);

    /// <summary>Stores a connection that stays in its state.</summary>
    public void Put(Connection connection, Change change)
    {
        Put(connection);
        changes.Add(change);
    }

    /// <summary>Stores a connection of which nothing is told but what a session's step tells.</summary>
    public void Put(Connection connection) => Record = Record.With(connection with { Revision = revision });

    /// <summary>Stores a session that took a step.</summary>
    public void Put(ConnectSession session)
    {
        Record = Record.With(session);
        changes.Add(new Change.SessionMoved(session.Id, session.Provider, session.Step(rules), session.Page));
    }

    /// <summary>Stores a new session, and remembers that this request began it.</summary>
    public void Begin(ConnectSession session)
    {
        begunSessionId = session.Id;
        Put(session);
    }

    /// <summary>Stores the plan.</summary>
    public void Put(MerchantRecord record, Change.PlanChanged change)
    {
        Record = record;
        changes.Add(change);
    }

    /// <summary>Ends a session; what it was offered is of no more use.</summary>
    public void End(ConnectSession session, SessionEnd end) => Put(session with { Ended = end, Candidates = [] });

    /// <summary>Takes the next place at the end of the page list.</summary>
    public long TakeOrder()
    {
        var order = Record.NextOrder;
        Record = Record with { NextOrder = order + 1 };
        return order;
    }

    /// <summary>Other merchants must give the page up.</summary>
    public void ClaimPage(PageRef page) => claim = new Claim(Record.MerchantId, page, now);

    /// <summary>What was told is about a grant that is no more.</summary>
    public void MarkStale() => unchangedReason = UnchangedReason.Stale;

    /// <summary>
    /// Fires <paramref name="trigger"/> on <paramref name="connection"/>, which may carry new facts beside its old state; they are
    /// dropped when the machine ignores the trigger. The session that waited for the connection ends with it.
    /// </summary>
    public Fault? Fire(Connection connection, Trigger trigger, Cause cause = Cause.None, Evidence? evidence = null)
    {
        var move = ConnectionMachine.Fire(connection.State, trigger);
        switch (move.Kind)
        {
            case MoveKind.NotPermitted:
                return new Fault.IllegalTransition(
                    connection.Page, connection.State, trigger, ConnectionMachine.Permitted(connection.State));
            case MoveKind.Ignored:
                return null;
        }

        DateTimeOffset? fromSince = connection.State is State.None ? null : connection.StateSince;
        var moved = Moved(connection, move.To, cause);
        Put(moved, new Change.Transition(connection.Page, trigger, connection.State, move.To, cause, evidence, fromSince));
        if (moved is { ExpiresSoon: true, ExpiresAt: { } expiresAt } && !connection.ExpiresSoon)
        {
            changes.Add(new Change.ExpiryWarning(moved.Page, expiresAt));
        }

        if (connection is { State: State.Pending, SessionId: { } id } && Record.FindSession(id) is { } session)
        {
            End(session, EndBy(trigger, cause));
        }

        return null;
    }

    /// <summary>The decision that the draft has become.</summary>
    public Decision Finish(Origin origin)
    {
        if (changes.Count == 0)
        {
            return new Decision.Unchanged(Record, unchangedReason);
        }

        var record = Record with { Revision = revision };
        if (origin.RequestId.Length > 0)
        {
            var request = new RememberedRequest(origin.RequestId, origin.PayloadHash, revision, begunSessionId);
            record = record with { Requests = record.Requests.Add(request) };
        }

        return new Decision.Changed(Retention.Trim(record, rules), changes.ToImmutable(), claim);
    }

    private Connection Moved(Connection connection, State to, Cause cause) => connection with
    {
        State = to,
        Cause = cause,
        StateSince = to == connection.State ? connection.StateSince : now,
        ExpiresAt = to is State.Connected or State.Expired ? connection.ExpiresAt : null,
        ExpiresSoon = to is State.Connected && TimeRules.WarnAt(connection, rules) <= now,
        Acknowledged = false,
        SessionId = to is State.Pending ? connection.SessionId : null,
    };

    private static SessionEnd EndBy(Trigger trigger, Cause cause) => trigger switch
    {
        Trigger.Grant => SessionEnd.Granted,
        Trigger.Refuse when cause is Cause.SessionTimedOut => SessionEnd.TimedOut,
        Trigger.Refuse or Trigger.Disconnect => SessionEnd.Refused,
        Trigger.Revoke or Trigger.Delete or Trigger.Displace => SessionEnd.Lost,
        _ => throw new UnreachableException(),
    };
}
