using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Tests.RuleBook;

/// <summary>R20 to R22, through the public API.</summary>
public sealed class DisconnectingTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly Shop shop = fixture.Service.NewShop();

    [Fact]
    public async Task R20_A_disconnected_page_leaves_the_list_and_the_screen_moves_to_the_next()
    {
        await shop.ConnectAsync(Shop.A, Shop.B, Shop.C);

        var done = await shop.DisconnectAsync(Shop.A);

        Assert.Equal((State.Disconnected, Cause.MerchantDisconnected), (done.Connection.State, done.Connection.Cause));
        Assert.Equal(Shop.B, done.Navigation.Page);
        Assert.Equal([Shop.B, Shop.C], done.PageList.Connections.Select(c => c.Page));
        Assert.Equal(2, done.PageList.Quota.Used);
    }

    [Fact]
    public async Task R20_The_next_page_leaves_out_those_that_do_not_work()
    {
        await shop.ConnectAsync(Shop.A, Shop.B, Shop.C);
        await shop.ReportAsync(Shop.B, Signal.TokenExpired);

        Assert.Equal(Shop.C, (await shop.DisconnectAsync(Shop.A)).Navigation.Page);
    }

    [Fact]
    public async Task R21_Disconnecting_the_only_page_moves_to_the_connect_screen()
    {
        await shop.ConnectAsync(Shop.Oa);

        var done = await shop.DisconnectAsync(Shop.Oa);

        Assert.Equal(Provider.Zalo, done.Navigation.Connect?.Provider);
        Assert.Empty(done.PageList.Connections);
    }

    [Fact]
    public async Task R22_All_pages_are_in_one_list_in_the_order_in_which_they_came()
    {
        await shop.ConnectAsync(Shop.B, Shop.Oa, Shop.A);
        string[] order = [Shop.B.PageId, Shop.Oa.PageId, Shop.A.PageId];
        Assert.Equal(order, await shop.ListedAsync());

        await shop.ReportAsync(Shop.B, Signal.PermissionRevoked);
        await shop.AcknowledgeAsync(Shop.B);
        await shop.GrantAsync(await shop.RequestAsync(Shop.B, reconnect: Shop.B.PageId));

        Assert.Equal(order, await shop.ListedAsync());
    }

    [Fact]
    public async Task R22_A_page_that_comes_back_after_leaving_goes_to_the_end()
    {
        await shop.ConnectAsync(Shop.A, Shop.B);
        await shop.DisconnectAsync(Shop.A);

        await shop.ConnectAsync(Shop.A);

        Assert.Equal([Shop.B.PageId, Shop.A.PageId], await shop.ListedAsync());
    }
}
