using ConnectionStateService.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>Open connect sessions can be cancelled, and are offered for it when they block a new one.</summary>
[Collection(nameof(ConsoleOfConnecting))]
public sealed class OpenSessionTests(ConsoleFixture console) : ConsoleTest(console)
{
    [Fact]
    public async Task An_open_session_is_cancelled_from_the_page_list()
    {
        await Merchant.RequestAsync(Page("a"), "Alpha");
        await OpenBothAsync("pages");
        await First.ListsInStateAsync("Alpha", "Waiting for consent");

        await First.ClickForPageAsync("Cancel", "Connecting Facebook: Alpha");

        await First.HasNoticeAsync("The attempt was cancelled");
        await Expect(First.PageNames).ToHaveCountAsync(0);
        await First.ShowsAsync("0 of 3 pages used");
        await Expect(First.Link("Continue")).ToHaveCountAsync(0);
        await AssertTabsAgreeAsync();
    }

    [Fact]
    public async Task A_session_that_holds_the_last_slot_is_cancelled_and_the_choice_goes_on()
    {
        await Client.Plans.SetPlanAsync(new() { MerchantId = MerchantId, Plan = Plan.Trial });
        await First.OpenAsync("add");
        await First.Choice("Facebook Fanpage").ClickAsync();
        await First.SignInAsync("Nguyễn Thị Lan", "Facebook");
        await First.IsAtStepAsync("Choose a page");
        await Merchant.RequestAsync(Page("a"), "Alpha");

        await First.ChooseAsync("Hoa Sen Flowers");

        await Expect(First.Dialog).ToContainTextAsync("All slots are taken");
        await First.Dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel: Connecting Facebook: Alpha" }).ClickAsync();
        await Expect(First.Dialog).ToBeHiddenAsync();
        await First.IsAtStepAsync("Consent");
        await First.ShowsAsync("Allow access to Hoa Sen Flowers?");
    }

    [Fact]
    public async Task The_add_screen_offers_to_cancel_the_session_that_holds_the_last_slot()
    {
        await Client.Plans.SetPlanAsync(new() { MerchantId = MerchantId, Plan = Plan.Trial });
        await Merchant.RequestAsync(Page("a"), "Alpha");
        await First.OpenAsync("add");
        await Expect(First.Choice("Facebook Fanpage")).ToBeDisabledAsync();

        await First.ClickForPageAsync("Cancel", "Connecting Facebook: Alpha");

        await Expect(First.Choice("Facebook Fanpage")).ToBeEnabledAsync();
    }

    [Fact]
    public async Task Too_many_open_sessions_offer_to_cancel_one_and_then_begin()
    {
        await Merchant.ConnectAsync(Page("a"), "Alpha");
        for (var session = 0; session < 20; session++)
        {
            await Merchant.RequestAsync(Page("a"), "Alpha", again: true);
        }

        await First.OpenAsync("add");
        await First.Choice("Zalo Official Account").ClickAsync();

        await Expect(First.Dialog).ToContainTextAsync("Too many attempts are open");
        await First.Dialog.GetByRole(AriaRole.Button, new() { Name = "Cancel: Connecting Facebook: Alpha" }).First.ClickAsync();
        await Expect(First.Title).ToContainTextAsync("Connect a Zalo Official Account");
        await First.IsAtStepAsync("Sign in");
    }

    private PageRef Page(string id) => Merchant.Facebook($"{MerchantId}-{id}");
}
