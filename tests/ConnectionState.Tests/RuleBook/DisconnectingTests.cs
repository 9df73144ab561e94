using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Tests.RuleBook;

/// <summary>Rules R20 to R22, through the public API.</summary>
public sealed class DisconnectingTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly ApiMerchant merchant = fixture.Service.NewMerchant();

    [Fact]
    public async Task R20_Disconnect_removes_the_page_and_navigates_to_the_next()
    {
        await merchant.ConnectAsync(ApiMerchant.A, ApiMerchant.B, ApiMerchant.C);

        var done = await merchant.DisconnectAsync(ApiMerchant.A);

        Assert.Equal((State.Disconnected, Cause.MerchantDisconnected), (done.Connection.State, done.Connection.Cause));
        Assert.Equal(ApiMerchant.B, done.Navigation.Page);
        Assert.Equal([ApiMerchant.B, ApiMerchant.C], done.PageList.Connections.Select(c => c.Page));
        Assert.Equal(2, done.PageList.Quota.Used);
    }

    [Fact]
    public async Task R21_Disconnecting_the_only_page_navigates_to_the_connect_screen()
    {
        await merchant.ConnectAsync(ApiMerchant.Oa);

        var done = await merchant.DisconnectAsync(ApiMerchant.Oa);

        Assert.Equal(Provider.Zalo, done.Navigation.Connect?.Provider);
        Assert.Empty(done.PageList.Connections);
    }

    [Fact]
    public async Task R22_The_page_list_keeps_its_order_when_a_lost_page_is_reconnected()
    {
        await merchant.ConnectAsync(ApiMerchant.B, ApiMerchant.Oa, ApiMerchant.A);
        string[] order = [ApiMerchant.B.PageId, ApiMerchant.Oa.PageId, ApiMerchant.A.PageId];
        Assert.Equal(order, await merchant.ListedAsync());

        await merchant.ReportAsync(ApiMerchant.B, Signal.PermissionRevoked);
        await merchant.AcknowledgeAsync(ApiMerchant.B);
        await merchant.GrantAsync(await merchant.RequestAsync(ApiMerchant.B, reconnect: ApiMerchant.B.PageId));

        Assert.Equal(order, await merchant.ListedAsync());
    }
}
