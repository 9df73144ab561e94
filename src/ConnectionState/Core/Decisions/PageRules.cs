namespace ConnectionStateService.Core.Decisions;

/// <summary>The merchant acknowledges or disconnects a page (R17, R18, R20, R21).</summary>
internal static class PageRules
{
    public static Fault? Acknowledge(DecisionBuilder decision, Command.Acknowledge command)
    {
        if (decision.Record.Find(command.Page) is not { } connection)
        {
            return new Fault.ConnectionNotFound(command.Page);
        }

        AcknowledgeLoss(decision, connection);
        return null;
    }

    public static Fault? Disconnect(DecisionBuilder decision, Command.Disconnect command)
    {
        if (decision.Record.Find(command.Page) is not { } connection)
        {
            return new Fault.ConnectionNotFound(command.Page);
        }

        // A displaced page is already disconnected. Acknowledging it removes it from the list.
        if (connection.State is State.Disconnected)
        {
            AcknowledgeLoss(decision, connection);
            return null;
        }

        return decision.Fire(connection, Trigger.Disconnect, Cause.MerchantDisconnected);
    }

    private static void AcknowledgeLoss(DecisionBuilder decision, Connection connection)
    {
        if (connection is { IsLost: true, Acknowledged: false })
        {
            decision.Put(connection with { Acknowledged = true }, new Change.Acknowledged(connection.Page));
        }
    }
}
