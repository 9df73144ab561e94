using ConnectionState.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionState.SystemTests.Console;

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
