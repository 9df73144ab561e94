using ConnectionStateService.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The desk's forms, when what they are for changes under them.</summary>
public sealed class DeskTests(ConsoleFixture console) : ConsoleTest(console)
{
    [Fact]
    public async Task R5_The_tick_of_one_attempt_is_not_the_tick_of_the_next_that_takes_its_place()
    {
        await WaitForConsentAsync("First");
        await WaitForConsentAsync("Second");
        await One.OpenAsync("desk");
        await ConsentOf("First").GetByRole(AriaRole.Checkbox).CheckAsync();
        await AllowAsync("First");
        await Expect(ConsentOf("First")).ToHaveCountAsync(0);

        await Expect(ConsentOf("Second").GetByRole(AriaRole.Checkbox)).Not.ToBeCheckedAsync();
        await AllowAsync("Second");

        await Expect(ConsentOf("Second")).ToContainTextAsync("Please agree to messages being sent");
        await StandAsync(("First", Connection.Types.State.Connected), ("Second", Connection.Types.State.Pending));
    }

    [Fact]
    public async Task Who_signs_in_for_one_attempt_does_not_for_the_next_that_takes_its_place()
    {
        var first = await BeginAsync(Provider.Facebook);
        await BeginAsync(Provider.Zalo);
        await One.OpenAsync("desk");
        var accounts = One.Named(AriaRole.Combobox, "Account");
        await Expect(accounts).ToHaveCountAsync(2);

        await Client.Connect.RefuseAsync(new() { MerchantId = MerchantId, SessionId = first });

        await Expect(accounts).ToHaveCountAsync(1);
        await Expect(accounts).ToHaveValueAsync("zalo.lan");
        await Expect(One.Named(AriaRole.Combobox, "Role on Hoa Sen OA")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_providers_error_goes_to_the_page_that_was_chosen_wherever_the_list_moves_it()
    {
        await Merchant.ConnectThreeAsync();
        await One.OpenAsync("desk");
        var chosen = One.Named(AriaRole.Combobox, "Page");
        await chosen.SelectOptionAsync(new SelectOptionValue { Label = "Beta" });

        await DisconnectAsync(Merchant.Facebook($"{MerchantId}-a"));
        await Expect(chosen.GetByRole(AriaRole.Option)).ToHaveTextAsync(["Beta", "Gamma"]);
        await Expect(chosen).ToHaveValueAsync($"2/{MerchantId}-b");
        await One.Named(AriaRole.Textbox, "Code").FillAsync("-220");
        await One.Named(AriaRole.Textbox, "Subcode").FillAsync("");
        await One.Button("Report").ClickAsync();

        await One.ShowsAsync("The connection moved.");
        await StandAsync(("Beta", Connection.Types.State.Expired), ("Gamma", Connection.Types.State.Connected));

        await DisconnectAsync(Merchant.Zalo($"{MerchantId}-b"));
        await Expect(chosen.GetByRole(AriaRole.Option)).ToHaveTextAsync(["Gamma"]);
        await Expect(One.Button("Report")).ToBeDisabledAsync();
    }

    [Fact]
    public async Task The_plan_on_the_desk_is_the_one_that_was_set_last_by_whomever()
    {
        await One.OpenAsync("desk");
        var plan = One.Named(AriaRole.Combobox, "Plan");
        var bought = One.Named(AriaRole.Spinbutton, "Pages bought");
        await bought.FillAsync("7");

        await Client.Plans.SetPlanAsync(new() { MerchantId = MerchantId, Plan = Plan.Standard, BoughtPages = 2 });

        await Expect(bought).ToHaveValueAsync("2");
        await plan.SelectOptionAsync("Free trial");
        await One.Button("Set plan").ClickAsync();
        await One.SaysAsync("Done: Set plan");
        await Expect(One.Button("Set plan")).ToBeFocusedAsync();
        await Client.Plans.SetPlanAsync(new() { MerchantId = MerchantId, Plan = Plan.Standard, BoughtPages = 1 });
        await Expect(plan).ToHaveValueAsync($"{(int)Plan.Standard}");
        await Expect(bought).ToHaveValueAsync("1");
    }

    private ILocator ConsentOf(string name) => One.Named(AriaRole.Region, "Zalo (played here)")
        .Filter(new() { Has = One.Named(AriaRole.Heading, $"Allow access to {name}?") });

    private Task AllowAsync(string name) => ConsentOf(name).GetByRole(AriaRole.Button, new() { Name = "Allow" }).ClickAsync();

    private Task<string> WaitForConsentAsync(string name) => Merchant.RequestAsync(Merchant.Zalo($"{MerchantId}-{name}"), name);

    private async Task<string> BeginAsync(Provider provider) =>
        (await Client.Connect.BeginConnectAsync(new() { MerchantId = MerchantId, Provider = provider })).Session.SessionId;

    private async Task DisconnectAsync(PageRef page) => await Client.Pages.DisconnectAsync(new() { MerchantId = MerchantId, Page = page });

    private async Task StandAsync(params (string Name, Connection.Types.State State)[] pages)
    {
        var list = await Client.Pages.GetPageListAsync(new() { MerchantId = MerchantId });
        Assert.Equal(pages, list.PageList.Connections.Select(connection => (connection.PageName, connection.State)));
    }
}
