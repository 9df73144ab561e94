using ConnectionState.Core;
using static ConnectionState.Store.Records.StoredValues;

namespace ConnectionState.Store.Records;

/// <summary>A record as it is stored.</summary>
internal static class RecordMapping
{
    public static StoredRecord ToStored(MerchantRecord record)
    {
        var stored = new StoredRecord
        {
            MerchantId = record.MerchantId,
            Revision = record.Revision,
            BoughtPages = record.BoughtPages,
            TrialEndsAt = StoredValues.ToStored(record.TrialEndsAt),
            NextOrder = record.NextOrder,
            Connections = { record.Connections.Select(ToStored) },
            Sessions = { record.Sessions.Select(SessionMapping.ToStored) },
            Requests = { record.Requests.Select(ToStored) },
        };
        if (record.Plan is { } plan)
        {
            stored.Plan = (int)plan;
        }

        return stored;
    }

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

    private static StoredConnection ToStored(Connection connection)
    {
        var stored = new StoredConnection
        {
            Page = StoredValues.ToStored(connection.Page),
            PageName = connection.PageName,
            State = (int)connection.State,
            Cause = (int)connection.Cause,
            AccountId = connection.AccountId,
            StateSince = StoredValues.ToStored(connection.StateSince),
            GrantSince = StoredValues.ToStored(connection.GrantSince),
            ConnectedAt = StoredValues.ToStored(connection.ConnectedAt),
            ExpiresAt = StoredValues.ToStored(connection.ExpiresAt),
            ExpiresSoon = connection.ExpiresSoon,
            Acknowledged = connection.Acknowledged,
            Revision = connection.Revision,
            Order = connection.Order,
        };
        if (connection.SessionId is { } sessionId)
        {
            stored.SessionId = sessionId;
        }

        return stored;
    }

    private static Connection ToCore(StoredConnection stored) => new()
    {
        Page = StoredValues.ToCore(stored.Page),
        PageName = stored.PageName,
        State = Known<State>(stored.State),
        Cause = Known<Cause>(stored.Cause),
        AccountId = stored.AccountId,
        StateSince = StoredValues.ToCore(stored.StateSince),
        GrantSince = StoredValues.ToCore(stored.GrantSince),
        ConnectedAt = ToCoreOrNull(stored.ConnectedAt),
        ExpiresAt = ToCoreOrNull(stored.ExpiresAt),
        ExpiresSoon = stored.ExpiresSoon,
        Acknowledged = stored.Acknowledged,
        Revision = stored.Revision,
        Order = stored.Order,
        SessionId = stored.HasSessionId ? stored.SessionId : null,
    };

    private static StoredRequest ToStored(RememberedRequest request)
    {
        var stored = new StoredRequest { Id = request.Id, PayloadHash = request.PayloadHash, Revision = request.Revision };
        if (request.SessionId is { } sessionId)
        {
            stored.SessionId = sessionId;
        }

        return stored;
    }

    private static RememberedRequest ToCore(StoredRequest stored) =>
        new(stored.Id, stored.PayloadHash, stored.Revision, stored.HasSessionId ? stored.SessionId : null);
}
