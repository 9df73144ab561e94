using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The page list and the add screen (R9 to R12, R22). The rules themselves are tested in Core and RuleBook.</summary>
[Collection(nameof(ConsoleOfPages))]
public sealed class PageListTests(ConsoleFixture console) : ConsoleTest(console)
{
    [Fact]
    public async Task R9_R12_The_add_screen_shows_the_pages_and_the_quota_and_is_disabled_at_the_limit()
    {
        await ConnectAsync("Page 1");
        await ConnectAsync("Page 2");
        await Merchant.ReportAsync(PageOf("Page 2"), V1.Signal.PermissionRevoked);
        await OpenBothAsync("pages");
        await First.Button("Add a page").ClickAsync();
        await Second.Button("Add a page").ClickAsync();
        await First.ShowsAsync("2 of 3 pages used");
        await Expect(First.PageList.GetByRole(AriaRole.Listitem)).ToHaveTextAsync(
            new[] { "Page 1.*Connected$", "Page 2.*Permission removed$" }.Select(pattern => new Regex(pattern)));
        await Expect(First.Choice("Facebook Fanpage")).ToBeEnabledAsync();

        await ConnectAsync("Page 3");

        await First.ShowsAsync("You have 3 of 3 pages.");
        await Expect(First.Choice("Facebook Fanpage")).ToBeDisabledAsync();
        await Expect(First.Choice("Zalo Official Account")).ToBeDisabledAsync();
        await AssertTabsAgreeAsync();
        await First.OpenAsync("pages");
        await Expect(First.Button("Add a page")).ToBeDisabledAsync();
        await Expect(First.Button("Add a page")).ToHaveAccessibleDescriptionAsync(new Regex("^You have 3 of 3 pages."));
    }

    [Fact]
    public async Task R10_R11_The_page_list_follows_a_change_of_plan_made_on_the_provider_desk()
    {
        await ConnectAsync("Page 1");
        await ConnectAsync("Page 2");
        await OpenBothAsync("pages");
        await First.ListsAsync("Page 1", "Page 2");

        await SetPlanAsync("Standard plan", bought: 2);
        await First.ShowsAsync("2 of 5 pages used");
        await First.ShowsAsync("2 bought");
        await Expect(First.Button("Add a page")).ToBeEnabledAsync();
        await AssertTabsAgreeAsync();

        await SetPlanAsync("Free trial", bought: 0);
        await First.ShowsAsync("Free trial, ends in 15 days");
        await First.ShowsAsync("You are over the limit of your plan (2 of 1 pages).");
        await Expect(First.Button("Add a page")).ToBeDisabledAsync();
        await First.ListsAsync("Page 1", "Page 2");
        await AssertTabsAgreeAsync();
    }

    [Fact]
    public async Task R14_R22_The_page_list_keeps_its_order_while_pages_are_lost_renewed_disconnected_and_connected_again()
    {
        await Merchant.ConnectThreeAsync();
        await OpenBothAsync("pages");
        await First.ListsAsync("Alpha", "Beta", "Gamma");
        await Expect(First.Row("Beta")).ToContainTextAsync("token ends in 365 days");

        var desk = await OpenProviderDeskAsync();
        await desk.ClickForPageAsync("Let the token run out", "Beta");
        await First.ListsInStateAsync("Beta", "Expired");
        await desk.ClickForPageAsync("Renew the token", "Beta");
        await First.ListsInStateAsync("Beta", "Connected");
        await First.ListsAsync("Alpha", "Beta", "Gamma");

        await First.ClickInMenuAsync("Disconnect", "Alpha");
        await First.Dialog.GetByRole(AriaRole.Button, new() { Name = "Disconnect", Exact = true }).ClickAsync();
        await First.IsAtInboxOfAsync("Beta");
        await First.OpenAsync("pages");
        await First.ListsAsync("Beta", "Gamma");
        await Merchant.ConnectAsync(Merchant.Facebook($"{MerchantId}-a"), "Alpha");
        await First.ListsAsync("Beta", "Gamma", "Alpha");
        await Second.ListsAsync("Beta", "Gamma", "Alpha");
    }

    private V1.PageRef PageOf(string name) => Merchant.Facebook($"{MerchantId}-{name[^1]}");

    private Task ConnectAsync(string name) => Merchant.ConnectAsync(PageOf(name), name);

    private async Task SetPlanAsync(string plan, int bought)
    {
        var desk = await OpenProviderDeskAsync();
        await desk.Named(AriaRole.Combobox, "Plan").SelectOptionAsync(plan);
        await desk.Named(AriaRole.Spinbutton, "Pages bought").FillAsync($"{bought}");
        await desk.Button("Set plan").ClickAsync();
        await desk.HasNoticeAsync("Done: Set plan");
        await desk.Tab.CloseAsync();
    }
}
