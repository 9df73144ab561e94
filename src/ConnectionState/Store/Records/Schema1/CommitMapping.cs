using ConnectionStateService.Core;
using static ConnectionStateService.Store.Records.Schema1.Schema1Values;
using static ConnectionStateService.Store.Records.StoredValues;

namespace ConnectionStateService.Store.Records.Schema1;

/// <summary>A commit as it was stored with schema 1.</summary>
internal static class CommitMapping
{
    public static Commit ToCore(StoredCommit stored) => new(
        stored.Revision,
        stored.Id,
        stored.PreviousId,
        Schema1Values.ToCore(stored.At),
        stored.Actor,
        stored.RequestId,
        [.. stored.Changes.Select(ToCore)]);

    private static Change ToCore(StoredChange stored) => stored.KindCase switch
    {
        StoredChange.KindOneofCase.Transition => ToCore(stored.Transition),
        StoredChange.KindOneofCase.Acknowledged => new Change.Acknowledged(Schema1Values.ToCore(stored.Acknowledged)),
        StoredChange.KindOneofCase.ExpiryWarning => new Change.ExpiryWarning(
            Schema1Values.ToCore(stored.ExpiryWarning.Page), Schema1Values.ToCore(stored.ExpiryWarning.ExpiresAt)),
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
        Schema1Values.ToCore(stored.Page),
        Known<Trigger>(stored.Trigger),
        Known<State>(stored.From),
        Known<State>(stored.To),
        Known<Cause>(stored.Cause),
        stored.Evidence is { } e
            ? new Evidence(
                e.HasCode ? e.Code : null, e.HasSubcode ? e.Subcode : null, Schema1Values.ToCore(e.ObservedAt), e.ReportedBy)
            : null,
        ToCoreOrNull(stored.FromSince));
}
