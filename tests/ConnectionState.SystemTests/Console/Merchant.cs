using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>Sets up a merchant through the API instead of the console.</summary>
internal sealed class Merchant(ConnectionStateClient client, string merchantId)
{
    public static PageRef Facebook(string id) => new() { Provider = Provider.Facebook, PageId = id };

    public static PageRef Zalo(string id) => new() { Provider = Provider.Zalo, PageId = id };

    /// <summary>Connects a page under a name.</summary>
    public async Task ConnectAsync(PageRef page, string name, Account? account = null)
    {
        var session = await RequestAsync(page, name, account: account);
        await client.Connect.GrantAsync(new() { MerchantId = merchantId, SessionId = session, MessagingConsent = true });
    }

    /// <summary>Runs a connect session up to the consent step and returns its id.</summary>
    public async Task<string> RequestAsync(PageRef page, string name, bool again = false, Account? account = null)
    {
        var request = new BeginConnectRequest { MerchantId = merchantId, Provider = page.Provider };
        if (again)
        {
            request.ReconnectPageId = page.PageId;
        }

        var session = (await client.Connect.BeginConnectAsync(request)).Session.SessionId;
        await client.Connect.SubmitAccountAsync(new()
        {
            MerchantId = merchantId,
            SessionId = session,
            Account = account ?? new() { AccountId = "person", Name = "A Person", Personal = true },
            Candidates = { new Candidate { PageId = page.PageId, Name = name, Role = PageRole.Admin } },
        });
        await client.Connect.ChoosePageAsync(new() { MerchantId = merchantId, SessionId = session, PageId = page.PageId });
        return session;
    }

    /// <summary>Reports a signal of the provider for a page.</summary>
    public async Task ReportAsync(PageRef page, Signal signal) => await client.Signals.ReportSignalAsync(
        new() { MerchantId = merchantId, Page = page, Signal = signal, ObservedAt = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow) });

    /// <summary>Reports an error that a provider returned to a call with the page's current token.</summary>
    public async Task ReportErrorAsync(PageRef page, int code, int? subcode = null, TimeSpan age = default)
    {
        var report = new ReportProviderErrorRequest
        {
            MerchantId = merchantId,
            Page = page,
            Code = code,
            ObservedAt = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow - age),
            GrantId = (await GetAsync(page)).GrantId,
            Actor = "message-sender",
        };
        if (subcode is { } value)
        {
            report.Subcode = value;
        }

        await client.Signals.ReportProviderErrorAsync(report);
    }

    /// <summary>Reports that a call with the page's current token succeeded.</summary>
    public async Task ReportSuccessAsync(PageRef page) => await client.Signals.ReportSuccessAsync(new()
    {
        Successes =
        {
            new ReportSuccessRequest.Types.Success
            {
                MerchantId = merchantId,
                Page = page,
                GrantId = (await GetAsync(page)).GrantId,
                ObservedAt = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow),
            },
        },
        Actor = "message-sender",
    });

    public async Task<Connection> GetAsync(PageRef page) =>
        (await client.Pages.GetConnectionAsync(new() { MerchantId = merchantId, Page = page })).Connection;

    /// <summary>Connects Alpha (Facebook), Beta (Zalo) and Gamma (Facebook), in this order.</summary>
    public async Task ConnectThreeAsync()
    {
        await ConnectAsync(Facebook($"{merchantId}-a"), "Alpha");
        await ConnectAsync(Zalo($"{merchantId}-b"), "Beta");
        await ConnectAsync(Facebook($"{merchantId}-c"), "Gamma");
    }
}
