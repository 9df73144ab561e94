using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;

namespace MerchantLife;

/// <summary>The calls that a connector and a sender make for one merchant.</summary>
/// <param name="client">The client of ConnectionState.</param>
/// <param name="reporter">Reports how calls to the providers end.</param>
/// <param name="screen">Prints what the merchant's screen shows.</param>
/// <param name="merchantId">The merchant.</param>
/// <param name="stream">The merchant's watch, printed after each step, or null to print none.</param>
internal sealed class Merchant(
    ConnectionStateClient client, IPageReporter reporter, Screen screen, string merchantId, Stream? stream = null)
{
    private static readonly Account Account = new() { AccountId = "9000000001", Name = "Nguyễn Thị Sen", Personal = true };

    // A connector stores the grant id beside the token.
    private readonly Dictionary<PageRef, string> grants = [];

    public string GrantOf(PageRef page) => grants[page];

    public async Task<PageList> PageListAsync() =>
        (await client.Pages.GetPageListAsync(new() { MerchantId = merchantId })).PageList;

    public async Task ShowAsync()
    {
        await ShowStreamAsync();
        screen.PageList(await PageListAsync());
    }

    /// <summary>Starts a connect session, submits the account and its pages, and chooses a page.</summary>
    public async Task<ConnectSession> ChooseAsync(PageRef page, IEnumerable<Candidate> candidates, bool reconnect = false)
    {
        screen.Add(page.Provider);
        var begin = new BeginConnectRequest { MerchantId = merchantId, Provider = page.Provider };
        if (reconnect)
        {
            begin.ReconnectPageId = page.PageId;
        }

        var session = (await client.Connect.BeginConnectAsync(begin)).Session;
        session = (await client.Connect.SubmitAccountAsync(new()
        {
            MerchantId = merchantId,
            SessionId = session.SessionId,
            Account = Account,
            Candidates = { candidates },
        })).Session;
        screen.Candidates(session);
        session = (await client.Connect.ChoosePageAsync(new()
        {
            MerchantId = merchantId,
            SessionId = session.SessionId,
            PageId = page.PageId,
        })).Session;
        await ShowStreamAsync();
        return session;
    }

    public async Task GrantAsync(ConnectSession session, bool consent = false)
    {
        var granted = await client.Connect.GrantAsync(new()
        {
            MerchantId = merchantId,
            SessionId = session.SessionId,
            MessagingConsent = consent,
        });
        grants[granted.Connection.Page] = granted.GrantId;
        await ShowStreamAsync();
        screen.Connected(granted.Connection);
    }

    public async Task RefuseAsync(ConnectSession session)
    {
        await client.Connect.RefuseAsync(new() { MerchantId = merchantId, SessionId = session.SessionId });
        await ShowStreamAsync();
        screen.Refused();
    }

    /// <summary>Reports an error of a call to the provider, made with the token of a grant.</summary>
    /// <returns>What the error did to the connection.</returns>
    public async Task<SignalOutcome> ReportErrorAsync(PageRef page, string grantId, int code, int? subcode = null)
    {
        var reply = await reporter.ReportErrorAsync(merchantId, page, grantId, code, subcode);
        return reply.Outcomes.Single();
    }

    /// <summary>Reports that a call to the provider succeeded. It is sent in the background, within about a second.</summary>
    public void ReportSuccess(PageRef page) => reporter.ReportSuccess(merchantId, page, grants[page]);

    /// <summary>Reports that the provider said that a page was deleted.</summary>
    public async Task ReportDeletedAsync(PageRef page) => await client.Signals.ReportSignalAsync(new()
    {
        MerchantId = merchantId,
        Page = page,
        Signal = Signal.PageDeleted,
        ObservedAt = Now(),
    });

    /// <summary>Shows the notice of a lost page, acknowledges it and navigates to the next screen.</summary>
    public async Task AcknowledgeAsync(PageRef page)
    {
        await ShowStreamAsync();
        var reply = await client.Pages.GetConnectionAsync(new() { MerchantId = merchantId, Page = page });
        screen.Lost(reply.Connection);
        screen.Acknowledged();
        var acknowledged = await client.Pages.AcknowledgeAsync(new() { MerchantId = merchantId, Page = page });
        await ShowStreamAsync();
        screen.Navigate(acknowledged.Navigation, acknowledged.PageList);
    }

    public async Task RenewAsync(PageRef page)
    {
        // The time at which the provider issued the new token; of two renewals that cross, the newer one wins.
        var renewed = await client.Signals.RenewGrantAsync(new()
        {
            MerchantId = merchantId,
            Page = page,
            GrantId = grants[page],
            IssuedAt = Now(),
        });
        grants[page] = renewed.GrantId;
        await ShowStreamAsync();
        screen.Renewed(renewed.Connection);
    }

    public async Task DisconnectAsync(PageRef page)
    {
        var done = await client.Pages.DisconnectAsync(new() { MerchantId = merchantId, Page = page });
        screen.Disconnect(done.Connection);
        await ShowStreamAsync();
        screen.Navigate(done.Navigation, done.PageList);
    }

    /// <summary>Prints what the watch has received.</summary>
    public Task ShowStreamAsync() => stream?.ShowAsync() ?? Task.CompletedTask;

    private static Timestamp Now() => Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow);
}
