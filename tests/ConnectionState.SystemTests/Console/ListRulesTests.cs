using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>R19 to R22, through the console.</summary>
public sealed class ListRulesTests(ConsoleFixture console) : ConsoleTest(console)
{
    [Fact]
    public async Task R19_Choosing_a_page_that_was_deleted_in_the_meantime_is_a_lost_connection()
    {
        await Merchant.ConnectThreeAsync();
        var desk = await OpenDeskAsync();
        await desk.DoAsync("Remove permission", "Gamma");
        await OpenBothAsync("pages");
        await One.DoAsync("Reconnect", "Gamma");
        await Other.Link("Continue").ClickAsync();
        await One.SignInAsync("Nguyễn Thị Lan", "Facebook");
        await One.IsAtStepAsync("Choose a page");
        await AgreeAsync();
        await desk.DoAsync("Delete the page", "Gamma");
        await One.ShowsAsync("Reported as deleted at the provider");

        await One.ChooseAsync("Gamma");

        await Expect(One.Title).ToHaveTextAsync("The page was lost before it was connected");
        await Expect(One.LostNotice).ToContainTextAsync("The page was deleted at the provider.");
        await Expect(One.LostNotice).ToContainTextAsync("Next: the inbox of Alpha");
        await AgreeAsync();
        await One.UnderstandAsync();
        await One.IsAtInboxOfAsync("Alpha");
        await AgreeAsync();
        await OpenBothAsync("pages");
        await One.ListsAsync("Alpha", "Beta");
        await AgreeAsync();
    }

    [Fact]
    public async Task R20_A_page_that_is_disconnected_leaves_the_list_and_the_screen_moves_to_the_next()
    {
        await Merchant.ConnectThreeAsync();
        await OpenBothAsync("inbox");
        await One.IsAtInboxOfAsync("Alpha");

        await One.Button("Disconnect").ClickAsync();
        await Expect(One.Dialog).ToContainTextAsync("Disconnect Alpha?");
        await Expect(One.Dialog).ToContainTextAsync("Next: the inbox of Beta");
        await ConfirmAsync();

        await One.SaysAsync("Alpha is disconnected");
        await One.IsAtInboxOfAsync("Beta");
        await AgreeAsync();
        await OpenBothAsync("pages");
        await One.ListsAsync("Beta", "Gamma");
        await One.ShowsAsync("2 of 3 pages used");
        await AgreeAsync();
    }

    [Fact]
    public async Task R20_Nothing_is_disconnected_before_the_merchant_confirms()
    {
        await Merchant.ConnectThreeAsync();
        await OpenBothAsync("pages");

        await One.DoAsync("Disconnect", "Alpha");
        await One.Button("Keep it").ClickAsync();
        await One.DoAsync("Disconnect", "Beta");
        await One.Tab.Keyboard.PressAsync("Escape");

        await Expect(One.Dialog).ToBeHiddenAsync();
        await One.ListsAsync("Alpha", "Beta", "Gamma");
        await One.ListsInStateAsync("Alpha", "Connected");
        await One.ListsInStateAsync("Beta", "Connected");
        await AgreeAsync();
    }

    [Fact]
    public async Task R21_When_it_was_the_only_page_the_screen_moves_to_the_connect_screen()
    {
        await Merchant.ConnectAsync(Merchant.Facebook($"{MerchantId}-only"), "Only");
        await OpenBothAsync("inbox");
        await One.IsAtInboxOfAsync("Only");

        await One.Button("Disconnect").ClickAsync();
        await Expect(One.Dialog).ToContainTextAsync("Next: the connect screen of Facebook");
        await ConfirmAsync();

        await Expect(One.Title).ToContainTextAsync("Connect a Facebook Fanpage");
        Assert.EndsWith("/connect/facebook", One.Tab.Url, StringComparison.Ordinal);
        await AgreeAsync();
    }

    [Fact]
    public async Task R22_All_pages_are_in_one_list_in_a_stable_order()
    {
        await Merchant.ConnectThreeAsync();
        await OpenBothAsync("pages");
        await ListTogetherAsync("Alpha", "Beta", "Gamma");

        var desk = await OpenDeskAsync();
        await desk.DoAsync("Let the token run out", "Beta");
        await One.ListsInStateAsync("Beta", "Expired");
        await ListTogetherAsync("Alpha", "Beta", "Gamma");

        await desk.DoAsync("Renew the token", "Beta");
        await One.ListsInStateAsync("Beta", "Connected");
        await ListTogetherAsync("Alpha", "Beta", "Gamma");

        await Client.Pages.DisconnectAsync(new() { MerchantId = MerchantId, Page = Merchant.Facebook($"{MerchantId}-a") });
        await ListTogetherAsync("Beta", "Gamma");
        await Merchant.ConnectAsync(Merchant.Facebook($"{MerchantId}-a"), "Alpha");
        await ListTogetherAsync("Beta", "Gamma", "Alpha");
    }

    private Task ConfirmAsync() => One.Dialog.GetByRole(AriaRole.Button, new() { Name = "Disconnect", Exact = true }).ClickAsync();

    private async Task ListTogetherAsync(params string[] names)
    {
        await One.ListsAsync(names);
        await AgreeAsync();
    }
}
