using ConnectionStateService.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The inbox: the lost notice and disconnecting (R13 to R21). The rules themselves are tested in Core and RuleBook.</summary>
public sealed class InboxTests(ConsoleFixture console) : ConsoleTest(console)
{
    private PageRef Alpha => Merchant.Facebook($"{MerchantId}-a");

    [Theory]
    [InlineData(Signal.PermissionRevoked, "Permission removed", "The app's permission was removed at the provider.")]
    [InlineData(Signal.RoleLost, "Permission removed", "The account no longer has the role of Editor or higher on the page.")]
    [InlineData(Signal.TokenExpired, "Expired", "The token has run out or is no longer valid.")]
    [InlineData(Signal.PageDeleted, "Page deleted", "The page was deleted at the provider.")]
    [InlineData(Signal.SignedInElsewhere, "Disconnected", "Another account has signed in.")]
    public async Task The_lost_notice_and_the_page_list_name_the_state_and_the_cause(Signal signal, string state, string cause)
    {
        await Merchant.ConnectThreeAsync();
        await One.OpenAsync("inbox");
        await One.IsAtInboxOfAsync("Alpha");

        await Merchant.ReportAsync(Alpha, signal);

        await Expect(One.LostNotice).ToContainTextAsync("The connection to Alpha is lost");
        await Expect(One.LostNotice).ToContainTextAsync(state);
        await Expect(One.LostNotice).ToContainTextAsync(cause);
        await Other.OpenAsync("pages");
        await Other.ListsInStateAsync("Alpha", state);
        await Expect(Other.Row("Alpha")).ToContainTextAsync(cause);
        await Other.ListsAsync("Alpha", "Beta", "Gamma");
    }

    [Fact]
    public async Task The_lost_notice_closes_when_the_token_is_renewed()
    {
        await OpenInboxOfAlphaAsync();
        await Merchant.ReportAsync(Alpha, Signal.TokenExpired);
        await Expect(One.LostNotice).ToBeVisibleAsync();

        var desk = await OpenDeskAsync();
        await desk.LetTokenEndAfterAsync("60 days", "Alpha");

        await Expect(One.LostNotice).ToBeHiddenAsync();
        await Expect(One.Inbox("Alpha")).ToContainTextAsync("Connected");
        await AgreeAsync();
    }

    [Fact]
    public async Task Understood_in_one_tab_moves_every_tab_to_the_next_connected_page()
    {
        await OpenInboxOfAlphaAsync();
        var desk = await OpenDeskAsync();
        await desk.DoAsync("Remove permission", "Beta");
        await desk.DoAsync("Delete the page", "Alpha");
        await Expect(One.LostNotice).ToContainTextAsync("Next: the inbox of Gamma");
        await AgreeAsync();

        await One.UnderstandAsync();

        await Expect(One.LostNotice).ToBeHiddenAsync();
        await One.IsAtInboxOfAsync("Gamma");
        await AgreeAsync();
    }

    [Fact]
    public async Task Understood_for_the_only_page_leads_to_the_connect_screen_which_offers_to_reconnect_it()
    {
        await Merchant.ConnectAsync(Merchant.Zalo($"{MerchantId}-only"), "Only");
        await Client.Plans.SetPlanAsync(new() { MerchantId = MerchantId, Plan = Plan.Trial });
        await OpenBothAsync("inbox");
        await One.IsAtInboxOfAsync("Only");
        await AgreeAsync();
        await Merchant.ReportAsync(Merchant.Zalo($"{MerchantId}-only"), Signal.PermissionRevoked);
        await Expect(One.LostNotice).ToContainTextAsync("Next: the connect screen of Zalo");

        await One.UnderstandAsync();

        await Expect(One.Title).ToContainTextAsync("Connect a Zalo Official Account");
        Assert.EndsWith("/connect/zalo", One.Tab.Url, StringComparison.Ordinal);
        await AgreeAsync();

        // The lost page holds the only slot, so that a new page cannot be added but this one can be reconnected.
        await Expect(One.Button("Connect with Zalo")).ToBeDisabledAsync();
        await One.DoAsync("Reconnect", "Only");
        await One.IsAtStepAsync("Sign in");
    }

    [Fact]
    public async Task Disconnect_asks_for_confirmation_and_moves_every_tab_to_the_next_page()
    {
        await OpenInboxOfAlphaAsync();

        await One.Button("Disconnect").ClickAsync();
        await One.Button("Keep it").ClickAsync();
        await Expect(One.Dialog).ToBeHiddenAsync();
        await One.IsAtInboxOfAsync("Alpha");

        await One.Button("Disconnect").ClickAsync();
        await Expect(One.Dialog).ToContainTextAsync("Disconnect Alpha?");
        await Expect(One.Dialog).ToContainTextAsync("Next: the inbox of Beta");
        await One.Dialog.GetByRole(AriaRole.Button, new() { Name = "Disconnect", Exact = true }).ClickAsync();

        await One.SaysAsync("Alpha is disconnected");
        await One.IsAtInboxOfAsync("Beta");
        await AgreeAsync();
        await OpenBothAsync("pages");
        await One.ListsAsync("Beta", "Gamma");
        await One.ShowsAsync("2 of 3 pages used");
        await AgreeAsync();
    }

    private async Task OpenInboxOfAlphaAsync()
    {
        await Merchant.ConnectThreeAsync();
        await OpenBothAsync("inbox");
        await One.IsAtInboxOfAsync("Alpha");
        await AgreeAsync();
    }
}
