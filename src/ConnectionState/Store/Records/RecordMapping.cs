using System.Collections.Immutable;
using ConnectionStateService.Core;
using static ConnectionStateService.Store.Records.StoredValues;

namespace ConnectionStateService.Store.Records;

/// <summary>A record as it is stored.</summary>
internal static class RecordMapping
{
    public static StoredRecord ToStored(MerchantRecord record)
    {
        var texts = new StringTableWriter(expected: record.Requests.Length + (4 * record.Connections.Length) + record.Sessions.Length);
        var stored = new StoredRecord
        {
            Revision = record.Revision,
            BoughtPages = record.BoughtPages,
            NextOrder = record.NextOrder,
            Connections = { record.Connections.Select(c => ToStored(c, texts)) },
            Sessions = { record.Sessions.Select(s => SessionMapping.ToStored(s, texts)) },
        };
        if (record.Plan is { } plan)
        {
            stored.Plan = (int)plan;
        }

        if (record.TrialEndsAt is { } trialEndsAt)
        {
            stored.TrialEndsAt = trialEndsAt.UtcTicks;
        }

        AddRequests(stored, record.Requests, texts);
        stored.Texts = texts.ToStored();
        return stored;
    }

    public static MerchantRecord ToCore(string merchantId, StoredRecord stored)
    {
        var texts = new StringTableReader(stored.Texts);
        return new()
        {
            MerchantId = merchantId,
            Revision = stored.Revision,
            Plan = stored.HasPlan ? Known<Plan>(stored.Plan) : null,
            BoughtPages = stored.BoughtPages,
            TrialEndsAt = stored.HasTrialEndsAt ? Time(stored.TrialEndsAt) : null,
            NextOrder = stored.NextOrder,
            Connections = [.. stored.Connections.Select(c => ToCore(c, texts))],
            Sessions = [.. stored.Sessions.Select(s => SessionMapping.ToCore(s, texts))],
            Requests = [.. Enumerable.Range(0, stored.RequestIds.Count).Select(n => RequestToCore(stored, n, texts))],
        };
    }

    private static StoredConnection ToStored(Connection connection, StringTableWriter texts)
    {
        var since = connection.StateSince.UtcTicks;
        var stored = new StoredConnection
        {
            Provider = (int)connection.Page.Provider,
            PageId = texts.Refer(connection.Page.PageId),
            PageName = texts.Refer(connection.PageName),
            State = (int)connection.State,
            Cause = (int)connection.Cause,
            AccountId = texts.Refer(connection.AccountId),
            StateSince = since,
            GrantSinceAfter = connection.GrantSince.UtcTicks - since,
            ExpiresSoon = connection.ExpiresSoon,
            Acknowledged = connection.Acknowledged,
            Revision = connection.Revision,
            Order = connection.Order,
            SessionId = texts.Refer(connection.SessionId),
        };
        if (connection.ConnectedAt is { } connectedAt)
        {
            stored.ConnectedAfter = connectedAt.UtcTicks - since;
        }

        if (connection.ExpiresAt is { } expiresAt)
        {
            stored.ExpiresAfter = expiresAt.UtcTicks - since;
        }

        return stored;
    }

    private static Connection ToCore(StoredConnection stored, StringTableReader texts) => new()
    {
        Page = new PageRef(Known<Provider>(stored.Provider), texts.Get(stored.PageId)),
        PageName = texts.Get(stored.PageName),
        State = Known<State>(stored.State),
        Cause = Known<Cause>(stored.Cause),
        AccountId = texts.Get(stored.AccountId),
        StateSince = Time(stored.StateSince),
        GrantSince = Time(stored.StateSince + stored.GrantSinceAfter),
        ConnectedAt = stored.HasConnectedAfter ? Time(stored.StateSince + stored.ConnectedAfter) : null,
        ExpiresAt = stored.HasExpiresAfter ? Time(stored.StateSince + stored.ExpiresAfter) : null,
        ExpiresSoon = stored.ExpiresSoon,
        Acknowledged = stored.Acknowledged,
        Revision = stored.Revision,
        Order = stored.Order,
        SessionId = texts.Find(stored.SessionId),
    };

    private static void AddRequests(StoredRecord stored, ImmutableArray<RememberedRequest> requests, StringTableWriter texts)
    {
        foreach (var request in requests)
        {
            stored.RequestIds.Add(texts.Refer(request.Id));
            stored.RequestPayloadHashes.Add(request.PayloadHash);
            stored.RequestRevisions.Add(request.Revision);
            stored.RequestSessionIds.Add(texts.Refer(request.SessionId));
        }
    }

    private static RememberedRequest RequestToCore(StoredRecord stored, int n, StringTableReader texts) => new(
        texts.Get(stored.RequestIds[n]),
        stored.RequestPayloadHashes[n],
        stored.RequestRevisions[n],
        texts.Find(stored.RequestSessionIds[n]));
}
