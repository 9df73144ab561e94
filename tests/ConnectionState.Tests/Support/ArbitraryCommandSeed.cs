using ConnectionStateService.Core;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Support;

/// <summary>
/// Random bytes that determine one command. If <paramref name="Wild"/> is divisible by three, the command need not make sense in the
/// current state.
/// </summary>
public readonly record struct ArbitraryCommandSeed(byte Page, byte Choice, byte Wild)
{
    private const int Kinds = 21;

    private static readonly Account[] Accounts = [Pages.Owner, new("colleague", "Colleague", true), new("shop", "Shop", false)];

    /// <summary>Returns the command for the merchant's current state.</summary>
    public Command Command(CoreMerchant merchant)
    {
        var command = Wild % 3 == 0 ? ArbitraryCommand(merchant) : CommandGenerator.Next(merchant, new CommandSeed(Page, Choice));
        return Wild % 5 > 1 ? command : command with { Origin = CoreMerchant.NewOrigin($"r{Wild % 7}", (uint)(Choice % 2)) };
    }

    private static DateTimeOffset Around(CoreMerchant merchant, int choice) => merchant.Now + (choice % 4) switch
    {
        0 => TimeSpan.FromSeconds(-3),
        1 => TimeSpan.Zero,
        2 => TimeSpan.FromHours(1),
        _ => TimeSpan.FromDays(20),
    };

    // The bits that do not select the kind of command.
    private int Variant => (Choice / Kinds) + (Wild / 3);

    private Command ArbitraryCommand(CoreMerchant merchant)
    {
        var page = CommandGenerator.AllPages[Page % CommandGenerator.AllPages.Count];
        var session = AnySession(merchant);
        var time = Variant % 5 == 0 ? (DateTimeOffset?)null : Around(merchant, Variant);
        return (Choice % Kinds) switch
        {
            0 => Begin(merchant.NewSessionId(), page.Provider, page.PageId),
            1 => Begin(merchant.NewSessionId(), page.Provider),
            2 or 3 => new Command.SubmitAccount(CoreMerchant.NewOrigin(), session, Accounts[Variant % Accounts.Length], [.. Offers()], Complete: Variant % 4 == 0),
            4 => Choose(session, page),
            5 => Choose(session, FirstOffer(merchant, session) ?? page),
            6 or 7 => Grant(session, time, consent: Variant % 3 > 0),
            8 => Refuse(session),
            9 => Renew(page, time),
            10 or 11 => Report(page, (Signal)(1 + (Page / 4 % 5)), time),
            12 => ReleasePage(page, Variant % 2 == 0 ? 9 : merchant.Record.Find(page)?.HoldId ?? 0),
            13 => Acknowledge(page),
            14 => Disconnect(page),
            15 => Renew(page, time, AnyGrant(merchant, page), issuedAt: Around(merchant, Page)),
            16 or 17 => ReportError(
                page, (Signal)(1 + (Page / 4 % 5)), Variant % 3 == 0 ? SignalStrength.Hard : SignalStrength.Soft, time, AnyGrant(merchant, page), Variant % 2 == 0),
            18 => Variant % 2 == 0 ? ReportSuccess(page, time, AnyGrant(merchant, page)) : Reconnect(page, (PageRole)(Variant % 6), expiresAt: time),
            19 => new Command.ReportAccount(
                CoreMerchant.NewOrigin(), new(page.Provider, Accounts[Variant % 2].Id), (Signal)(1 + (Page / 4 % 3)), time ?? DateTimeOffset.MaxValue),
            _ => SetPlan((Plan)(1 + (Variant % 2)), Page % 3),
        };
    }

    private ulong? AnyGrant(CoreMerchant merchant, PageRef page) => (Variant % 4) switch
    {
        0 => null,
        1 => 9,
        _ => merchant.Record.Find(page)?.GrantId,
    };

    private string AnySession(CoreMerchant merchant)
    {
        var sessions = merchant.Record.Sessions;
        var index = Page / 4 % (sessions.Length + 1);
        return index < sessions.Length ? sessions[index].Id : "nowhere";
    }

    private static PageRef? FirstOffer(CoreMerchant merchant, string sessionId) =>
        merchant.Record.FindSession(sessionId) is { Candidates: [var first, ..] } session
            ? new PageRef(session.Provider, first.PageId)
            : null;

    private IEnumerable<Candidate> Offers()
    {
        var roles = Enum.GetValues<PageRole>();
        string[][] tasks = [[], ["MESSAGING"], ["PROFILE_PLUS_MANAGE"], ["CREATE_CONTENT", "PROFILE_PLUS_MODERATE", "MESSAGING"]];
        for (var i = 0; i < Page / 16 % 5; i++)
        {
            var page = CommandGenerator.AllPages[(Page + i) % CommandGenerator.AllPages.Count];
            yield return page.Offered(roles[(Variant + i) % roles.Length], tasks[(Page / 4) % tasks.Length]);
        }
    }
}
