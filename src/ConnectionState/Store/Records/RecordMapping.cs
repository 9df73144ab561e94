using ConnectionStateService.Core;
using static ConnectionStateService.Store.Records.StoredValues;

namespace ConnectionStateService.Store.Records;

/// <summary>Maps the page list parts of records to the storage format and back.</summary>
internal static class RecordMapping
{
    public static StoredRecord ToStored(MerchantRecord record)
    {
        var strings = new StringTableWriter(expected: (4 * record.Connections.Length) + (2 * record.Sessions.Length));
        var stored = new StoredRecord
        {
            Revision = record.Revision,
            BoughtPages = record.BoughtPages,
            NextOrder = record.NextOrder,
            Erased = record.IsErased,
            Connections = { record.Connections.Select(c => ToStored(c, strings)) },
            Sessions = { record.Sessions.Select(s => SessionMapping.ToStored(s, strings)) },
        };
        if (record.Plan is { } plan)
        {
            stored.Plan = (int)plan;
        }

        if (record.ChangedAt is { } changedAt)
        {
            stored.ChangedAt = changedAt.UtcTicks;
        }

        if (record.TrialEndsAt is { } trialEndsAt)
        {
            stored.TrialEndsAt = trialEndsAt.UtcTicks;
        }

        (stored.RequestsFrom, stored.RequestsTo) = record.RequestSpan;
        stored.Strings = strings.ToStored();
        return stored.WithUnknown(record.NewerFields);
    }

    public static MerchantRecord ToCore(string merchantId, StoredRecord stored)
    {
        var strings = new StringTableReader(stored.Strings);
        var record = new MerchantRecord
        {
            MerchantId = merchantId,
            Revision = stored.Revision,
            ChangedAt = stored.HasChangedAt ? Time(stored.ChangedAt) : null,
            Plan = stored.HasPlan ? Known<Plan>(stored.Plan) : null,
            BoughtPages = stored.BoughtPages,
            TrialEndsAt = stored.HasTrialEndsAt ? Time(stored.TrialEndsAt) : null,
            NextOrder = stored.NextOrder,
            IsErased = stored.Erased,
            NewerFields = stored.Unknown,
            Connections = [.. stored.Connections.Select(c => ToCore(c, strings))],
            Sessions = [.. stored.Sessions.Select(s => SessionMapping.ToCore(s, strings))],
        };
        return record with { RequestSpan = new RequestSpan(stored.RequestsFrom, stored.RequestsTo) };
    }

    private static StoredConnection ToStored(Connection connection, StringTableWriter strings)
    {
        var since = connection.StateSince.UtcTicks;
        var stored = new StoredConnection
        {
            Provider = (int)connection.Page.Provider,
            PageId = strings.Add(connection.Page.PageId),
            PageName = strings.Add(connection.PageName),
            State = (int)connection.State,
            Cause = (int)connection.Cause,
            AccountId = strings.Add(connection.AccountId),
            StateSince = since,
            GrantSinceAfter = connection.GrantSince.UtcTicks - since,
            ExpiresSoon = connection.ExpiresSoon,
            Acknowledged = connection.Acknowledged,
            Revision = connection.Revision,
            Order = connection.Order,
            GrantId = connection.GrantId,
            FollowsGrant = connection.FollowsGrant,
            PreviousHoldId = connection.PreviousHoldId,
            IssuedAfter = connection.IssuedAt.UtcTicks - connection.GrantSince.UtcTicks,
            Suspicion = connection.Suspicion is { } suspicion ? EvidenceMapping.ToStored(suspicion, strings) : null,
            LossEvidence = connection.LossEvidence is { } evidence ? EvidenceMapping.ToStored(evidence, strings) : null,
        };
        if (connection.HoldId != connection.GrantId)
        {
            stored.HoldId = connection.HoldId;
        }

        if (connection.ConnectedAt is { } connectedAt)
        {
            stored.ConnectedAfter = connectedAt.UtcTicks - since;
        }

        if (connection.ExpiresAt is { } expiresAt)
        {
            stored.ExpiresAfter = expiresAt.UtcTicks - since;
        }

        if (connection.VerifiedAt is { } verifiedAt)
        {
            stored.VerifiedAt = verifiedAt.UtcTicks;
        }

        return stored.WithUnknown(connection.NewerFields);
    }

    private static Connection ToCore(StoredConnection stored, StringTableReader strings) => new()
    {
        Page = new PageRef(Known<Provider>(stored.Provider), strings.Get(stored.PageId)),
        PageName = strings.Get(stored.PageName),
        State = Known<State>(stored.State),
        Cause = Known<Cause>(stored.Cause),
        AccountId = strings.Get(stored.AccountId),
        StateSince = Time(stored.StateSince),
        GrantSince = Time(stored.StateSince + stored.GrantSinceAfter),
        ConnectedAt = stored.HasConnectedAfter ? Time(stored.StateSince + stored.ConnectedAfter) : null,
        ExpiresAt = stored.HasExpiresAfter ? Time(stored.StateSince + stored.ExpiresAfter) : null,
        ExpiresSoon = stored.ExpiresSoon,
        Acknowledged = stored.Acknowledged,
        Revision = stored.Revision,
        Order = stored.Order,
        GrantId = stored.GrantId,
        FollowsGrant = stored.FollowsGrant,
        HoldId = stored.HasHoldId ? stored.HoldId : stored.GrantId,
        PreviousHoldId = stored.PreviousHoldId,
        NewerFields = stored.Unknown,
        IssuedAt = Time(stored.StateSince + stored.GrantSinceAfter + stored.IssuedAfter),
        VerifiedAt = stored.HasVerifiedAt ? Time(stored.VerifiedAt) : null,
        Suspicion = stored.Suspicion is { } suspicion ? EvidenceMapping.ToCore(suspicion, strings) : null,
        LossEvidence = stored.LossEvidence is { } evidence ? EvidenceMapping.ToCore(evidence, strings) : null,
    };
}
