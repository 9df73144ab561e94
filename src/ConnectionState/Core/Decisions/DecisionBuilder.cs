using System.Collections.Immutable;

namespace ConnectionStateService.Core.Decisions;

/// <summary>Builds a decision: holds the record as changed so far and collects the changes.</summary>
internal sealed class DecisionBuilder(MerchantRecord before, DateTimeOffset now, Rules rules)
{
    private readonly ImmutableArray<Change>.Builder changes = ImmutableArray.CreateBuilder<Change>(initialCapacity: 1);
    private readonly MerchantRecord original = before;
    private long revision = before.Revision + 1;
    private string? begunSessionId;
    private Claim? claim;
    private UnchangedReason unchangedReason = UnchangedReason.AlreadyInEffect;

    public MerchantRecord Record { get; private set; } = before;

    public DateTimeOffset Now => now;

    public Rules Rules => rules;

    public Quota Quota => Quota.Of(Record, rules);

    /// <summary>Adds a change that needs no update of the record.</summary>
    public void Add(Change change) => changes.Add(change);

    /// <summary>Stores a connection without a change of its own: the change of its session describes what happened.</summary>
    public void Put(Connection connection) => Record = Record.With(connection with { Revision = revision });

    /// <summary>Stores a connection together with its change.</summary>
    public void Put(Connection connection, Change change)
    {
        Put(connection);
        changes.Add(change);
    }

    /// <summary>Stores a session and its new candidates together with its change.</summary>
    public void Put(ConnectSession session, ImmutableArray<Candidate> candidates) => Put(session with
    {
        Candidates = candidates,
        CandidatesRevision = candidates.IsEmpty ? 0 : revision,
        CandidatesSize = RecordSize.OfCandidates(candidates),
    });

    /// <summary>Stores a session together with its change.</summary>
    public void Put(ConnectSession session)
    {
        Record = Record.With(session);
        changes.Add(new Change.SessionMoved(session.Id, session.Provider, session.Step, session.Page));
    }

    /// <summary>Stores the plan together with its change.</summary>
    public void Put(MerchantRecord record, Change.PlanChanged change)
    {
        Record = record;
        changes.Add(change);
    }

    /// <summary>Empties the record, but for connections that are not listed.</summary>
    public void Erase(ImmutableArray<Connection> connections)
    {
        Record = new MerchantRecord { MerchantId = Record.MerchantId, Revision = Record.Revision, Connections = connections, IsErased = true };
        changes.Add(new Change.Erased());
    }

    /// <summary>
    /// Stores another record in place of this one. Its revision is kept if it is later: what clients know of the merchant does not go back. The
    /// remembered requests are forgotten, because they belong to a history without gaps.
    /// </summary>
    public void Replace(MerchantRecord record, Change change)
    {
        revision = Math.Max(revision, record.Revision);
        Record = record with
        {
            Requests = RequestLog.Empty,
            Sessions =
            [
                .. record.Sessions.Select(session => session with
                {
                    CandidatesRevision = session.Candidates.IsEmpty ? 0 : revision,
                    CandidatesSize = RecordSize.OfCandidates(session.Candidates),
                }),
            ],
        };
        changes.Add(change);
    }

    /// <summary>Stores a new session, and remembers that this request began it.</summary>
    public void Begin(ConnectSession session)
    {
        begunSessionId = session.Id;
        Put(session);
    }

    /// <summary>Ends a session and drops its candidates.</summary>
    public void End(ConnectSession session, SessionEnd end) => Put(session with { Ended = end }, []);

    /// <summary>Returns the order number for a connection that enters the page list at its end.</summary>
    public long TakeOrder()
    {
        var order = Record.NextOrder;
        Record = Record with { NextOrder = order + 1 };
        return order;
    }

    /// <summary>Claims the page: other merchants must release it.</summary>
    public void ClaimPage(PageRef page) => claim = new Claim(Record.MerchantId, page, now);

    /// <summary>Marks the command as stale: it is about an earlier grant.</summary>
    public void MarkStale() => unchangedReason = UnchangedReason.Stale;

    /// <summary>Returns the decision.</summary>
    public Decision Build(Command command)
    {
        var origin = command.Origin;
        if (changes.Count == 0)
        {
            return new Decision.Unchanged(Record, unchangedReason);
        }

        var record = Record with { Revision = revision, ChangedAt = now, IsErased = command is Command.Erase };
        if (!record.IsErased && (record.Plan ?? rules.DefaultPlan) is Plan.Trial)
        {
            // There is one trial. It begins when the merchant is first on the trial plan, and other plans in between do not extend it.
            record = record with { TrialEndsAt = record.TrialEndsAt ?? now + rules.TrialLength };
        }

        if (origin.RequestId.Length > 0)
        {
            var request = new RememberedRequest(origin.RequestId, origin.PayloadHash, revision, begunSessionId);
            record = record with { Requests = record.Requests.Add(request, rules.Retention.Requests) };
        }

        // What is left of an erased record leads to what is to be removed.
        record = record.IsErased ? record : Retention.Trim(record, rules.Retention);
        return command.Adds && FindExcess(record) is { } tooLarge
            ? new Decision.Refused(tooLarge)
            : new Decision.Changed(record, changes.DrainToImmutable(), claim) { BegunSessionId = begunSessionId };
    }

    // A merchant that is too large already, because of a lowered bound, can still do what does not make it larger.
    private Fault.RecordTooLarge? FindExcess(MerchantRecord record) =>
        RecordSize.OfPageList(record) is var size && size > RecordSize.MaxPageList && size > RecordSize.OfPageList(original)
            ? new Fault.RecordTooLarge(MerchantParts.PageList, size, RecordSize.MaxPageList)
            : null;
}
