using ConnectionStateService.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The forms of the provider desk while the connections they belong to change.</summary>
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
        await First.Named(AriaRole.Textbox, "Code").FillAsync("-220");
        await First.Named(AriaRole.Textbox, "Subcode").FillAsync("");
        await First.Button("Report").ClickAsync();

        await First.ShowsAsync("The connection moved.");
        await AssertStatesAsync(("Beta", Connection.Types.State.Expired), ("Gamma", Connection.Types.State.Connected));

        await DisconnectAsync(Merchant.Zalo($"{MerchantId}-b"));
        await Expect(chosen.GetByRole(AriaRole.Option)).ToHaveTextAsync(["Gamma"]);
        await Expect(First.Button("Report")).ToBeDisabledAsync();
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
