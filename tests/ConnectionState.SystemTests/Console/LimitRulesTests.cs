using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>R9 to R12, through the console.</summary>
public sealed class LimitRulesTests(ConsoleFixture console) : ConsoleTest(console)
{
    [Fact]
    public async Task R9_A_merchant_holds_three_pages_also_when_the_last_slot_is_taken_meanwhile()
    {
        await ConnectAsync(2);
        await BeginTogetherAsync("Facebook Fanpage");
        await One.SignInAsync("Nguyễn Thị Lan", "Facebook");
        await One.IsAtStepAsync("Choose a page");
        await ConnectAsync(1, first: 3);

        await One.ChooseAsync("Hoa Sen Flowers");

        await One.SaysAsync("You have 3 of 3 pages.");
        await One.IsAtStepAsync("Choose a page");
        await AgreeAsync();
        await OpenBothAsync("pages");
        await One.ListsAsync("Page 1", "Page 2", "Page 3");
        await IsFullAsync("You have 3 of 3 pages.");
    }

    [Fact]
    public async Task R10_A_trial_merchant_holds_one_page_for_fifteen_days()
    {
        await SetPlanAsync("Free trial", bought: 0);
        await OpenBothAsync("pages");
        await One.ShowsAsync("0 of 1 pages used");
        await One.ShowsAsync("ends in 15 days");
        await Expect(One.Button("Add a page")).ToBeEnabledAsync();
        await AgreeAsync();

        await ConnectAsync(1);

        await IsFullAsync("You have 1 of 1 pages. Disconnect one, or change to the standard plan.");
    }

    [Fact]
    public async Task R11_More_pages_can_be_bought()
    {
        await ConnectAsync(3);
        await OpenBothAsync("pages");
        await IsFullAsync("You have 3 of 3 pages.");

        await SetPlanAsync("Standard plan", bought: 2);

        await One.ShowsAsync("3 of 5 pages used");
        await One.ShowsAsync("2 bought");
        await Expect(One.Button("Add a page")).ToBeEnabledAsync();
        await AgreeAsync();

        await SetPlanAsync("Free trial", bought: 2);

        await One.ShowsAsync("Free trial, ends in");
        await One.ShowsAsync("Nothing is removed, but nothing can be added.");
        await One.ListsAsync("Page 1", "Page 2", "Page 3");
        await AgreeAsync();
    }

    [Fact]
    public async Task R12_The_add_window_shows_where_the_merchant_stands_and_offers_to_add_only_below_the_limit()
    {
        await ConnectAsync(2);
        await Merchant.ReportAsync(Merchant.Facebook($"{MerchantId}-2"), V1.Signal.PermissionRevoked);
        await OpenBothAsync("pages");
        await One.ListsAsync("Page 1", "Page 2");
        await One.Button("Add a page").ClickAsync();
        await Other.Button("Add a page").ClickAsync();

        await StandsAsync("2 of 3 pages used", ("Page 1", "Connected"), ("Page 2", "Permission removed"));
        await Expect(One.Choice("Facebook Fanpage")).ToBeEnabledAsync();
        await Expect(One.Choice("Zalo Official Account")).ToBeEnabledAsync();
        await AgreeAsync();

        await ConnectAsync(1, first: 3);

        await One.ShowsAsync("You have 3 of 3 pages.");
        await StandsAsync("3 of 3 pages used", ("Page 1", "Connected"), ("Page 2", "Permission removed"), ("Page 3", "Connected"));
        await Expect(One.Choice("Facebook Fanpage")).ToBeDisabledAsync();
        await Expect(One.Choice("Zalo Official Account")).ToBeDisabledAsync();
        await AgreeAsync();
        await OpenBothAsync("pages");
        await IsFullAsync("You have 3 of 3 pages.");
    }

    private async Task StandsAsync(string used, params (string Page, string State)[] pages)
    {
        await Expect(One.Title).ToHaveTextAsync("Add a page");
        await One.ShowsAsync(used);
        await Expect(One.PageList.GetByRole(AriaRole.Listitem))
            .ToHaveTextAsync(pages.Select(page => new System.Text.RegularExpressions.Regex($"{page.Page}.*{page.State}$")));
    }

    private async Task ConnectAsync(int count, int first = 1)
    {
        for (var number = first; number < first + count; number++)
        {
            await Merchant.ConnectAsync(Merchant.Facebook($"{MerchantId}-{number}"), $"Page {number}");
        }
    }

    private async Task SetPlanAsync(string plan, int bought)
    {
        var desk = await OpenDeskAsync();
        await desk.Named(AriaRole.Combobox, "Plan").SelectOptionAsync(plan);
        await desk.Named(AriaRole.Spinbutton, "Pages bought").FillAsync($"{bought}");
        await desk.Button("Set plan").ClickAsync();
        await desk.SaysAsync("Done: Set plan");
        await desk.Tab.CloseAsync();
    }

    private async Task IsFullAsync(string why)
    {
        await One.ShowsAsync(why);
        await Expect(One.Button("Add a page")).ToBeDisabledAsync();
        await Expect(One.Button("Add a page")).ToHaveAccessibleDescriptionAsync(new System.Text.RegularExpressions.Regex($"^{why}"));
        await AgreeAsync();
    }
}
