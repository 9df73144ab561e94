using ConnectionStateService.Core;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Support;

/// <summary>Steps that take several commands. Each step fails the test if a command is refused.</summary>
public static class CoreMerchantSteps
{
    /// <summary>Begins a session. Its step is SIGN_IN.</summary>
    public static string BeginSession(this CoreMerchant merchant, Provider provider, string? reconnectPageId = null)
    {
        var id = merchant.NewSessionId();
        merchant.ExpectChanged(Begin(id, provider, reconnectPageId));
        return id;
    }

    /// <summary>Begins a session and signs in as an Editor of the given pages, which belong to one provider.</summary>
    public static string OpenSession(this CoreMerchant merchant, params PageRef[] pages)
    {
        var id = merchant.BeginSession(pages[0].Provider, merchant.ReconnectPageIdOf(pages[0]));
        merchant.ExpectChanged(SignIn(id, [.. pages.Select(p => p.Offered())]));
        return id;
    }

    /// <summary>Chooses the page in a new session, so that the connection is pending.</summary>
    public static string Request(this CoreMerchant merchant, PageRef page)
    {
        var id = merchant.OpenSession(page);
        merchant.ExpectChanged(Choose(id, page));
        return id;
    }

    /// <summary>Connects or reconnects a page.</summary>
    public static Connection Connect(this CoreMerchant merchant, PageRef page, DateTimeOffset? expiresAt = null)
    {
        merchant.ExpectChanged(Grant(merchant.Request(page), expiresAt));
        return merchant[page];
    }

    /// <summary>Reports the loss of a connected page.</summary>
    public static Connection ReportLoss(this CoreMerchant merchant, PageRef page, Signal signal = Signal.PermissionRevoked)
    {
        merchant.ExpectChanged(Report(page, signal));
        return merchant[page];
    }

    /// <summary>Advances the clock to the next deadline and executes a tick.</summary>
    public static Decision RunNextDeadline(this CoreMerchant merchant)
    {
        merchant.At(merchant.NextDeadline ?? throw new InvalidOperationException("there is no deadline"));
        return merchant.Execute(Tick());
    }

    // A page that holds a slot needs no new one, but the service only knows that if the session is begun for that page.
    private static string? ReconnectPageIdOf(this CoreMerchant merchant, PageRef page) =>
        merchant.Record.Find(page) is { HoldsSlot: true } ? page.PageId : null;
}
