using ConnectionStateService.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>What dialogs do when something else happens than what they ask for.</summary>
public sealed class DialogTests(ConsoleFixture console) : ConsoleTest(console)
{
    private PageRef Alpha => Merchant.Facebook($"{MerchantId}-a");

    [Fact]
    public async Task The_notice_of_a_lost_connection_is_not_left_with_Escape()
    {
        await LoseAlphaAsync();
        await PressEscapeAsync();

        await One.Tab.ReloadAsync();
        await PressEscapeAsync();

        await One.UnderstandAsync();
        await One.IsAtInboxOfAsync("Beta");
    }

    [Fact]
    public async Task What_fails_is_told_in_the_dialog_which_stays_with_the_focus_in_it()
    {
        await LoseAlphaAsync();
        await Expect(One.LostNotice).ToBeVisibleAsync();

        await FailsAsync(One.LostNotice, "Understood");

        await One.UnderstandAsync();
        await One.IsAtInboxOfAsync("Beta");
        await One.Button("Disconnect").ClickAsync();

        await FailsAsync(One.Dialog, "Disconnect");

        await ButtonIn(One.Dialog, "Disconnect").ClickAsync();
        await One.IsAtInboxOfAsync("Gamma");
    }

    [Fact]
    public async Task A_question_about_a_page_ends_when_the_page_is_lost_or_gone()
    {
        await Merchant.ConnectThreeAsync();
        await One.OpenAsync($"inbox/facebook/{Alpha.PageId}");
        await One.Button("Disconnect").ClickAsync();
        await Expect(One.Dialog).ToBeVisibleAsync();
        await Merchant.ReportAsync(Alpha, Signal.PermissionRevoked);
        await Expect(One.LostNotice).ToBeVisibleAsync();
        await Expect(One.Dialog).ToBeHiddenAsync();
        await One.UnderstandAsync();
        await One.IsAtInboxOfAsync("Beta");

        await One.Main.GetByRole(AriaRole.Link, new() { Name = "Alpha" }).ClickAsync();
        await One.IsAtInboxOfAsync("Alpha");
        await Expect(One.Dialog).ToBeHiddenAsync();

        await One.OpenAsync("pages");
        await One.DoAsync("Disconnect", "Beta");
        await Expect(One.Dialog).ToContainTextAsync("Next: the inbox of Gamma");
        await Client.Pages.DisconnectAsync(new() { MerchantId = MerchantId, Page = Merchant.Zalo($"{MerchantId}-b") });

        await Expect(One.Dialog).ToBeHiddenAsync();
        await Expect(One.Main).ToBeFocusedAsync();
    }

    private static ILocator ButtonIn(ILocator dialog, string name) => dialog.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    // The server is out of reach for as long as it takes.
    private async Task FailsAsync(ILocator dialog, string button)
    {
        const string Calls = "**/connectionstate.v1.PageService/*";
        await One.Tab.RouteAsync(Calls, call => call.AbortAsync());
        await ButtonIn(dialog, button).FocusAsync();
        await One.Tab.Keyboard.PressAsync("Enter");

        await Expect(dialog.GetByRole(AriaRole.Alert)).ToHaveTextAsync("The server cannot be reached. Please try again.");
        await Expect(ButtonIn(dialog, button)).ToBeFocusedAsync();
        await One.Tab.UnrouteAsync(Calls);
    }

    private async Task LoseAlphaAsync()
    {
        await Merchant.ConnectThreeAsync();
        await Merchant.ReportAsync(Alpha, Signal.PermissionRevoked);
        await One.OpenAsync($"inbox/facebook/{Alpha.PageId}");
    }

    private async Task PressEscapeAsync()
    {
        await Expect(One.LostNotice).ToBeVisibleAsync();
        for (var press = 0; press < 3; press++)
        {
            await One.Tab.Keyboard.PressAsync("Escape");
        }

        // A browser may close it all the same, and tells it afterwards.
        await One.Tab.EvaluateAsync("() => new Promise((resolve) => setTimeout(resolve, 100))");
        Assert.True(await One.Tab.EvaluateAsync<bool>("() => document.querySelector('dialog').open"));
        await One.Tab.EvaluateAsync("() => document.querySelector('dialog').close()");
        await Expect(One.LostNotice).ToBeVisibleAsync();
        await Expect(One.Button("Understood")).ToBeFocusedAsync();
    }
}
