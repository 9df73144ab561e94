using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.PlayCommands;

namespace ConnectionStateService.Tests.Model;

/// <summary>One random move: when <paramref name="Wild"/> divides by three it need not make any sense.</summary>
public readonly record struct WildDraw(byte Page, byte Choice, byte Wild)
{
    private const int Kinds = 16;

    private static readonly Account[] Accounts = [Pages.Owner, new("colleague", "Colleague", true), new("shop", "Shop", false)];

    /// <summary>The command that the draw stands for now.</summary>
    public Command Command(Play play)
    {
        var command = Wild % 3 == 0 ? Senseless(play) : SmallWorld.Pick(play, new Draw(Page, Choice));
        return Wild % 5 > 1 ? command : command with { Origin = Play.By($"r{Wild % 7}", (uint)(Choice % 2)) };
    }

    private static DateTimeOffset Around(Play play, int choice) => play.Now + (choice % 4) switch
    {
        0 => TimeSpan.FromSeconds(-3),
        1 => TimeSpan.Zero,
        2 => TimeSpan.FromHours(1),
        _ => TimeSpan.FromDays(20),
    };

    // What is left of the draw once it was asked whether it is wild, and which command it is.
    private int Variant => (Choice / Kinds) + (Wild / 3);

    private Command Senseless(Play play)
    {
        var page = SmallWorld.AllPages[Page % SmallWorld.AllPages.Count];
        var session = AnySession(play);
        var time = Variant % 5 == 0 ? (DateTimeOffset?)null : Around(play, Variant);
        return (Choice % Kinds) switch
        {
            0 => Begin(play.NewSessionId(), page.Provider, page.PageId),
            1 => Begin(play.NewSessionId(), page.Provider),
            2 or 3 => new Command.SubmitAccount(Play.By(), session, Accounts[Variant % Accounts.Length], [.. Offers()]),
            4 => Choose(session, page),
            5 => Choose(session, FirstOffer(play, session) ?? page),
            6 or 7 => Grant(session, time, consent: Variant % 3 > 0),
            8 => Refuse(session),
            9 => Renew(page, time),
            10 or 11 => Report(page, (Signal)(1 + (Page / 4 % 5)), time),
            12 => ReleasePage(page, Variant % 2 == 0 ? "m0" : "m9", AnyGrant(play, page)),
            13 => Acknowledge(page),
            14 => Disconnect(page),
            _ => SetPlan((Plan)(1 + (Variant % 2)), Page % 3),
        };
    }

    // Mostly the grant of this very connection, or a moment beside it.
    private DateTimeOffset AnyGrant(Play play, PageRef page) =>
        (play.Record.Find(page)?.ConnectedAt ?? play.Now).AddSeconds((Page / 4 % 3) - 1);

    private string AnySession(Play play)
    {
        var sessions = play.Record.Sessions;
        var index = Page / 4 % (sessions.Length + 1);
        return index < sessions.Length ? sessions[index].Id : "nowhere";
    }

    private static PageRef? FirstOffer(Play play, string sessionId) =>
        play.Record.FindSession(sessionId) is { Candidates: [var first, ..] } session
            ? new PageRef(session.Provider, first.PageId)
            : null;

    private IEnumerable<Candidate> Offers()
    {
        var roles = Enum.GetValues<PageRole>();
        string[][] tasks = [[], ["MESSAGING"], ["PROFILE_PLUS_MANAGE"], ["CREATE_CONTENT", "PROFILE_PLUS_MODERATE", "MESSAGING"]];
        for (var i = 0; i < Page / 16 % 5; i++)
        {
            var page = SmallWorld.AllPages[(Page + i) % SmallWorld.AllPages.Count];
            yield return page.Offered(roles[(Variant + i) % roles.Length], tasks[(Page / 4) % tasks.Length]);
        }
    }
}
