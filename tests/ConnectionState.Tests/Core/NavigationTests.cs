using ConnectionStateService.Core;
using ConnectionStateService.Tests.Support;
using static ConnectionStateService.Tests.Support.PlayCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>Where a screen goes, by example (R17, R18, R20 to R22).</summary>
public class NavigationTests
{
    private static readonly PageRef A = Pages.Fanpage(1);
    private static readonly PageRef B = Pages.Oa(1);
    private static readonly PageRef C = Pages.Fanpage(2);

    private readonly Play play = new();

    public NavigationTests()
    {
        play.Connect(A);
        play.Connect(B);
        play.Connect(C);
    }

    [Fact]
    public void R22_The_pages_of_both_providers_are_one_list_in_the_order_they_came() => Assert.Equal([A, B, C], play.Listed);

    [Fact]
    public void R17_After_a_loss_the_screen_goes_to_the_next_page_of_the_list()
    {
        play.Lose(B);
        play.Must(Acknowledge(B));

        Assert.Equal(new Navigation.ToPage(C), play.NextAfter(B));
    }

    [Fact]
    public void R17_After_the_last_page_comes_the_first()
    {
        play.Lose(C, Signal.PageDeleted);

        Assert.Equal(new Navigation.ToPage(A), play.NextAfter(C));
    }

    [Fact]
    public void Pages_that_do_not_work_are_passed_over()
    {
        play.Lose(B, Signal.TokenExpired);

        Assert.Equal(new Navigation.ToPage(C), play.NextAfter(A));
    }

    [Fact]
    public void R18_With_no_other_page_the_screen_goes_to_the_connect_screen_of_that_provider()
    {
        play.Lose(A);
        play.Lose(C);
        play.Lose(B);

        Assert.Equal(new Navigation.ToConnect(Provider.Zalo), play.NextAfter(B));
        Assert.Equal(new Navigation.ToConnect(Provider.Facebook), play.NextAfter(C));
    }

    [Fact]
    public void R20_A_page_that_was_disconnected_still_knows_what_came_after_it()
    {
        play.Must(Disconnect(B));

        Assert.Equal([A, C], play.Listed);
        Assert.Equal(new Navigation.ToPage(C), play.NextAfter(B));
    }

    [Fact]
    public void R21_Disconnecting_the_only_page_leads_to_the_connect_screen()
    {
        play.Must(Disconnect(A));
        play.Must(Disconnect(B));
        play.Must(Disconnect(C));

        Assert.Equal(new Navigation.ToConnect(Provider.Facebook), play.NextAfter(C));
        Assert.Empty(play.Listed);
    }
}
