using System.Diagnostics;
using ConnectionState.Core;
using static ConnectionState.Store.Records.StoredValues;

namespace ConnectionState.Store.Records;

/// <summary>A commit as it is stored.</summary>
internal static class CommitMapping
{
    public static StoredCommit ToStored(Commit commit) => new()
    {
        Revision = commit.Revision,
        Id = commit.Id,
        PreviousId = commit.PreviousId,
        At = StoredValues.ToStored(commit.At),
        Actor = commit.Actor,
        RequestId = commit.RequestId,
        Changes = { commit.Changes.Select(ToStored) },
    };

    public static Commit ToCore(StoredCommit stored) => new(
        stored.Revision,
        stored.Id,
        stored.PreviousId,
        StoredValues.ToCore(stored.At),
        stored.Actor,
        stored.RequestId,
        [.. stored.Changes.Select(ToCore)]);

    private static StoredChange ToStored(Change change) => change switch
    {
        Change.Transition c => new() { Transition = ToStored(c) },
        Change.Acknowledged c => new() { Acknowledged = StoredValues.ToStored(c.Page) },
        Change.ExpiryWarning c => new()
        {
            ExpiryWarning = new() { Page = StoredValues.ToStored(c.Page), ExpiresAt = StoredValues.ToStored(c.ExpiresAt) },
        },
        Change.PlanChanged c => new() { PlanChanged = new() { Plan = (int)c.Plan, BoughtPages = c.BoughtPages, Limit = c.Limit } },
        Change.SessionMoved c => new()
        {
            SessionMoved = new()
            {
                SessionId = c.SessionId,
                Provider = (int)c.Provider,
                Step = (int)c.Step,
                Page = StoredValues.ToStored(c.Page),
            },
        },
        _ => throw new UnreachableException(),
    };

    private static StoredTransition ToStored(Change.Transition change) => new()
    {
        Page = StoredValues.ToStored(change.Page),
        Trigger = (int)change.Trigger,
        From = (int)change.From,
        To = (int)change.To,
        Cause = (int)change.Cause,
        Evidence = change.Evidence is { } evidence ? ToStored(evidence) : null,
        FromSince = StoredValues.ToStored(change.FromSince),
    };

    private static StoredEvidence ToStored(Evidence evidence)
    {
        var stored = new StoredEvidence { ObservedAt = StoredValues.ToStored(evidence.ObservedAt), ReportedBy = evidence.ReportedBy };
        if (evidence.Code is { } code)
        {
            stored.Code = code;
        }

        if (evidence.Subcode is { } subcode)
        {
            stored.Subcode = subcode;
        }

        return stored;
    }

    private static Change ToCore(StoredChange stored) => stored.KindCase switch
    {
        StoredChange.KindOneofCase.Transition => ToCore(stored.Transition),
        StoredChange.KindOneofCase.Acknowledged => new Change.Acknowledged(StoredValues.ToCore(stored.Acknowledged)),
        StoredChange.KindOneofCase.ExpiryWarning => new Change.ExpiryWarning(
            StoredValues.ToCore(stored.ExpiryWarning.Page), StoredValues.ToCore(stored.ExpiryWarning.ExpiresAt)),
        StoredChange.KindOneofCase.PlanChanged => new Change.PlanChanged(
            Known<Plan>(stored.PlanChanged.Plan), stored.PlanChanged.BoughtPages, stored.PlanChanged.Limit),
        StoredChange.KindOneofCase.SessionMoved => new Change.SessionMoved(
            stored.SessionMoved.SessionId,
            Known<Provider>(stored.SessionMoved.Provider),
            Known<SessionStep>(stored.SessionMoved.Step),
            ToCoreOrNull(stored.SessionMoved.Page)),
        _ => throw new InvalidDataException($"a change of kind {stored.KindCase}"),
    };

    private static Change.Transition ToCore(StoredTransition stored) => new(
        StoredValues.ToCore(stored.Page),
        Known<Trigger>(stored.Trigger),
        Known<State>(stored.From),
        Known<State>(stored.To),
        Known<Cause>(stored.Cause),
        stored.Evidence is { } e
            ? new Evidence(
                e.HasCode ? e.Code : null, e.HasSubcode ? e.Subcode : null, StoredValues.ToCore(e.ObservedAt), e.ReportedBy)
            : null,
        ToCoreOrNull(stored.FromSince));
}
