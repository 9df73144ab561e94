using ConnectionStateService.V1;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Client;

/// <summary>Whether a connection can send messages, whether it is suspect, and whether it is lost.</summary>
public static class ConnectionExtensions
{
    /// <summary>
    /// True if the connection was lost through no action of the merchant's: expired, revoked, deleted, or disconnected because another
    /// account signed in. Also true for a page that was lost while PENDING, before the provider's answer, and so was never connected. False
    /// for PENDING, CONNECTED, REFUSED, and a connection that the merchant disconnected.
    /// </summary>
    public static bool IsLost(this Connection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return connection.State.IsLost(connection.Cause);
    }

    /// <summary>
    /// True if the page is CONNECTED but may be lost: show it as "checking". It can still send; a success that is reported ends the suspicion.
    /// </summary>
    public static bool IsSuspect(this Connection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return connection.Health is Health.Suspect;
    }

    /// <summary>True if messages can be sent through the page: the connection is CONNECTED, suspect or not.</summary>
    public static bool CanSend(this Connection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return connection.State.CanSend();
    }

    /// <summary>Returns the connection to a page, or null if the page is not listed.</summary>
    public static Connection? Find(this PageList list, PageRef page)
    {
        ArgumentNullException.ThrowIfNull(list);
        ArgumentNullException.ThrowIfNull(page);
        return list.Connections.FirstOrDefault(connection => connection.Page.Equals(page));
    }

    /// <summary>True if a connection in this state, for this cause, is lost; see <see cref="IsLost(Connection)"/>.</summary>
    public static bool IsLost(this State state, Cause cause) =>
        state is State.Expired or State.Revoked or State.Deleted || (state is State.Disconnected && cause is Cause.SignedInElsewhere);

    /// <summary>True if messages can be sent through a page in this state: CONNECTED.</summary>
    public static bool CanSend(this State state) => state is State.Connected;
}
