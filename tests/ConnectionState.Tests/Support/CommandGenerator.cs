using ConnectionStateService.Core;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Support;

/// <summary>Random bytes that determine one command: the page, and one of the commands that make sense for it in the current state.</summary>
public readonly record struct CommandSeed(byte Page, byte Choice);

/// <summary>A command that was executed.</summary>
/// <param name="Merchant">The merchant after the command.</param>
/// <param name="Before">The record before the command.</param>
/// <param name="Command">The command.</param>
/// <param name="Decision">The decision.</param>
public sealed record ExecutedCommand(CoreMerchant Merchant, MerchantRecord Before, Command Command, Decision Decision);

/// <summary>
/// Generates commands for four pages and one to three slots, few enough that random commands reach every edge case. Uniformly random
/// commands hardly ever connect a page, so commands are chosen from those that make sense in the current state, with weights. The quota
/// is ignored: the core must refuse commands that exceed it.
/// </summary>
public static class CommandGenerator
{
    /// <summary>The maximum number of commands per case.</summary>
    public const int MaxCommands = 120;

    // Times of a few seconds, because the clock advances by one second per command.
    private static readonly Rules OnePage = new()
    {
        StandardPages = 1,
        TrialPages = 1,
        NewGrantGrace = TimeSpan.FromSeconds(2),
        SoftSignalPeriod = TimeSpan.FromSeconds(4),
    };

    private static readonly Account Colleague = new("colleague", "Colleague", IsPersonal: true);

    public static IReadOnlyList<PageRef> AllPages { get; } = [Pages.Fanpage(1), Pages.Oa(1), Pages.Fanpage(2), Pages.Oa(2)];

    public static IReadOnlyList<AccountRef> AllAccounts { get; } =
        [.. Enum.GetValues<Provider>().SelectMany(provider => new[] { Pages.Owner, Colleague }.Select(account => new AccountRef(provider, account.Id)))];

    /// <summary>Creates a merchant with one to three slots.</summary>
    public static CoreMerchant NewMerchant(IReadOnlyList<CommandSeed> seeds)
    {
        var merchant = new CoreMerchant(OnePage);
        merchant.Execute(SetPlan(Plan.Standard, seeds.Count % 3));
        return merchant;
    }

    /// <summary>Executes the commands and calls <paramref name="check"/> after each.</summary>
    public static CoreMerchant Run(IReadOnlyList<CommandSeed> seeds, Action<ExecutedCommand> check)
    {
        var merchant = NewMerchant(seeds);
        foreach (var seed in seeds)
        {
            var before = merchant.Record;
            var command = Next(merchant, seed);
            AdvanceClock(merchant, command);
            check(new ExecutedCommand(merchant, before, command, merchant.Execute(command)));
        }

        return merchant;
    }

    /// <summary>Returns the command that a seed selects in the merchant's current state.</summary>
    public static Command Next(CoreMerchant merchant, CommandSeed seed)
    {
        var commands = CommandsFor(merchant, AllPages[seed.Page % AllPages.Count]).ToList();
        return commands[seed.Choice % commands.Count];
    }

    /// <summary>Advances the clock before a command: to the next deadline before a tick, otherwise by one second.</summary>
    public static void AdvanceClock(CoreMerchant merchant, Command command) =>
        merchant.At(command is Command.Tick && merchant.NextDeadline > merchant.Now ? merchant.NextDeadline.Value : merchant.Now.AddSeconds(1));

    /// <summary>Returns the commands to choose from for a page. Commands that make progress appear several times.</summary>
    public static IEnumerable<Command> CommandsFor(CoreMerchant merchant, PageRef page) =>
    [
        .. SessionCommands(merchant, page),
        .. PageCommands(merchant, page),
        Tick(),
        Tick(),
        merchant.Record.Revision % 4 is var bought and < 3 ? SetPlan(Plan.Standard, (int)bought) : SetPlan(Plan.Trial),
    ];

    // A page that works is authorized again, and a lost page is reconnected, less often, so that more can happen to it first.
    private static IEnumerable<Command> SessionCommands(CoreMerchant merchant, PageRef page)
    {
        var connection = merchant.Record.Find(page);
        var open = merchant.Record.Sessions.Where(s => s.IsOpen && s.Provider == page.Provider).ToList();
        var steps = open.SelectMany(s => CommandsForSession(merchant, s, page)).ToList();
        var begin = Begin(merchant.NewSessionId(), page.Provider, connection is { IsListed: true } ? page.PageId : null);
        var weight = connection?.State switch
        {
            State.Connected => 2,
            State.Expired or State.Revoked => 4,
            State.Deleted or State.Disconnected when connection.IsListed => 8,
            _ => 20,
        };
        return
        [
            .. steps.Count == 0 ? Enumerable.Repeat(begin, weight) : open.Count < 3 ? steps.Append(begin) : steps,
            .. JoinedSessions(merchant, page).SelectMany(s => Enumerable.Repeat(Grant(s.Id), 12)),
        ];
    }

    private static IEnumerable<ConnectSession> JoinedSessions(CoreMerchant merchant, PageRef page) =>
        merchant.Record.Sessions.Where(s => s.Ended is SessionEnd.Joined && s.Page == page);

