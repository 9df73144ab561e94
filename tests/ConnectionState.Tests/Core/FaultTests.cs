using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>Every fault of a decision, each produced by a short sequence of commands. A new fault fails until it has one.</summary>
public class FaultTests
{
    private static readonly PageRef Oa = Pages.Oa(1);

    // Prepares a merchant and returns a command that is refused with the fault.
    private static readonly Dictionary<Type, Func<CoreMerchant, Command>> Commands = new()
    {
        [typeof(Fault.ConnectionNotFound)] = _ => Acknowledge(Oa),
        [typeof(Fault.AccountNotConnected)] = merchant =>
        {
            merchant.Connect(Oa);
            merchant.ExpectChanged(new Command.Disconnect(CoreMerchant.NewOrigin(), Oa));
            return new Command.ReportAccount(CoreMerchant.NewOrigin(), new(Oa.Provider, Pages.Owner.Id), Signal.PermissionRevoked, merchant.Now);
        },
        [typeof(Fault.SessionNotFound)] = _ => Refuse("unknown"),
        [typeof(Fault.IllegalTransition)] = merchant =>
        {
            merchant.ExpectChanged(Refuse(merchant.Request(Oa)));
            return Report(Oa, Signal.TokenExpired);
        },
        [typeof(Fault.StepNotAllowed)] = merchant => Grant(merchant.BeginSession(Provider.Zalo)),
        [typeof(Fault.PageQuotaExceeded)] = merchant =>
        {
            merchant.ExpectChanged(SetPlan(Plan.Trial));
            merchant.Connect(Oa);
            return Begin("next", Provider.Zalo);
        },
        [typeof(Fault.SessionLimitExceeded)] = merchant =>
        {
            for (var n = 0; n < merchant.Rules.Retention.Sessions; n++)
            {
                merchant.Request(Oa);
            }

            return Begin("next", Provider.Zalo);
        },
        [typeof(Fault.ReconnectPageMismatch)] = merchant =>
        {
            merchant.Connect(Oa);
            var session = merchant.BeginSession(Provider.Zalo, Oa.PageId);
            merchant.ExpectChanged(SignIn(session, Pages.Oa(2).Offered()));
            return Choose(session, Pages.Oa(2));
        },
        [typeof(Fault.AccountNotPersonal)] = merchant => new Command.SubmitAccount(
            CoreMerchant.NewOrigin(), merchant.BeginSession(Provider.Zalo), Pages.Owner with { IsPersonal = false }, [Oa.Offered()], Complete: false),
        [typeof(Fault.PageRoleTooLow)] = merchant =>
        {
            var session = merchant.BeginSession(Provider.Zalo);
            merchant.ExpectChanged(SignIn(session, Oa.Offered(PageRole.Moderator)));
            return Choose(session, Oa);
        },
        [typeof(Fault.PageNotOffered)] = merchant => Choose(merchant.OpenSession(Oa), Pages.Oa(2)),
        [typeof(Fault.ConsentRequired)] = merchant => Grant(merchant.Request(Oa), consent: false),
        [typeof(Fault.PageAlreadyConnected)] = merchant =>
        {
            merchant.Connect(Oa);
            var session = merchant.BeginSession(Provider.Zalo);
            merchant.ExpectChanged(SignIn(session, Oa.Offered()));
            return Choose(session, Oa);
        },
        [typeof(Fault.ExpiryInPast)] = merchant => Grant(merchant.Request(Oa), merchant.Now),
        [typeof(Fault.RecordTooLarge)] = merchant =>
        {
            RecordSizeTests.Fill(merchant);
            return Begin("next", Provider.Facebook);
        },
        [typeof(Fault.RequestIdReused)] = merchant =>
        {
            merchant.ExpectChanged(SetPlan(Plan.Trial) with { Origin = CoreMerchant.NewOrigin("r1", payloadHash: 1) });
            return SetPlan(Plan.Standard) with { Origin = CoreMerchant.NewOrigin("r1", payloadHash: 2) };
        },
    };

    public static TheoryData<string> Faults => [.. Commands.Keys.Select(type => type.Name)];

    // MerchantCommitter returns ConcurrentChange and MerchantBusy, not the decision.
    [Fact]
    public void Every_fault_of_a_decision_has_a_command_here() => Assert.Equal(
        typeof(Fault).GetNestedTypes().Except([typeof(Fault.ConcurrentChange), typeof(Fault.MerchantBusy)]).Select(type => type.Name).Order(),
        Commands.Keys.Select(type => type.Name).Order());

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_refused_command_returns_the_fault_and_changes_nothing(string fault)
    {
        var merchant = new CoreMerchant();
        var command = Commands.Single(c => c.Key.Name == fault).Value(merchant);
        var before = merchant.Record;

        var refused = Assert.IsType<Decision.Refused>(merchant.Execute(command));

        Assert.Equal(fault, refused.Fault.GetType().Name);
        Assert.Same(before, merchant.Record);
    }
}
