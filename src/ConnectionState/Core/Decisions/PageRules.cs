namespace ConnectionStateService.Core;

/// <summary>What the merchant does with a page in the list (R17, R18, R20, R21).</summary>
internal static class PageRules
{
    public static Fault? Acknowledge(Draft draft, Command.Acknowledge command)
    {
        if (draft.Record.Find(command.Page) is not { } connection)
        {
            return new Fault.ConnectionNotFound(command.Page);
        }

        AcknowledgeLoss(draft, connection);
        return null;
    }

    public static Fault? Disconnect(Draft draft, Command.Disconnect command)
    {
        if (draft.Record.Find(command.Page) is not { } connection)
        {
            return new Fault.ConnectionNotFound(command.Page);
        }

        // A displaced page is disconnected already; what is left of it in the list goes.
        if (connection.State is State.Disconnected)
        {
            AcknowledgeLoss(draft, connection);
            return null;
        }

        return draft.Fire(connection, Trigger.Disconnect, Cause.MerchantDisconnected);
    }

    private static void AcknowledgeLoss(Draft draft, Connection connection)
    {
        if (connection is { IsLost: true, Acknowledged: false })
        {
            draft.Put(connection with { Acknowledged = true }, new Change.Acknowledged(connection.Page));
        }
    }
}
