using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The page list and the add screen (R9 to R12, R22). The rules themselves are tested in Core and RuleBook.</summary>
public sealed class PageListTests(ConsoleFixture console) : ConsoleTest(console)
{
    [Fact]
    public async Task The_add_screen_shows_the_pages_and_the_quota_and_is_disabled_at_the_limit()
    {
        await ConnectAsync("Page 1");
        await ConnectAsync("Page 2");
        await Merchant.ReportAsync(PageOf("Page 2"), V1.Signal.PermissionRevoked);
        await OpenBothAsync("pages");
        await One.Button("Add a page").ClickAsync();
        await Other.Button("Add a page").ClickAsync();
        await One.ShowsAsync("2 of 3 pages used");
        await Expect(One.PageList.GetByRole(AriaRole.Listitem)).ToHaveTextAsync(
            new[] { "Page 1.*Connected$", "Page 2.*Permission removed$" }.Select(pattern => new Regex(pattern)));
        await Expect(One.Choice("Facebook Fanpage")).ToBeEnabledAsync();

        await ConnectAsync("Page 3");

        await One.ShowsAsync("You have 3 of 3 pages.");
        await Expect(One.Choice("Facebook Fanpage")).ToBeDisabledAsync();
        await Expect(One.Choice("Zalo Official Account")).ToBeDisabledAsync();
        await AgreeAsync();
        await One.OpenAsync("pages");
        await Expect(One.Button("Add a page")).ToBeDisabledAsync();
        await Expect(One.Button("Add a page")).ToHaveAccessibleDescriptionAsync(new Regex("^You have 3 of 3 pages."));
    }

    [Fact]
    public async Task The_page_list_follows_a_change_of_plan_made_on_the_provider_desk()
    {
        await ConnectAsync("Page 1");
        await ConnectAsync("Page 2");
        await OpenBothAsync("pages");
        await One.ListsAsync("Page 1", "Page 2");

        await SetPlanAsync("Standard plan", bought: 2);
        await One.ShowsAsync("2 of 5 pages used");
        await One.ShowsAsync("2 bought");
        await Expect(One.Button("Add a page")).ToBeEnabledAsync();
        await AgreeAsync();

        await SetPlanAsync("Free trial", bought: 0);
        await One.ShowsAsync("Free trial, ends in 15 days");
        await One.ShowsAsync("Nothing is removed, but nothing can be added.");
        await Expect(One.Button("Add a page")).ToBeDisabledAsync();
        await One.ListsAsync("Page 1", "Page 2");
        await AgreeAsync();
    }

    [Fact]
    public async Task The_page_list_keeps_its_order_while_pages_are_lost_renewed_disconnected_and_connected_again()
    {
        await Merchant.ConnectThreeAsync();
        await OpenBothAsync("pages");
        await One.ListsAsync("Alpha", "Beta", "Gamma");
        await Expect(One.Row("Beta")).ToContainTextAsync("token ends in 365 days");

        var desk = await OpenDeskAsync();
        await desk.DoAsync("Let the token run out", "Beta");
        await One.ListsInStateAsync("Beta", "Expired");
        await desk.DoAsync("Renew the token", "Beta");
        await One.ListsInStateAsync("Beta", "Connected");
        await One.ListsAsync("Alpha", "Beta", "Gamma");

        await One.DoAsync("Disconnect", "Alpha");
        await One.Dialog.GetByRole(AriaRole.Button, new() { Name = "Disconnect", Exact = true }).ClickAsync();
        await One.ListsAsync("Beta", "Gamma");
        await Merchant.ConnectAsync(Merchant.Facebook($"{MerchantId}-a"), "Alpha");
        await One.ListsAsync("Beta", "Gamma", "Alpha");
        await AgreeAsync();
    }

    private V1.PageRef PageOf(string name) => Merchant.Facebook($"{MerchantId}-{name[^1]}");

    private Task ConnectAsync(string name) => Merchant.ConnectAsync(PageOf(name), name);

    private async Task SetPlanAsync(string plan, int bought)
    {
        var desk = await OpenDeskAsync();
        await desk.Named(AriaRole.Combobox, "Plan").SelectOptionAsync(plan);
        await desk.Named(AriaRole.Spinbutton, "Pages bought").FillAsync($"{bought}");
        await desk.Button("Set plan").ClickAsync();
        await desk.SaysAsync("Done: Set plan");
        await desk.Tab.CloseAsync();
    }
}