    private static IEnumerable<Command> CommandsForSession(CoreMerchant merchant, ConnectSession session, PageRef page) => session.Step switch
    {
        SessionStep.SignIn =>
        [
            .. Enumerable.Repeat(SignIn(session.Id, [.. CandidatesOf(page.Provider)]), 15),
            .. Enumerable.Repeat(SignInAs(session.Id, Colleague, [.. CandidatesOf(page.Provider)]), 15),
            .. Enumerable.Repeat(SignInComplete(session.Id, [.. CandidatesOf(page.Provider).Where(c => c.PageId != page.PageId)]), 8),
        ],
        SessionStep.ChoosePage when session.ReconnectPageId == page.PageId => Enumerable.Repeat(Choose(session.Id, page), 20),
        SessionStep.ChoosePage when session.ReconnectPageId is not null || merchant.Record.Find(page)?.State is State.Connected =>
            [Choose(session.Id, page)],
        SessionStep.ChoosePage => Enumerable.Repeat(Choose(session.Id, page), 20),
        SessionStep.Consent when session.PageId == page.PageId =>
        [
            .. Enumerable.Repeat(Grant(session.Id), 20),
            .. Enumerable.Repeat(Grant(session.Id, InDays(merchant, 8)), 4),
            Refuse(session.Id),
            Refuse(session.Id),
        ],
        _ => [],
    };

    private static IEnumerable<Candidate> CandidatesOf(Provider provider) =>
        AllPages.Where(p => p.Provider == provider).Select(p => p.Offered());

    private static IEnumerable<Command> PageCommands(CoreMerchant merchant, PageRef page) => merchant.Record.Find(page) switch
    {
        { State: State.Pending } => [.. Reports(page), Disconnect(page)],
        { State: State.Connected } connection =>
        [
            .. Reports(page),
            .. SoftReports(connection),
            .. Enumerable.Repeat(Renew(page, InDays(merchant, 6)), 14),
            .. Renewals(merchant, connection),
            ReportSuccess(page, grantId: connection.GrantId),
            Disconnect(page),
            GrantToAnother(merchant, page),
        ],
        { State: State.Expired } connection =>
            [.. Reports(page), .. Enumerable.Repeat(Renew(page), 4), .. Renewals(merchant, connection), .. Afterwards(merchant, connection)],
        { State: State.Revoked } connection => [.. Reports(page), .. Renewals(merchant, connection), .. Afterwards(merchant, connection)],
        { State: State.Deleted or State.Disconnected, IsListed: true } connection => [.. Reports(page), .. Afterwards(merchant, connection)],
        { State: State.Refused or State.Deleted or State.Disconnected } => [.. Reports(page), .. RemoveFromList(page)],
        _ => [],
    };

    // Includes signals that are not permitted in the page's state: they must be refused without a change.
    private static IEnumerable<Command> Reports(PageRef page) => Enum.GetValues<Signal>().Select(s => Report(page, s));

    // Of the current grant, of another one, or of no grant in particular. Two meanings: they must not add up.
    private static IEnumerable<Command> SoftReports(Connection connection) =>
    [
        .. Enumerable.Repeat(
            ReportError(connection.Page, Signal.TokenExpired, SignalStrength.Soft, grantId: connection.GrantId), connection.Suspicion is null ? 6 : 30),
        ReportError(connection.Page, Signal.PermissionRevoked, SignalStrength.Soft),
        ReportError(connection.Page, Signal.PermissionRevoked, SignalStrength.Hard),
        ReportError(connection.Page, Signal.TokenExpired, SignalStrength.Hard, grantId: connection.GrantId, softBeforeExpiry: true),
        ReportError(connection.Page, Signal.RoleLost, SignalStrength.Hard, grantId: Another(connection)),
        Report(connection.Page, Signal.PageDeleted, grantId: Another(connection)),
    ];

    private static IEnumerable<Command> Renewals(CoreMerchant merchant, Connection connection) =>
    [
        Renew(connection.Page, InDays(merchant, 20), connection.GrantId, merchant.Now),
        Renew(connection.Page, InDays(merchant, 30), Another(connection)),
        Renew(connection.Page, InDays(merchant, 30), issuedAt: merchant.Now.AddSeconds(-3)),
    ];

    // What may happen to a listed page that is lost.
    private static IEnumerable<Command> Afterwards(CoreMerchant merchant, Connection connection) =>
    [
        .. RemoveFromList(connection.Page),
        .. merchant.Record.SessionsWaitingFor(connection.Page).SelectMany(_ => Enumerable.Repeat(Acknowledge(connection.Page), 12)),
        ReportSuccess(connection.Page, grantId: connection.GrantId),
        ReportSuccess(connection.Page, grantId: connection.GrantId),
        ReportSuccess(connection.Page),
        Reconnect(connection.Page),
        GrantToAnother(merchant, connection.Page),
    ];

    private static IEnumerable<Command> RemoveFromList(PageRef page) => [Acknowledge(page), Acknowledge(page), Disconnect(page)];

    private static DateTimeOffset InDays(CoreMerchant merchant, int days) => merchant.Now.AddDays(days);

    private static Command GrantToAnother(CoreMerchant merchant, PageRef page) => ReleasePage(page, merchant.Record.Find(page)?.HoldId ?? 0);

    // The id of an earlier grant of the page.
    private static ulong Another(Connection connection) => connection.GrantId ^ 1;
}
