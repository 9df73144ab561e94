using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace MerchantLife;

/// <summary>The steps of the sample: connect, reach the limit, lose pages in every way, bring them back, disconnect.</summary>
internal sealed class Story(
    ConnectionStateClient client, Screen screen, string merchantId, string otherMerchantId, Stream? stream = null)
{
    private static readonly PageRef Flowers = new() { Provider = Provider.Facebook, PageId = "101010101010101" };
    private static readonly PageRef Gifts = new() { Provider = Provider.Facebook, PageId = "202020202020202" };
    private static readonly PageRef HoaSen = new() { Provider = Provider.Zalo, PageId = "4040404040404040404" };

    private static readonly Candidate[] Fanpages = [.. GraphAccounts.Load().ToCandidates()];
    private static readonly Candidate[] OfficialAccounts = [new() { PageId = HoaSen.PageId, Name = "Hoa Sen OA", Role = PageRole.Admin }];

    private readonly Merchant merchant = new(client, screen, merchantId, stream);

    public async Task RunAsync()
    {
        await ConnectAsync();
        await ReachLimitAsync();
        await LosePermissionAsync();
        await ExpireAsync();
        await DeleteAsync();
        await SignInElsewhereAsync();
        await DisconnectAsync();
    }

    private static Timestamp Now() => Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow);

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
        await client.Signals.ReportProviderErrorAsync(new() { Page = Flowers, Code = 190, Subcode = 458, ObservedAt = Now(), MerchantId = merchantId });
        await merchant.AcknowledgeAsync(Flowers);
        await merchant.ShowAsync();
        await merchant.GrantAsync(await merchant.ChooseAsync(Flowers, Fanpages, reconnect: true));
        await merchant.ShowAsync();
    }

    private async Task ExpireAsync()
    {
        screen.Title("Zalo -216");
        await client.Signals.ReportProviderErrorAsync(new() { Page = HoaSen, Code = -216, ObservedAt = Now(), MerchantId = merchantId });
        await merchant.AcknowledgeAsync(HoaSen);
        await merchant.ShowAsync();
        await merchant.RenewAsync(HoaSen);
        await merchant.ShowAsync();
    }

    private async Task DeleteAsync()
    {
        screen.Title("Facebook 100/33");
        await client.Signals.ReportProviderErrorAsync(new() { Page = Gifts, Code = 100, Subcode = 33, ObservedAt = Now(), MerchantId = merchantId });
        await merchant.AcknowledgeAsync(Gifts);
        await merchant.ShowAsync();
    }

    private async Task SignInElsewhereAsync()
    {
        screen.AnotherMerchant();
        var other = new Merchant(client, screen, otherMerchantId);
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
