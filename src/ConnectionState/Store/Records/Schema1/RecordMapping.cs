using ConnectionStateService.Core;
using static ConnectionStateService.Store.Records.Schema1.Schema1Values;
using static ConnectionStateService.Store.Records.StoredValues;

namespace ConnectionStateService.Store.Records.Schema1;

/// <summary>A record as it was stored with schema 1.</summary>
internal static class RecordMapping
{
    public static MerchantRecord ToCore(StoredRecord stored) => new()
    {
        MerchantId = stored.MerchantId,
        Revision = stored.Revision,
        Plan = stored.HasPlan ? Known<Plan>(stored.Plan) : null,
        BoughtPages = stored.BoughtPages,
        TrialEndsAt = ToCoreOrNull(stored.TrialEndsAt),
        NextOrder = stored.NextOrder,
        Connections = [.. stored.Connections.Select(ToCore)],
        Sessions = [.. stored.Sessions.Select(SessionMapping.ToCore)],
        Requests = [.. stored.Requests.Select(ToCore)],
    };

    private static Connection ToCore(StoredConnection stored) => new()
    {
        Page = Schema1Values.ToCore(stored.Page),
        PageName = stored.PageName,
        State = Known<State>(stored.State),
        Cause = Known<Cause>(stored.Cause),
        AccountId = stored.AccountId,
        StateSince = Schema1Values.ToCore(stored.StateSince),
        GrantSince = Schema1Values.ToCore(stored.GrantSince),
        ConnectedAt = ToCoreOrNull(stored.ConnectedAt),
        ExpiresAt = ToCoreOrNull(stored.ExpiresAt),
        ExpiresSoon = stored.ExpiresSoon,
        Acknowledged = stored.Acknowledged,
        Revision = stored.Revision,
        Order = stored.Order,
        SessionId = stored.HasSessionId ? stored.SessionId : null,
    };

    private static RememberedRequest ToCore(StoredRequest stored) =>
        new(stored.Id, (uint)stored.PayloadHash, stored.Revision, stored.HasSessionId ? stored.SessionId : null);
}
