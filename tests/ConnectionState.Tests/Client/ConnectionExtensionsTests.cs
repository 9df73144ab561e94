using ConnectionStateService.Client;
using ConnectionStateService.V1;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Tests.Client;

public sealed class ConnectionExtensionsTests
{
    [Theory]
    [InlineData(State.Pending, Cause.Unspecified, false, false)]
    [InlineData(State.Connected, Cause.Unspecified, false, true)]
    [InlineData(State.Refused, Cause.ConsentRefused, false, false)]
    [InlineData(State.Expired, Cause.TokenExpired, true, false)]
    [InlineData(State.Revoked, Cause.PermissionRevoked, true, false)]
    [InlineData(State.Revoked, Cause.RoleLost, true, false)]
    [InlineData(State.Deleted, Cause.PageDeleted, true, false)]
    [InlineData(State.Disconnected, Cause.SignedInElsewhere, true, false)]
    [InlineData(State.Disconnected, Cause.MerchantDisconnected, false, false)]
    public void IsLost_and_CanSend_follow_from_state_and_cause(State state, Cause cause, bool isLost, bool canSend)
    {
        var connection = new Connection { State = state, Cause = cause };

        Assert.Equal((isLost, canSend), (connection.IsLost(), connection.CanSend()));
    }

    [Theory]
    [InlineData(Health.Suspect, true)]
    [InlineData(Health.Ok, false)]
    [InlineData(Health.Unspecified, false)]
    public void A_suspect_page_can_send_and_is_not_lost(Health health, bool isSuspect)
    {
        var connection = new Connection { State = State.Connected, Health = health };

        Assert.Equal((isSuspect, true, false), (connection.IsSuspect(), connection.CanSend(), connection.IsLost()));
    }

    [Fact]
    public void Find_returns_the_connection_to_a_page_or_null()
    {
        var connection = new Connection { Page = new() { Provider = Provider.Zalo, PageId = "1" } };
        var list = new PageList { Connections = { connection } };

        Assert.Same(connection, list.Find(new() { Provider = Provider.Zalo, PageId = "1" }));
        Assert.Null(list.Find(new() { Provider = Provider.Facebook, PageId = "1" }));
    }

    [Fact]
    public void IsLost_agrees_with_the_server_in_every_state_for_every_cause()
    {
        foreach (var state in Enum.GetValues<ConnectionStateService.Core.State>())
        {
            foreach (var cause in Enum.GetValues<ConnectionStateService.Core.Cause>())
            {
                var connection = new ConnectionStateService.Core.Connection
                {
                    Page = new(ConnectionStateService.Core.Provider.Zalo, "p"),
                    PageName = "p",
                    AccountId = "a",
                    State = state,
                    Cause = cause,
                    StateSince = default,
                    GrantSince = default,
                    IssuedAt = default,
                    Revision = 1,
                    Order = 1,
                };

                // The numbers of the core are those of the wire; another test compares them.
                Assert.Equal(connection.IsLost, ((State)state).IsLost((Cause)cause));
            }
        }
    }
}
