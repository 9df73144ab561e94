using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>Every screen of the console, one after the other.</summary>
internal static class Screens
{
    /// <summary>The screens that have an address of their own and need no connect session; the start screen is not of a merchant.</summary>
    public static readonly IReadOnlyList<string> All = ["pages", "add", "connect/facebook", "inbox", "history", "machine", "desk"];

    /// <summary>Opens each screen that shows pages, or those of one page, and waits until it knows what to show.</summary>
    public static async Task VisitAllAsync(this ConsolePage tab, Func<string, Task> look, string? pageId = null)
    {
        foreach (var screen in pageId is null ? All : ["pages", $"inbox/facebook/{pageId}", "history", $"machine/facebook/{pageId}", "desk"])
        {
            await tab.OpenAsync(screen);
            await tab.IsReadyAsync();
            await look(screen);
        }
    }

    /// <summary>Waits until the list is there, whatever the language.</summary>
    public static async Task IsReadyAsync(this ConsolePage tab)
    {
        await Expect(tab.Light).ToHaveAttributeAsync("data-light", "live");
        await Expect(tab.Title).ToBeAttachedAsync();
        await Expect(tab.Main.GetByRole(AriaRole.Status).Filter(new() { HasText = "Asking the server." })).ToHaveCountAsync(0);
    }
}
