using ConnectionStateService.Client;
using ConnectionStateService.V1;

namespace MerchantLife;

/// <summary>What a connector does for one merchant.</summary>
/// <param name="client">The way to the service.</param>
/// <param name="screen">Shows it.</param>
/// <param name="merchantId">Which merchant.</param>
/// <param name="stream">What is shown after each step, if somebody wants to see it.</param>
internal sealed class Merchant(ConnectionStateClient client, Screen screen, string merchantId, Stream? stream = null)
{
    private static readonly Account Account = new() { AccountId = "9000000001", Name = "Nguyễn Thị Sen", Personal = true };

    public async Task<PageList> PageListAsync() =>
        (await client.Pages.GetPageListAsync(new() { MerchantId = merchantId })).PageList;

    public async Task ShowAsync()
    {
        await ShowStreamAsync();
        screen.PageList(await PageListAsync());
    }

    /// <summary>From choosing the provider to choosing a page; shows what can be chosen.</summary>
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

    public async Task AllowAsync(ConnectSession session, bool consent = false)
    {
        var granted = await client.Connect.GrantAsync(new()
        {
            MerchantId = merchantId,
            SessionId = session.SessionId,
            MessagingConsent = consent,
        });
        await ShowStreamAsync();
        screen.Connected(granted.Connection);
    }

    public async Task RefuseAsync(ConnectSession session)
    {
        await client.Connect.RefuseAsync(new() { MerchantId = merchantId, SessionId = session.SessionId });
        await ShowStreamAsync();
        screen.Refused();
    }

    /// <summary>Shows the notice, and goes where "understood" leads.</summary>
    public async Task UnderstandAsync(PageRef page)
    {
        await ShowStreamAsync();
        var lost = await client.Pages.GetConnectionAsync(new() { MerchantId = merchantId, Page = page });
        screen.Lost(lost.Connection);
        screen.Understood();
        var understood = await client.Pages.AcknowledgeAsync(new() { MerchantId = merchantId, Page = page });
        await ShowStreamAsync();
        screen.Go(understood.Navigation, understood.PageList);
    }

    public async Task RenewAsync(PageRef page)
    {
        var renewed = await client.Signals.RenewGrantAsync(new() { MerchantId = merchantId, Page = page });
        await ShowStreamAsync();
        screen.Back(renewed.Connection);
    }

    public async Task DisconnectAsync(PageRef page)
    {
        var done = await client.Pages.DisconnectAsync(new() { MerchantId = merchantId, Page = page });
        screen.Disconnect(done.Connection);
        await ShowStreamAsync();
        screen.Go(done.Navigation, done.PageList);
    }

    private Task ShowStreamAsync() => stream?.ShowAsync() ?? Task.CompletedTask;
}
