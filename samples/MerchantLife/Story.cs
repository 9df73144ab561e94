using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Grpc.Core;

namespace MerchantLife;

/// <summary>The steps of the sample: connect, reach the limit, suspect a page, lose pages in every way, bring them back, disconnect.</summary>
internal sealed class Story(
    ConnectionStateClient client,
    IPageListCache cache,
    IPageReporter reporter,
    Screen screen,
    string merchantId,
    string otherMerchantId,
    Stream? stream = null)
{
    private static readonly PageRef Flowers = new() { Provider = Provider.Facebook, PageId = "101010101010101" };
    private static readonly PageRef Gifts = new() { Provider = Provider.Facebook, PageId = "202020202020202" };
    private static readonly PageRef HoaSen = new() { Provider = Provider.Zalo, PageId = "4040404040404040404" };

    private static readonly Candidate[] Fanpages = [.. GraphAccounts.Load().ToCandidates()];
    private static readonly Candidate[] OfficialAccounts = [new() { PageId = HoaSen.PageId, Name = "Hoa Sen OA", Role = PageRole.Admin }];

    private readonly Merchant merchant = new(client, reporter, screen, merchantId, stream);

    public async Task RunAsync()
    {
        await ConnectAsync();
        await ReachLimitAsync();
        await LosePermissionAsync();
        await SuspectAsync();
        await ExpireAsync();
        await DeleteAsync();
        await SignInElsewhereAsync();
        await DisconnectAsync();
    }

    private async Task ConnectAsync()
    {
        screen.Title("Facebook");
        await merchant.ShowAsync();
        await merchant.RefuseAsync(await merchant.ChooseAsync(Flowers, Fanpages));
        await merchant.GrantAsync(await merchant.ChooseAsync(Flowers, Fanpages));

        screen.Title("Zalo");
        var session = await merchant.ChooseAsync(HoaSen, OfficialAccounts);
        try
        {
            await merchant.GrantAsync(session);
        }
        catch (RpcException e) when (e.GetConnectionStateError().Reason is ErrorReason.ConsentRequired)
        {
            screen.NoConsent();
        }

        await merchant.GrantAsync(session, consent: true);
        await merchant.ShowAsync();
    }

    private async Task ReachLimitAsync()
    {
        screen.Title("3 / 3");
        await merchant.GrantAsync(await merchant.ChooseAsync(Gifts, Fanpages));
        await merchant.ShowAsync();
        try
        {
            await merchant.ChooseAsync(Flowers, Fanpages);
        }
        catch (RpcException e) when (e.GetConnectionStateError() is { Reason: ErrorReason.PageQuotaExceeded } error)
        {
            screen.LimitReached(error.Metadata["used"], error.Metadata["limit"]);
        }
    }

    private async Task LosePermissionAsync()
    {
        screen.Title("Facebook 190/458");
        var oldGrant = merchant.GrantOf(Flowers);
        await merchant.ReportErrorAsync(Flowers, oldGrant, 190, 458);
        await merchant.AcknowledgeAsync(Flowers);
        await merchant.ShowAsync();
        await merchant.GrantAsync(await merchant.ChooseAsync(Flowers, Fanpages, reconnect: true));

        // A call that was made with the old token fails only now. The report names the old grant and changes nothing.
        var late = await merchant.ReportErrorAsync(Flowers, oldGrant, 190, 458);
        if (late.Result is SignalOutcome.Types.Result.Stale)
        {
            screen.OldToken(late.Connection);
        }

        await merchant.ShowAsync();
    }

    private async Task SuspectAsync()
    {
        screen.Title("Zalo -216");
        await merchant.ReportErrorAsync(HoaSen, merchant.GrantOf(HoaSen), -216);
        await merchant.ShowAsync();

        // The next message is sent: the page works, and the suspicion ends.
        merchant.ReportSuccess(HoaSen);
        var list = (await cache.WaitForAsync(merchantId, list => list.Find(HoaSen)?.IsSuspect() is false)).PageList;
        await merchant.ShowStreamAsync();
        screen.MessageSent(list.Find(HoaSen)!);
        await merchant.ShowAsync();
    }

    private async Task ExpireAsync()
    {
        screen.Title("Facebook 190/460");
        await merchant.ReportErrorAsync(Gifts, merchant.GrantOf(Gifts), 190, 460);
        await merchant.AcknowledgeAsync(Gifts);
        await merchant.ShowAsync();
        await merchant.RenewAsync(Gifts);
        await merchant.ShowAsync();
    }

    private async Task DeleteAsync()
    {
        screen.PageDeleted();
        await merchant.ReportDeletedAsync(Gifts);
        await merchant.AcknowledgeAsync(Gifts);
        await merchant.ShowAsync();
    }

    private async Task SignInElsewhereAsync()
    {
        screen.AnotherMerchant();
        var other = new Merchant(client, reporter, screen, otherMerchantId);
        await other.GrantAsync(await other.ChooseAsync(HoaSen, OfficialAccounts), consent: true);
        await merchant.AcknowledgeAsync(HoaSen);
        await merchant.ShowAsync();
    }

    private async Task DisconnectAsync()
    {
        screen.LastPage();
        await merchant.DisconnectAsync(Flowers);
        await merchant.ShowAsync();
    }
}
