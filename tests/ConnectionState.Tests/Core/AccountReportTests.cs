using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>Reports about an account are about every listed connection that uses it.</summary>
public class AccountReportTests
{
    private static readonly PageRef First = Pages.Oa(1);
    private static readonly PageRef Second = Pages.Oa(2);
    private static readonly AccountRef Owner = new(Provider.Zalo, Pages.Owner.Id);

    private readonly CoreMerchant merchant = new();

    [Fact]
    public void All_listed_connections_of_the_account_change_in_one_revision()
    {
        merchant.Connect(First);
        merchant.Connect(Second);
        merchant.Connect(Pages.Fanpage(1));
        var revision = merchant.Record.Revision;

        var changed = merchant.ExpectChanged(Report(Signal.PermissionRevoked));

        Assert.Equal([First, Second], changed.Changes.Cast<Change.Transition>().Select(change => change.Page));
        Assert.All([merchant[First], merchant[Second]], c => Assert.Equal((State.Revoked, Cause.PermissionRevoked, revision + 1), (c.State, c.Cause, c.Revision)));
        Assert.Equal(State.Connected, merchant[Pages.Fanpage(1)].State);
    }

    [Fact]
    public void A_connection_of_another_account_does_not_change()
    {
        merchant.Connect(First);
        var session = merchant.BeginSession(Provider.Zalo);
        merchant.ExpectChanged(SignInAs(session, new Account("colleague", "Colleague", IsPersonal: true), Second.Offered()));
        merchant.ExpectChanged(Choose(session, Second));
        merchant.ExpectChanged(Grant(session));

        merchant.ExpectChanged(Report(Signal.TokenExpired));

        Assert.Equal((State.Expired, State.Connected), (merchant[First].State, merchant[Second].State));
    }

    [Fact]
    public void A_connection_with_a_later_grant_and_one_that_has_left_the_list_do_not_change()
    {
        merchant.Connect(First);
        merchant.Connect(Pages.Oa(3));
        merchant.ExpectChanged(Disconnect(Pages.Oa(3)));
        var observed = merchant.Now;
        merchant.After(TimeSpan.FromSeconds(1));
        merchant.Connect(Second);

        var changed = merchant.ExpectChanged(Report(Signal.PermissionRevoked, observed));

        Assert.Equal(First, Assert.IsType<Change.Transition>(Assert.Single(changed.Changes)).Page);
        Assert.Equal((State.Connected, State.Disconnected), (merchant[Second].State, merchant[Pages.Oa(3)].State));
    }

    [Fact]
    public void A_connection_whose_state_does_not_permit_it_does_not_keep_the_others_from_the_report()
    {
        merchant.Request(First);
        merchant.Connect(Second);

        var changed = merchant.ExpectChanged(Report(Signal.TokenExpired));

        Assert.Equal(Second, Assert.IsType<Change.Transition>(Assert.Single(changed.Changes)).Page);
        Assert.Equal(State.Pending, merchant[First].State);
        merchant.ExpectUnchanged(Report(Signal.TokenExpired));
    }

    [Fact]
    public void One_request_id_covers_all_connections_of_the_merchant()
    {
        merchant.Connect(First);
        merchant.Connect(Second);
        var report = Report(Signal.PermissionRevoked) with { Origin = CoreMerchant.NewOrigin("r1", payloadHash: 1) };
        merchant.ExpectChanged(report);
        merchant.ExpectChanged(Renew(First));

        Assert.IsType<Decision.Repeated>(merchant.Execute(report));

        Assert.Equal((State.Connected, State.Revoked), (merchant[First].State, merchant[Second].State));
    }

    private Command.ReportAccount Report(Signal signal, DateTimeOffset? observedAt = null) =>
        new(CoreMerchant.NewOrigin(), Owner, signal, observedAt ?? merchant.Now);
}
