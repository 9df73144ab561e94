using ConnectionStateService.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The inbox: the lost notice and disconnecting (R13 to R21). The rules themselves are tested in Core and RuleBook.</summary>
[Collection(nameof(ConsoleOfPages))]
public sealed class InboxTests(ConsoleFixture console) : ConsoleTest(console)
{
    private PageRef Alpha => Merchant.Facebook($"{MerchantId}-a");

    [Theory]
    [InlineData(Signal.PermissionRevoked, "Permission removed", "The app's permission was removed at Facebook.")]
    [InlineData(Signal.RoleLost, "Permission removed", "The account no longer has the role of Editor or higher on the page.")]
    [InlineData(Signal.TokenExpired, "Expired", "The token has run out or is no longer valid.")]
    [InlineData(Signal.PageDeleted, "Page deleted", "The page was deleted at Facebook.")]
    [InlineData(Signal.SignedInElsewhere, "Disconnected", "Another account has signed in and connected this page.")]
    public async Task R13_R14_R15_R16_The_lost_notice_and_the_page_list_name_the_state_and_the_cause(Signal signal, string state, string cause)
    {
        await Merchant.ConnectThreeAsync();
        await First.OpenAsync("inbox");
        await First.IsAtInboxOfAsync("Alpha");

        await Merchant.ReportAsync(Alpha, signal);

        await Expect(First.LostNotice).ToContainTextAsync("The connection to Alpha is lost");
        await Expect(First.LostNotice).ToContainTextAsync(state);
        await Expect(First.LostNotice).ToContainTextAsync(cause);
        await Second.OpenAsync("pages");
        await Second.ListsInStateAsync("Alpha", state);
        await Expect(Second.Row("Alpha")).ToContainTextAsync(cause);
        await Second.ListsAsync("Alpha", "Beta", "Gamma");
    }

    [Fact]
    public async Task R14_The_lost_notice_closes_when_the_token_is_renewed()
    {
        await OpenInboxOfAlphaAsync();
        await Merchant.ReportAsync(Alpha, Signal.TokenExpired);
        await Expect(First.LostNotice).ToBeVisibleAsync();

        var desk = await OpenProviderDeskAsync();
        await desk.RenewTokenForAsync("60 days", "Alpha");

        await Expect(First.LostNotice).ToBeHiddenAsync();
        await Expect(First.Inbox("Alpha")).ToContainTextAsync("Connected");
        await AssertTabsAgreeAsync();
    }

    [Fact]
    public async Task R17_Understood_in_one_tab_moves_every_tab_to_the_next_connected_page()
    {
        await OpenInboxOfAlphaAsync();
        var desk = await OpenProviderDeskAsync();
        await desk.ClickForPageAsync("Remove permission", "Beta");
        await desk.ClickForPageAsync("Delete the page", "Alpha");
        await Expect(First.LostNotice).ToContainTextAsync("Next: the inbox of Gamma");
        await AssertTabsAgreeAsync();

        await First.AcknowledgeLossAsync();

        await Expect(First.LostNotice).ToBeHiddenAsync();
        await First.IsAtInboxOfAsync("Gamma");
        await AssertTabsAgreeAsync();
    }

    [Fact]
    public async Task R18_Understood_for_the_only_page_leads_to_the_connect_screen_which_offers_to_reconnect_it()
    {
        await Merchant.ConnectAsync(Merchant.Zalo($"{MerchantId}-only"), "Only");
        await Client.Plans.SetPlanAsync(new() { MerchantId = MerchantId, Plan = Plan.Trial });
        await OpenBothAsync("inbox");
        await First.IsAtInboxOfAsync("Only");
        await AssertTabsAgreeAsync();
        await Merchant.ReportAsync(Merchant.Zalo($"{MerchantId}-only"), Signal.PermissionRevoked);
        await Expect(First.LostNotice).ToContainTextAsync("Next: the connect screen of Zalo");

        await First.AcknowledgeLossAsync();

        await Expect(First.Title).ToContainTextAsync("Connect a Zalo Official Account");
        Assert.EndsWith("/connect/zalo", First.Tab.Url, StringComparison.Ordinal);
        await AssertTabsAgreeAsync();

        // The lost page holds the only slot, so that a new page cannot be added but this one can be reconnected.
        await Expect(First.Button("Connect with Zalo")).ToBeDisabledAsync();
        await First.ClickForPageAsync("Reconnect", "Only");
        await First.IsAtStepAsync("Sign in");
    }

    [Fact]
    public async Task R20_Disconnect_asks_for_confirmation_and_moves_every_tab_to_the_next_page()
    {
        await OpenInboxOfAlphaAsync();

        await First.Button("Disconnect").ClickAsync();
        await First.Button("Keep it").ClickAsync();
        await Expect(First.Dialog).ToBeHiddenAsync();
        await First.IsAtInboxOfAsync("Alpha");

        await First.Button("Disconnect").ClickAsync();
        await Expect(First.Dialog).ToContainTextAsync("Disconnect Alpha?");
        await Expect(First.Dialog).ToContainTextAsync("Next: the inbox of Beta");
        await First.Dialog.GetByRole(AriaRole.Button, new() { Name = "Disconnect", Exact = true }).ClickAsync();

        await First.HasNoticeAsync("Alpha is disconnected");
        await First.IsAtInboxOfAsync("Beta");
        await AssertTabsAgreeAsync();
        await OpenBothAsync("pages");
        await First.ListsAsync("Beta", "Gamma");
        await First.ShowsAsync("2 of 3 pages used");
        await AssertTabsAgreeAsync();
    }

    private async Task OpenInboxOfAlphaAsync()
    {
        await Merchant.ConnectThreeAsync();
        await OpenBothAsync("inbox");
        await First.IsAtInboxOfAsync("Alpha");
        await AssertTabsAgreeAsync();
    }
}
