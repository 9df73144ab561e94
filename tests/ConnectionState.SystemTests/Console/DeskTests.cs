using ConnectionStateService.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The forms of the provider desk while the connections they belong to change.</summary>
[Collection(nameof(ConsoleOfConnecting))]
public sealed class DeskTests(ConsoleFixture console) : ConsoleTest(console)
{
    [Fact]
    public async Task R5_The_consent_checkbox_is_cleared_when_the_form_shows_the_next_session()
    {
        await WaitForConsentAsync("First");
        await WaitForConsentAsync("Second");
        await First.OpenAsync("desk");
        await ConsentOf("First").GetByRole(AriaRole.Checkbox).CheckAsync();
        await AllowAsync("First");
        await Expect(ConsentOf("First")).ToHaveCountAsync(0);

        await Expect(ConsentOf("Second").GetByRole(AriaRole.Checkbox)).Not.ToBeCheckedAsync();
        await AllowAsync("Second");

        await Expect(ConsentOf("Second")).ToContainTextAsync("Please agree to messages being sent");
        await AssertStatesAsync(("First", Connection.Types.State.Connected), ("Second", Connection.Types.State.Pending));
    }

    [Fact]
    public async Task The_selected_account_is_reset_when_the_form_shows_the_next_session()
    {
        var first = await BeginAsync(Provider.Facebook);
        await BeginAsync(Provider.Zalo);
        await First.OpenAsync("desk");
        var accounts = First.Named(AriaRole.Combobox, "Account");
        await Expect(accounts).ToHaveCountAsync(2);

        await Client.Connect.RefuseAsync(new() { MerchantId = MerchantId, SessionId = first });

        await Expect(accounts).ToHaveCountAsync(1);
        await Expect(accounts).ToHaveValueAsync("zalo.lan");
        await Expect(First.Named(AriaRole.Combobox, "Role on Hoa Sen OA")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_provider_error_is_reported_for_the_selected_page_after_the_list_changed()
    {
        await Merchant.ConnectThreeAsync();
        await First.OpenAsync("desk");
        var chosen = First.Named(AriaRole.Combobox, "Page");
        await chosen.SelectOptionAsync(new SelectOptionValue { Label = "Beta" });

        await DisconnectAsync(Merchant.Facebook($"{MerchantId}-a"));
        await Expect(chosen.GetByRole(AriaRole.Option)).ToHaveTextAsync(["Beta", "Gamma"]);
        await Expect(chosen).ToHaveValueAsync($"2/{MerchantId}-b");
        await First.Named(AriaRole.Textbox, "Code").FillAsync("-219");
        await First.Named(AriaRole.Textbox, "Subcode").FillAsync("");
        await First.Button("Report").ClickAsync();

        await First.ShowsAsync("The connection changed.");
        await AssertStatesAsync(("Beta", Connection.Types.State.Revoked), ("Gamma", Connection.Types.State.Connected));

        await DisconnectAsync(Merchant.Zalo($"{MerchantId}-b"));
        await Expect(chosen.GetByRole(AriaRole.Option)).ToHaveTextAsync(["Gamma"]);
        await Expect(First.Button("Report")).ToBeDisabledAsync();
    }

    [Fact]
    public async Task A_soft_error_makes_a_page_suspect_and_a_success_ends_the_suspicion()
    {
        await Merchant.ConnectThreeAsync();
        await First.OpenAsync("desk");
        await First.Named(AriaRole.Combobox, "Example").SelectOptionAsync("The token is invalid");

        await First.Button("Report").ClickAsync();

        await First.ShowsAsync("(soft). The connection changed.");
        var row = DeskPage("Alpha");
        await Expect(row).ToContainTextAsync("Checking");
        await Expect(row).ToContainTextAsync("Error code 190/467");
        await First.ClickForPageAsync("A call succeeds", "Alpha");
        await First.HasNoticeAsync("A call succeeds: The connection changed.");
        await Expect(row).Not.ToContainTextAsync("Checking");
    }

    [Fact]
    public async Task Three_soft_errors_over_ten_minutes_are_a_loss_and_an_error_about_a_message_is_nothing()
    {
        await Merchant.ConnectThreeAsync();
        await First.OpenAsync("desk");
        await First.Named(AriaRole.Combobox, "Example").SelectOptionAsync("Message outside the window");
        await First.Button("Report").ClickAsync();
        await First.ShowsAsync("(says nothing about the connection). It changes nothing.");

        await First.Named(AriaRole.Combobox, "Example").SelectOptionAsync("The token is invalid");
        foreach (var observed in new[] { "15 minutes ago", "5 minutes ago" })
        {
            await First.Named(AriaRole.Combobox, "Observed").SelectOptionAsync(observed);
            await First.Button("Report").ClickAsync();
            await First.ShowsAsync("(soft). The connection changed.");
            await AssertStateOfAlphaAsync(Connection.Types.State.Connected);
        }

        await First.Named(AriaRole.Combobox, "Observed").SelectOptionAsync("now");
        await First.Button("Report").ClickAsync();
        await Expect(DeskPage("Alpha")).ToContainTextAsync("Expired");
        await AssertStateOfAlphaAsync(Connection.Types.State.Expired);

        await First.RenewTokenForAsync("60 days", "Alpha");
        await Expect(DeskPage("Alpha")).ToContainTextAsync("Connected");
    }

    [Fact]
    public async Task A_report_and_a_renewal_of_an_older_grant_are_stale()
    {
        await Merchant.ConnectThreeAsync();
        await First.OpenAsync("desk");
        var tokens = DeskPage("Alpha").GetByRole(AriaRole.Combobox, new() { Name = "Token of" });
        await tokens.SelectOptionAsync("an older grant");
        await First.ClickForPageAsync("Renew the token", "Alpha");
        await First.HasNoticeAsync("The page has had one grant only.");
        await tokens.SelectOptionAsync("the current grant");
        await First.RenewTokenForAsync("60 days", "Alpha");
        var renewed = await Merchant.GetAsync(Merchant.Facebook($"{MerchantId}-a"));

        await tokens.SelectOptionAsync("an older grant");
        await First.ClickForPageAsync("Renew the token", "Alpha");
        await First.HasNoticeAsync("Renew the token: About another grant than the current one");

        var form = First.Named(AriaRole.Form, "A provider's error");
        await form.GetByRole(AriaRole.Combobox, new() { Name = "Token of" }).SelectOptionAsync("an older grant");
        // Notices may cover the button.
        await First.Button("Report").PressAsync("Enter");
        await First.ShowsAsync("(hard). About another grant than the current one");
        Assert.Equal(renewed, await Merchant.GetAsync(Merchant.Facebook($"{MerchantId}-a")));
    }

    [Fact]
    public async Task A_complete_submission_makes_missing_pages_suspect()
    {
        var account = new Account { AccountId = "fb.lan", Name = "Nguyễn Thị Lan", Personal = true };
        await Merchant.ConnectAsync(Merchant.Facebook("fb-hoa-sen"), "Hoa Sen Flowers", account);
        await BeginAsync(Provider.Facebook);
        await First.OpenAsync("desk");

        await First.Button("Do not offer Hoa Sen Flowers").ClickAsync();
        await First.Tab.GetByRole(AriaRole.Checkbox, new() { Name = "These are all pages that the account grants" }).CheckAsync();
        await First.Button("Sign in: Facebook").ClickAsync();

        await Expect(DeskPage("Hoa Sen Flowers")).ToContainTextAsync("Checking");
        await Expect(DeskPage("Hoa Sen Flowers")).ToContainTextAsync("did not offer the page");
    }

    [Fact]
    public async Task The_plan_form_shows_the_plan_that_another_user_set()
    {
        await First.OpenAsync("desk");
        var plan = First.Named(AriaRole.Combobox, "Plan");
        var bought = First.Named(AriaRole.Spinbutton, "Pages bought");
        await bought.FillAsync("7");

        await Client.Plans.SetPlanAsync(new() { MerchantId = MerchantId, Plan = Plan.Standard, BoughtPages = 2 });

        await Expect(bought).ToHaveValueAsync("2");
        await plan.SelectOptionAsync("Free trial");
        await First.Button("Set plan").ClickAsync();
        await First.HasNoticeAsync("Done: Set plan");
        await Expect(First.Button("Set plan")).ToBeFocusedAsync();
        await Client.Plans.SetPlanAsync(new() { MerchantId = MerchantId, Plan = Plan.Standard, BoughtPages = 1 });
        await Expect(plan).ToHaveValueAsync($"{(int)Plan.Standard}");
        await Expect(bought).ToHaveValueAsync("1");
    }

    private ILocator DeskPage(string name) =>
        First.Main.GetByRole(AriaRole.Listitem).Filter(new() { Has = First.Button($"Renew the token: {name}") });

    private async Task AssertStateOfAlphaAsync(Connection.Types.State state) =>
        Assert.Equal(state, (await Merchant.GetAsync(Merchant.Facebook($"{MerchantId}-a"))).State);

    private ILocator ConsentOf(string name) => First.Named(AriaRole.Region, "Zalo (played here)")
        .Filter(new() { Has = First.Named(AriaRole.Heading, $"Allow access to {name}?") });

    private Task AllowAsync(string name) => ConsentOf(name).GetByRole(AriaRole.Button, new() { Name = "Allow" }).ClickAsync();

    private Task<string> WaitForConsentAsync(string name) => Merchant.RequestAsync(Merchant.Zalo($"{MerchantId}-{name}"), name);

    private async Task<string> BeginAsync(Provider provider) =>
        (await Client.Connect.BeginConnectAsync(new() { MerchantId = MerchantId, Provider = provider })).Session.SessionId;

    private async Task DisconnectAsync(PageRef page) => await Client.Pages.DisconnectAsync(new() { MerchantId = MerchantId, Page = page });

    private async Task AssertStatesAsync(params (string Name, Connection.Types.State State)[] pages)
    {
        var list = await Client.Pages.GetPageListAsync(new() { MerchantId = MerchantId });
        Assert.Equal(pages, list.PageList.Connections.Select(connection => (connection.PageName, connection.State)));
    }
}
