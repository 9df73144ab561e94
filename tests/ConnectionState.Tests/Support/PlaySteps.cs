using ConnectionStateService.Core;
using static ConnectionStateService.Tests.Support.PlayCommands;

namespace ConnectionStateService.Tests.Support;

/// <summary>What a merchant does with several commands at once. Each step fails the test when it is turned down.</summary>
public static class PlaySteps
{
    /// <summary>Begins a session, at SIGN_IN.</summary>
    public static string BeginSession(this Play play, Provider provider, string? reconnectPageId = null)
    {
        var id = play.NewSessionId();
        play.Must(Begin(id, provider, reconnectPageId));
        return id;
    }

    /// <summary>Begins a session and signs in, with an Editor's role on the given pages of one provider.</summary>
    public static string OpenSession(this Play play, params PageRef[] pages)
    {
        var id = play.BeginSession(pages[0].Provider, play.ReconnectOf(pages[0]));
        play.Must(SignIn(id, [.. pages.Select(p => p.Offered())]));
        return id;
    }

    /// <summary>Gets as far as the provider's consent page: the connection is pending.</summary>
    public static string Request(this Play play, PageRef page)
    {
        var id = play.OpenSession(page);
        play.Must(Choose(id, page));
        return id;
    }

    /// <summary>Connects a page, or reconnects it.</summary>
    public static Connection Connect(this Play play, PageRef page, DateTimeOffset? expiresAt = null)
    {
        play.Must(Grant(play.Request(page), expiresAt));
        return play[page];
    }

    /// <summary>Loses a page that is connected.</summary>
    public static Connection Lose(this Play play, PageRef page, Signal signal = Signal.PermissionRevoked)
    {
        play.Must(Report(page, signal));
        return play[page];
    }

    /// <summary>Goes to the next deadline and carries out what is due.</summary>
    public static Decision Elapse(this Play play)
    {
        play.At(play.NextDeadline ?? throw new InvalidOperationException("nothing will ever be due"));
        return play.Do(Tick());
    }

    // A page that holds a slot needs no new one, which only a session begun for it knows.
    private static string? ReconnectOf(this Play play, PageRef page) =>
        play.Record.Find(page) is { HoldsSlot: true } ? page.PageId : null;
}
