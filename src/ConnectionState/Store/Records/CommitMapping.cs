using System.Diagnostics;
using ConnectionStateService.Core;
using static ConnectionStateService.Store.Records.StoredValues;

namespace ConnectionStateService.Store.Records;

/// <summary>Maps commits to the storage format and back.</summary>
internal static class CommitMapping
{
    public static StoredCommit ToStored(Commit commit)
    {
        var strings = new StringTableWriter(expected: 4);
        var stored = new StoredCommit
        {
            Revision = commit.Revision,
            Id = commit.Id,
            PreviousId = commit.PreviousId,
            At = commit.At.UtcTicks,
            Actor = strings.Add(commit.Actor),
            RequestId = strings.Add(commit.RequestId),
            Changes = { commit.Changes.Select(c => ToStored(c, strings)) },
            Trace = TraceMapping.ToStored(commit.Trace),
            PayloadHash = commit.RequestId.Length > 0 ? commit.PayloadHash : 0,
            BegunSessionId = strings.Add(commit.BegunSessionId),
        };
        stored.Strings = strings.ToStored();
        return stored;
    }

    public static Commit ToCore(StoredCommit stored)
    {
        var strings = new StringTableReader(stored.Strings);
        return new(
            stored.Revision,
            stored.Id,
            stored.PreviousId,
            Time(stored.At),
            strings.Get(stored.Actor),
            strings.Get(stored.RequestId),
            [.. stored.Changes.Select(c => ToCore(c, strings))])
        {
            Trace = TraceMapping.ToCore(stored.Trace.Span),
            PayloadHash = stored.PayloadHash,
            BegunSessionId = strings.Find(stored.BegunSessionId),
        };
    }

    /// <summary>Maps the request that made the commit, and nothing else.</summary>
    public static RequestEntry ToRequestEntry(StoredCommit stored)
    {
        var strings = new StringTableReader(stored.Strings);
        var id = strings.Get(stored.RequestId);
        return new(
            new HistoryPosition(stored.Revision, stored.Id),
            stored.PreviousId,
            id.Length > 0 ? new(id, stored.PayloadHash, stored.Revision, strings.Find(stored.BegunSessionId)) : null);
    }

    private static StoredChange ToStored(Change change, StringTableWriter strings) => change switch
    {
        Change.Transition c => new() { Transition = ToStored(c, strings) },
        Change.Acknowledged c => new() { Acknowledged = ToStored(c.Page, strings) },
        Change.ExpiryWarning c => new()
        {
            ExpiryWarning = new() { Page = ToStored(c.Page, strings), ExpiresAt = c.ExpiresAt.UtcTicks },
        },
        Change.HealthChanged c => new()
        {
            HealthChanged = new()
            {
                Page = ToStored(c.Page, strings),
                Health = (int)c.Health,
                Evidence = EvidenceMapping.ToStored(c.Evidence, strings),
                GrantId = c.GrantId,
            },
        },
        Change.Erased => new() { Erased = new() },
        Change.PlanChanged c => new() { PlanChanged = new() { Plan = (int)c.Plan, BoughtPages = c.BoughtPages, Limit = c.Limit } },
        Change.Imported c => new() { Imported = new() { Source = strings.Add(c.Source) } },
        Change.SessionMoved c => new()
        {
            SessionMoved = new()
            {
                SessionId = strings.Add(c.SessionId),
                Provider = (int)c.Provider,
                Step = (int)c.Step,
                Page = c.Page is { } page ? ToStored(page, strings) : null,
            },
        },
        _ => throw new UnreachableException(),
    };

    private static Change ToCore(StoredChange stored, StringTableReader strings) => stored.KindCase switch
    {
        StoredChange.KindOneofCase.Transition => ToCore(stored.Transition, strings),
        StoredChange.KindOneofCase.Acknowledged => new Change.Acknowledged(ToCore(stored.Acknowledged, strings)),
        StoredChange.KindOneofCase.ExpiryWarning => new Change.ExpiryWarning(
            ToCore(stored.ExpiryWarning.Page, strings), Time(stored.ExpiryWarning.ExpiresAt)),
        StoredChange.KindOneofCase.HealthChanged => new Change.HealthChanged(
            ToCore(stored.HealthChanged.Page, strings),
            Known<Health>(stored.HealthChanged.Health),
            EvidenceMapping.ToCore(stored.HealthChanged.Evidence, strings),
            stored.HealthChanged.GrantId),
        StoredChange.KindOneofCase.Erased => new Change.Erased(),
        StoredChange.KindOneofCase.PlanChanged => new Change.PlanChanged(
            Known<Plan>(stored.PlanChanged.Plan), stored.PlanChanged.BoughtPages, stored.PlanChanged.Limit),
        StoredChange.KindOneofCase.Imported => new Change.Imported(strings.Get(stored.Imported.Source)),
        StoredChange.KindOneofCase.SessionMoved => new Change.SessionMoved(
            strings.Get(stored.SessionMoved.SessionId),
            Known<Provider>(stored.SessionMoved.Provider),
            Known<SessionStep>(stored.SessionMoved.Step),
            stored.SessionMoved.Page is { } page ? ToCore(page, strings) : null),
        _ => throw new InvalidDataException($"unknown kind of change: {stored.KindCase}"),
    };

    private static StoredTransition ToStored(Change.Transition change, StringTableWriter strings)
    {
        var stored = new StoredTransition
        {
            Page = ToStored(change.Page, strings),
            Trigger = (int)change.Trigger,
            From = (int)change.From,
            To = (int)change.To,
            Cause = (int)change.Cause,
            Evidence = change.Evidence is { } evidence ? EvidenceMapping.ToStored(evidence, strings) : null,
            GrantId = change.GrantId,
        };
        if (change.FromSince is { } fromSince)
        {
            stored.FromSince = fromSince.UtcTicks;
        }

        return stored;
    }

    private static Change.Transition ToCore(StoredTransition stored, StringTableReader strings) => new(
        ToCore(stored.Page, strings),
        Known<Trigger>(stored.Trigger),
        Known<State>(stored.From),
        Known<State>(stored.To),
        Known<Cause>(stored.Cause),
        stored.Evidence is { } evidence ? EvidenceMapping.ToCore(evidence, strings) : null,
        stored.HasFromSince ? Time(stored.FromSince) : null,
        stored.GrantId);

    private static StoredPage ToStored(PageRef page, StringTableWriter strings) =>
        new() { Provider = (int)page.Provider, PageId = strings.Add(page.PageId) };

    private static PageRef ToCore(StoredPage stored, StringTableReader strings) => new(Known<Provider>(stored.Provider), strings.Get(stored.PageId));
}
