using System.Diagnostics;
using ConnectionStateService.Core;
using static ConnectionStateService.Store.Records.StoredValues;

namespace ConnectionStateService.Store.Records;

/// <summary>A commit as it is stored.</summary>
internal static class CommitMapping
{
    private const int UsualTexts = 4;

    public static StoredCommit ToStored(Commit commit)
    {
        var texts = new StringTableWriter(UsualTexts);
        var stored = new StoredCommit
        {
            Revision = commit.Revision,
            Id = commit.Id,
            PreviousId = commit.PreviousId,
            At = commit.At.UtcTicks,
            Actor = texts.Refer(commit.Actor),
            RequestId = texts.Refer(commit.RequestId),
            Changes = { commit.Changes.Select(c => ToStored(c, texts)) },
        };
        stored.Texts = texts.ToStored();
        return stored;
    }

    public static Commit ToCore(StoredCommit stored)
    {
        var texts = new StringTableReader(stored.Texts);
        return new(
            stored.Revision,
            stored.Id,
            stored.PreviousId,
            Time(stored.At),
            texts.Get(stored.Actor),
            texts.Get(stored.RequestId),
            [.. stored.Changes.Select(c => ToCore(c, texts))]);
    }

    private static StoredChange ToStored(Change change, StringTableWriter texts) => change switch
    {
        Change.Transition c => new() { Transition = ToStored(c, texts) },
        Change.Acknowledged c => new() { Acknowledged = ToStored(c.Page, texts) },
        Change.ExpiryWarning c => new()
        {
            ExpiryWarning = new() { Page = ToStored(c.Page, texts), ExpiresAt = c.ExpiresAt.UtcTicks },
        },
        Change.PlanChanged c => new() { PlanChanged = new() { Plan = (int)c.Plan, BoughtPages = c.BoughtPages, Limit = c.Limit } },
        Change.SessionMoved c => new()
        {
            SessionMoved = new()
            {
                SessionId = texts.Refer(c.SessionId),
                Provider = (int)c.Provider,
                Step = (int)c.Step,
                Page = c.Page is { } page ? ToStored(page, texts) : null,
            },
        },
        _ => throw new UnreachableException(),
    };

    private static Change ToCore(StoredChange stored, StringTableReader texts) => stored.KindCase switch
    {
        StoredChange.KindOneofCase.Transition => ToCore(stored.Transition, texts),
        StoredChange.KindOneofCase.Acknowledged => new Change.Acknowledged(ToCore(stored.Acknowledged, texts)),
        StoredChange.KindOneofCase.ExpiryWarning => new Change.ExpiryWarning(
            ToCore(stored.ExpiryWarning.Page, texts), Time(stored.ExpiryWarning.ExpiresAt)),
        StoredChange.KindOneofCase.PlanChanged => new Change.PlanChanged(
            Known<Plan>(stored.PlanChanged.Plan), stored.PlanChanged.BoughtPages, stored.PlanChanged.Limit),
        StoredChange.KindOneofCase.SessionMoved => new Change.SessionMoved(
            texts.Get(stored.SessionMoved.SessionId),
            Known<Provider>(stored.SessionMoved.Provider),
            Known<SessionStep>(stored.SessionMoved.Step),
            stored.SessionMoved.Page is { } page ? ToCore(page, texts) : null),
        _ => throw new InvalidDataException($"a change of kind {stored.KindCase}"),
    };

    private static StoredTransition ToStored(Change.Transition change, StringTableWriter texts)
    {
        var stored = new StoredTransition
        {
            Page = ToStored(change.Page, texts),
            Trigger = (int)change.Trigger,
            From = (int)change.From,
            To = (int)change.To,
            Cause = (int)change.Cause,
            Evidence = change.Evidence is { } evidence ? ToStored(evidence, texts) : null,
        };
        if (change.FromSince is { } fromSince)
        {
            stored.FromSince = fromSince.UtcTicks;
        }

        return stored;
    }

    private static Change.Transition ToCore(StoredTransition stored, StringTableReader texts) => new(
        ToCore(stored.Page, texts),
        Known<Trigger>(stored.Trigger),
        Known<State>(stored.From),
        Known<State>(stored.To),
        Known<Cause>(stored.Cause),
        stored.Evidence is { } evidence ? ToCore(evidence, texts) : null,
        stored.HasFromSince ? Time(stored.FromSince) : null);

    private static StoredEvidence ToStored(Evidence evidence, StringTableWriter texts)
    {
        var stored = new StoredEvidence { ObservedAt = evidence.ObservedAt.UtcTicks, ReportedBy = texts.Refer(evidence.ReportedBy) };
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

    private static Evidence ToCore(StoredEvidence stored, StringTableReader texts) => new(
        stored.HasCode ? stored.Code : null,
        stored.HasSubcode ? stored.Subcode : null,
        Time(stored.ObservedAt),
        texts.Get(stored.ReportedBy));

    private static StoredPage ToStored(PageRef page, StringTableWriter texts) =>
        new() { Provider = (int)page.Provider, PageId = texts.Refer(page.PageId) };

    private static PageRef ToCore(StoredPage stored, StringTableReader texts) => new(Known<Provider>(stored.Provider), texts.Get(stored.PageId));
}
