using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>Navigation and list order, by example (R17, R18, R20 to R22).</summary>
public class NavigationTests
{
    private static readonly PageRef A = Pages.Fanpage(1);
    private static readonly PageRef B = Pages.Oa(1);
    private static readonly PageRef C = Pages.Fanpage(2);

    private readonly CoreMerchant merchant = new();

    public NavigationTests()
    {
        merchant.Connect(A);
        merchant.Connect(B);
        merchant.Connect(C);
    }

    [Fact]
    public void R22_The_page_list_holds_the_pages_of_both_providers_in_the_order_they_were_connected() => Assert.Equal([A, B, C], merchant.Listed);

    [Fact]
    public void R17_The_next_page_after_a_lost_page_is_the_following_page_of_the_list()
    {
        merchant.ReportLoss(B);
        merchant.ExpectChanged(Acknowledge(B));

        Assert.Equal(new Navigation.ToPage(C), merchant.NextAfter(B));
    }

    [Fact]
    public void R17_The_next_page_after_the_last_page_is_the_first()
    {
        merchant.ReportLoss(C, Signal.PageDeleted);

        Assert.Equal(new Navigation.ToPage(A), merchant.NextAfter(C));
    }

    [Fact]
    public void The_next_page_skips_pages_that_are_not_connected()
    {
        merchant.ReportLoss(B, Signal.TokenExpired);

        Assert.Equal(new Navigation.ToPage(C), merchant.NextAfter(A));
    }

    [Fact]
    public void R18_The_next_page_after_the_only_page_is_the_connect_screen_of_its_provider()
    {
        merchant.ReportLoss(A);
        merchant.ReportLoss(C);
        merchant.ReportLoss(B);

        Assert.Equal(new Navigation.ToConnect(Provider.Zalo), merchant.NextAfter(B));
        Assert.Equal(new Navigation.ToConnect(Provider.Facebook), merchant.NextAfter(C));
    }

    [Fact]
    public void R20_The_next_page_after_a_disconnected_page_is_the_one_that_followed_it()
    {
        merchant.ExpectChanged(Disconnect(B));

        Assert.Equal([A, C], merchant.Listed);
        Assert.Equal(new Navigation.ToPage(C), merchant.NextAfter(B));
    }

    [Fact]
    public void R21_After_disconnecting_the_only_page_the_next_page_is_the_connect_screen()
    {
        merchant.ExpectChanged(Disconnect(A));
        merchant.ExpectChanged(Disconnect(B));
        merchant.ExpectChanged(Disconnect(C));

        Assert.Equal(new Navigation.ToConnect(Provider.Facebook), merchant.NextAfter(C));
        Assert.Empty(merchant.Listed);
    }

    [Fact]
    public void A_page_is_shown_as_its_provider_and_id() => Assert.Equal("Zalo:oa1", Pages.Oa(1).ToString());
}
