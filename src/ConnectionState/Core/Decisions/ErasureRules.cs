namespace ConnectionStateService.Core.Decisions;

/// <summary>Erases merchants.</summary>
internal static class ErasureRules
{
    /// <summary>
    /// Empties the record. Nothing is listed any more, and no session is left. Pages and accounts stay until the record is removed: they lead to
    /// what the store keeps of the merchant elsewhere.
    /// </summary>
    public static Fault? Erase(DecisionBuilder decision)
    {
        var record = decision.Record;
        if (record.Revision > 0 && !record.IsErased)
        {
            decision.Erase([.. record.Connections.Select(connection => Erased(connection, decision.Now))]);
        }

        return null;
    }

    private static Connection Erased(Connection connection, DateTimeOffset now) => new()
    {
        Page = connection.Page,
        PageName = "",
        AccountId = connection.AccountId,
        State = State.Disconnected,
        Cause = Cause.MerchantDisconnected,
        StateSince = now,
        GrantSince = now,
        IssuedAt = now,
        Revision = connection.Revision,
        Order = connection.Order,
    };
}
