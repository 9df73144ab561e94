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

        if (connection is not { IsLost: true, Acknowledged: false })
        {
            return null;
        }

        var acknowledged = connection with { Acknowledged = true };
        decision.Put(acknowledged, new Change.Acknowledged(connection.Page));
        return RequestAgain(decision, acknowledged);
    }

    public static Fault? Disconnect(DecisionBuilder decision, Command.Disconnect command)
    {
        if (decision.Record.Find(command.Page) is not { } connection)
        {
            return new Fault.ConnectionNotFound(command.Page);
        }

        var fault = decision.Fire(connection, Trigger.Disconnect, Cause.MerchantDisconnected);
        foreach (var session in decision.Record.SessionsWaitingFor(command.Page).ToList())
        {
            decision.End(session, SessionEnd.Refused);
        }

        return fault;
    }

    // A page that leaves the list while a session waits for the provider's answer for it is pending, like any page that is not listed.
    private static Fault? RequestAgain(DecisionBuilder decision, Connection connection) =>
        !connection.IsListed && decision.Record.SessionsWaitingFor(connection.Page).FirstOrDefault() is { } session
            ? ConnectRules.Request(decision, session, connection.Page, connection.PageName)
            : null;
}
