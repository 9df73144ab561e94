using ConnectionState.Client;
using ConnectionState.V1;

namespace MerchantLife;

/// <summary>What a connector does for one merchant.</summary>
internal sealed class Merchant(ConnectionStateClient client, Screen screen, string merchantId)
{
    private static readonly Account Account = new() { AccountId = "9000000001", Name = "Nguyễn Thị Sen", Personal = true };

    public async Task<PageList> PageListAsync() =>
        (await client.Pages.GetPageListAsync(new() { MerchantId = merchantId })).PageList;

    public async Task ShowAsync() => screen.PageList(await PageListAsync());

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
        return (await client.Connect.ChoosePageAsync(new()
        {
            MerchantId = merchantId,
            SessionId = session.SessionId,
            PageId = page.PageId,
        })).Session;
    }

    public async Task AllowAsync(ConnectSession session, bool consent = false)
    {
        var granted = await client.Connect.GrantAsync(new()
        {
            MerchantId = merchantId,
            SessionId = session.SessionId,
            MessagingConsent = consent,
        });
        screen.Connected(granted.Connection);
    }

    public async Task RefuseAsync(ConnectSession session)
    {
        await client.Connect.RefuseAsync(new() { MerchantId = merchantId, SessionId = session.SessionId });
        screen.Refused();
    }

    /// <summary>Shows the notice, and goes where "understood" leads.</summary>
    public async Task UnderstandAsync(PageRef page)
    {
        var lost = await client.Pages.GetConnectionAsync(new() { MerchantId = merchantId, Page = page });
        screen.Lost(lost.Connection);
        screen.Understood();
        var understood = await client.Pages.AcknowledgeAsync(new() { MerchantId = merchantId, Page = page });
        screen.Go(understood.Navigation, understood.PageList);
    }

    public async Task RenewAsync(PageRef page)
    {
        var renewed = await client.Signals.RenewGrantAsync(new() { MerchantId = merchantId, Page = page });
        screen.Back(renewed.Connection);
    }

    public async Task DisconnectAsync(PageRef page)
    {
        var done = await client.Pages.DisconnectAsync(new() { MerchantId = merchantId, Page = page });
        screen.Disconnect(done.Connection);
        screen.Go(done.Navigation, done.PageList);
    }
}
