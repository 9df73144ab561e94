using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>R13 to R18, through the console's inbox and its provider desk.</summary>
public sealed class LosingRulesTests(ConsoleFixture console) : ConsoleTest(console)
{
    [Theory]
    [InlineData("Remove permission", "The app's permission was removed at the provider.")]
    [InlineData("Take the role away", "The account no longer has the role of Editor or higher on the page.")]
    public async Task R13_When_the_permission_is_removed_the_page_is_revoked(string deed, string cause)
    {
        await LookAtAlphaAsync();

        await AtTheProviderAsync(deed, "Alpha");

        await IsLostAsync("Alpha", "Permission removed", cause);
    }

    [Fact]
    public async Task R14_When_the_token_ends_the_page_expires_by_itself_and_renewing_brings_it_back()
    {
        await LookAtAlphaAsync();
        var desk = await OpenDeskAsync();
        await desk.LetTokenEndAfterAsync("10 seconds", "Alpha");
        await One.ShowsAsync("The token for this page ends");
        await AgreeAsync();

        await IsLostAsync("Alpha", "Expired", "The token has run out or is no longer valid.");

        await desk.LetTokenEndAfterAsync("60 days", "Alpha");
        await Expect(One.LostNotice).ToBeHiddenAsync();
        await Expect(One.Inbox("Alpha")).ToContainTextAsync("Connected");
        await AgreeAsync();
    }

    [Fact]
    public async Task R14_A_token_of_Zalo_lasts_a_year_when_nothing_else_is_said()
    {
        await Merchant.ConnectThreeAsync();
        await OpenBothAsync("pages");

        await Expect(One.Row("Beta")).ToContainTextAsync(new System.Text.RegularExpressions.Regex("token ends in 365 days"));
        await Expect(One.Row("Alpha")).Not.ToContainTextAsync("token ends");
        await AgreeAsync();
    }

    [Fact]
    public async Task R15_When_the_page_is_deleted_at_the_provider_it_is_deleted_here()
    {
        await LookAtAlphaAsync();

        await AtTheProviderAsync("Delete the page", "Alpha");

        await IsLostAsync("Alpha", "Page deleted", "The page was deleted at the provider.");
    }

    [Fact]
    public async Task R16_When_another_account_signs_in_the_page_is_lost()
    {
        await LookAtAlphaAsync();

        await AtTheProviderAsync("Sign in elsewhere", "Alpha");

        await IsLostAsync("Alpha", "Disconnected", "Another account has signed in.");
    }

    [Fact]
    public async Task R16_When_another_merchant_is_granted_the_page_this_one_loses_it()
    {
        await LookAtAlphaAsync();

        await new Merchant(Client, $"{MerchantId}-x").ConnectAsync(Merchant.Facebook($"{MerchantId}-a"), "Alpha");

        await IsLostAsync("Alpha", "Disconnected", "Another account has signed in.");
    }

    [Fact]
    public async Task R17_Understood_leads_to_the_next_page_of_the_list_in_every_tab()
    {
        await LookAtAlphaAsync();
        await AtTheProviderAsync("Remove permission", "Beta");
        await AtTheProviderAsync("Delete the page", "Alpha");
        await Expect(One.LostNotice).ToContainTextAsync("Next: the inbox of Gamma");
        await AgreeAsync();

        await One.UnderstandAsync();

        await Expect(One.LostNotice).ToBeHiddenAsync();
        await One.IsAtInboxOfAsync("Gamma");
        await AgreeAsync();
    }

    [Fact]
    public async Task R18_Understood_leads_to_the_connect_screen_of_the_provider_when_no_other_page_is_connected()
    {
        var page = Merchant.Zalo($"{MerchantId}-only");
        await Merchant.ConnectAsync(page, "Only");
        await OpenBothAsync("inbox");
        await One.IsAtInboxOfAsync("Only");
        await AgreeAsync();
        await AtTheProviderAsync("Remove permission", "Only");
        await Expect(One.LostNotice).ToContainTextAsync("Next: the connect screen of Zalo");
        await AgreeAsync();

        await One.UnderstandAsync();

        await Expect(One.Title).ToContainTextAsync("Connect a Zalo Official Account");
        Assert.EndsWith("/connect/zalo", One.Tab.Url, StringComparison.Ordinal);
        await AgreeAsync();
        await CanOnlyReconnectAsync("Only", "Zalo");
    }

    // The lost page has kept the only slot: it is the way on, and the server takes it.
    private async Task CanOnlyReconnectAsync(string pageName, string provider)
    {
        await Expect(One.Button($"Connect with {provider}")).ToBeEnabledAsync();
        await Client.Plans.SetPlanAsync(new() { MerchantId = MerchantId, Plan = V1.Plan.Trial });
        await Expect(One.Button($"Connect with {provider}")).ToBeDisabledAsync();
        await Expect(One.Button($"Connect with {provider}")).ToHaveAccessibleDescriptionAsync(
            new System.Text.RegularExpressions.Regex("^You have 1 of 1 pages."));
        await AgreeAsync();

        await One.DoAsync("Reconnect", pageName);

        await One.IsAtStepAsync("Sign in");
    }

    private async Task LookAtAlphaAsync()
    {
        await Merchant.ConnectThreeAsync();
        await OpenBothAsync("inbox");
        await One.IsAtInboxOfAsync("Alpha");
        await AgreeAsync();
    }

    private async Task AtTheProviderAsync(string deed, string pageName)
    {
        var desk = await OpenDeskAsync();
        await desk.DoAsync(deed, pageName);
        await desk.SaysAsync("The connection moved.");
        await desk.Tab.CloseAsync();
    }

    // As the notice tells it, and as the list does.
    private async Task IsLostAsync(string pageName, string state, string cause)
    {
        await Expect(One.LostNotice).ToContainTextAsync($"The connection to {pageName} is lost");
        await Expect(One.LostNotice).ToContainTextAsync(state);
        await Expect(One.LostNotice).ToContainTextAsync(cause);
        await AgreeAsync();

        var list = await NewTabAsync();
        await list.OpenAsync("pages");
        await list.ListsInStateAsync(pageName, state);
        await Expect(list.Row(pageName)).ToContainTextAsync(cause);
        await list.ListsAsync("Alpha", "Beta", "Gamma");
    }
}
