using ConnectionStateService.Core;
using static ConnectionStateService.Tests.Support.PlayCommands;

namespace ConnectionStateService.Tests.Support;

/// <summary>One random move: about which page, and which of the commands that are permitted there.</summary>
public readonly record struct Draw(byte Page, byte Choice);

/// <summary>A move that was made.</summary>
/// <param name="Play">The play, after the move.</param>
/// <param name="Before">The record before the move.</param>
/// <param name="Command">What was asked.</param>
/// <param name="Decision">What came of it.</param>
public sealed record Taken(Play Play, MerchantRecord Before, Command Command, Decision Decision);

/// <summary>
/// Four pages and one to three slots: small enough that random moves meet every edge. Uniformly random commands hardly ever connect
/// a page, so moves are drawn from those that mean something now, some of them several times. The quota is not looked at: whether a
/// slot is free is for the core to say.
/// </summary>
public static class SmallWorld
{
    /// <summary>How many moves a case has at most; the attribute that asks for cases needs a constant.</summary>
    public const int Moves = 120;

    public const int Cases = 1_000;

    private static readonly Rules OnePage = new() { StandardPages = 1, TrialPages = 1 };

    public static IReadOnlyList<PageRef> AllPages { get; } = [Pages.Fanpage(1), Pages.Oa(1), Pages.Fanpage(2), Pages.Oa(2)];

    /// <summary>A merchant with one to three slots.</summary>
    public static Play NewPlay(IReadOnlyList<Draw> draws)
    {
        var play = new Play(OnePage);
        play.Do(SetPlan(Plan.Standard, draws.Count % 3));
        return play;
    }

    /// <summary>Plays the moves and shows each to <paramref name="look"/>.</summary>
    public static Play Run(IReadOnlyList<Draw> draws, Action<Taken> look)
    {
        var play = NewPlay(draws);
        foreach (var draw in draws)
        {
            var before = play.Record;
            var command = Pick(play, draw);
            Wait(play, command);
            look(new Taken(play, before, command, play.Do(command)));
        }

        return play;
    }

    /// <summary>The command that a draw stands for now.</summary>
    public static Command Pick(Play play, Draw draw)
    {
        var commands = Permitted(play, AllPages[draw.Page % AllPages.Count]).ToList();
        return commands[draw.Choice % commands.Count];
    }

    /// <summary>Lets time pass: to the next deadline before a tick, else just enough to tell two moves apart.</summary>
    public static void Wait(Play play, Command command) =>
        play.At(command is Command.Tick && play.NextDeadline > play.Now ? play.NextDeadline.Value : play.Now.AddSeconds(1));

    /// <summary>What may be asked about a page now; what leads further is in it several times.</summary>
    public static IEnumerable<Command> Permitted(Play play, PageRef page) =>
    [
        .. OfSessions(play, page),
        .. OfPage(play, page),
        Tick(),
        Tick(),
        play.Record.Revision % 4 is var turn and < 3 ? SetPlan(Plan.Standard, (int)turn) : SetPlan(Plan.Trial),
    ];

    private static IEnumerable<Command> OfSessions(Play play, PageRef page)
    {
        var state = play.Record.Find(page)?.State;
        if (state is State.Connected)
        {
            return [];
        }

        var open = play.Record.Sessions.Where(s => s.IsOpen && s.Provider == page.Provider).ToList();
        var steps = open.SelectMany(s => OfSession(play, s, page)).ToList();
        var begin = Begin(play.NewSessionId(), page.Provider, play.Record.Find(page) is { HoldsSlot: true } ? page.PageId : null);
        // A page that holds a slot is not hurried back, so that more can happen to it.
        var weight = state is State.Expired or State.Revoked ? 4 : 20;
        return steps.Count == 0 ? Enumerable.Repeat(begin, weight) : open.Count < 3 ? steps.Append(begin) : steps;
    }

    private static IEnumerable<Command> OfSession(Play play, ConnectSession session, PageRef page) => session.Step(play.Rules) switch
    {
        SessionStep.SignIn => Enumerable.Repeat(SignIn(session.Id, [.. OfferedBy(page.Provider)]), 20),
        SessionStep.ChoosePage => Enumerable.Repeat(Choose(session.Id, page), 20),
        SessionStep.Consent when session.PageId == page.PageId =>
            [.. Enumerable.Repeat(Grant(session.Id), 20), .. Enumerable.Repeat(Grant(session.Id, Days(play, 8)), 4), Refuse(session.Id)],
        _ => [],
    };

    private static IEnumerable<Candidate> OfferedBy(Provider provider) =>
        AllPages.Where(p => p.Provider == provider).Select(p => p.Offered());

    private static IEnumerable<Command> OfPage(Play play, PageRef page) => play.Record.Find(page)?.State switch
    {
        State.Pending => [.. Losses(page), Disconnect(page)],
        State.Connected =>
            [.. Losses(page), .. Enumerable.Repeat(Renew(page, Days(play, 6)), 20), Disconnect(page), TakenBy(play, page)],
        State.Expired => [.. Losses(page), .. Enumerable.Repeat(Renew(page), 8), .. Leave(page), TakenBy(play, page)],
        State.Revoked => [.. Losses(page), .. Leave(page), TakenBy(play, page)],
        State.Refused or State.Deleted or State.Disconnected => [.. Losses(page), .. Leave(page)],
        _ => [],
    };

    // What the machine does not permit in the page's state is asked all the same now and then: it must do no harm.
    private static IEnumerable<Command> Losses(PageRef page) => Enum.GetValues<Signal>().Select(s => Report(page, s));

    private static IEnumerable<Command> Leave(PageRef page) => [Acknowledge(page), Acknowledge(page), Disconnect(page)];

    private static DateTimeOffset Days(Play play, int days) => play.Now.AddDays(days);

    private static Command TakenBy(Play play, PageRef page) => ReleasePage(page, "m2", play.Now);
}
