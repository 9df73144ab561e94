using ConnectionStateService.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>Dialogs when the connection changes, a call fails, or Escape is pressed.</summary>
[Collection(nameof(ConsoleOfPages))]
public sealed class DialogTests(ConsoleFixture console) : ConsoleTest(console)
{
    private PageRef Alpha => Merchant.Facebook($"{MerchantId}-a");

    [Fact]
    public async Task Escape_does_not_close_the_lost_notice()
    {
        await LoseAlphaAsync();
        await PressEscapeAsync();

        await First.Tab.ReloadAsync();
        await PressEscapeAsync();

        await First.AcknowledgeLossAsync();
        await First.IsAtInboxOfAsync("Beta");
    }

    [Fact]
    public async Task A_failed_call_is_shown_in_the_dialog_which_stays_open_and_keeps_the_focus()
    {
        await LoseAlphaAsync();
        await Expect(First.LostNotice).ToBeVisibleAsync();

        await FailsAsync(First.LostNotice, "Understood");

        await First.AcknowledgeLossAsync();
        await First.IsAtInboxOfAsync("Beta");
        await First.Button("Disconnect").ClickAsync();

        await FailsAsync(First.Dialog, "Disconnect");

        await ButtonIn(First.Dialog, "Disconnect").ClickAsync();
        await First.IsAtInboxOfAsync("Gamma");
    }

    [Fact]
    public async Task A_confirmation_closes_when_its_page_is_lost_or_leaves_the_list()
    {
        await Merchant.ConnectThreeAsync();
        await First.OpenAsync($"inbox/facebook/{Alpha.PageId}");
        await First.Button("Disconnect").ClickAsync();
        await Expect(First.Dialog).ToBeVisibleAsync();
        await Merchant.ReportAsync(Alpha, Signal.PermissionRevoked);
        await Expect(First.LostNotice).ToBeVisibleAsync();
        await Expect(First.Dialog).ToBeHiddenAsync();
        await First.AcknowledgeLossAsync();
        await First.IsAtInboxOfAsync("Beta");

        await First.Main.GetByRole(AriaRole.Link, new() { Name = "Alpha" }).ClickAsync();
        await First.IsAtInboxOfAsync("Alpha");
        await Expect(First.Dialog).ToBeHiddenAsync();

        await First.OpenAsync("pages");
        await First.ClickInMenuAsync("Disconnect", "Beta");
        await Expect(First.Dialog).ToContainTextAsync("Next: the inbox of Gamma");
        await Client.Pages.DisconnectAsync(new() { MerchantId = MerchantId, Page = Merchant.Zalo($"{MerchantId}-b") });

        await Expect(First.Dialog).ToBeHiddenAsync();
        await Expect(First.Main).ToBeFocusedAsync();
    }

    private static ILocator ButtonIn(ILocator dialog, string name) => dialog.GetByRole(AriaRole.Button, new() { Name = name, Exact = true });

    // Calls fail until the route is removed.
    private async Task FailsAsync(ILocator dialog, string button)
    {
        const string Calls = "**/connectionstate.v1.PageService/*";
        await First.Tab.RouteAsync(Calls, call => call.AbortAsync());
        await ButtonIn(dialog, button).FocusAsync();
        await First.Tab.Keyboard.PressAsync("Enter");

        await Expect(dialog.GetByRole(AriaRole.Alert)).ToHaveTextAsync("The server cannot be reached. Please try again.");
        await Expect(ButtonIn(dialog, button)).ToBeFocusedAsync();
        await First.Tab.UnrouteAsync(Calls);
    }

    private async Task LoseAlphaAsync()
    {
        await Merchant.ConnectThreeAsync();
        await Merchant.ReportAsync(Alpha, Signal.PermissionRevoked);
        await First.OpenAsync($"inbox/facebook/{Alpha.PageId}");
    }

    private async Task PressEscapeAsync()
    {
        await Expect(First.LostNotice).ToBeVisibleAsync();
        for (var press = 0; press < 3; press++)
        {
            await First.Tab.Keyboard.PressAsync("Escape");
        }

        // Chromium closes a dialog on a repeated Escape even if the page prevents it, and fires the close event later.
        await First.Tab.EvaluateAsync("() => new Promise((resolve) => setTimeout(resolve, 100))");
        Assert.True(await First.Tab.EvaluateAsync<bool>("() => document.querySelector('dialog').open"));
        await First.Tab.EvaluateAsync("() => document.querySelector('dialog').close()");
        await Expect(First.LostNotice).ToBeVisibleAsync();
        await Expect(First.Button("Understood")).ToBeFocusedAsync();
    }
}
