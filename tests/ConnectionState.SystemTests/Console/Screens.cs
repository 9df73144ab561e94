using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The screens of the console and how to open them.</summary>
internal static class Screens
{
    /// <summary>The screens of a merchant that need no connect session.</summary>
    public static readonly IReadOnlyList<string> All = ["pages", "add", "connect/facebook", "inbox", "history", "machine", "desk"];

    /// <summary>Opens each screen, or each screen about one page, and waits until it is loaded.</summary>
    public static async Task VisitAllAsync(this ConsolePage tab, Func<string, Task> onScreen, string? pageId = null)
    {
        foreach (var screen in pageId is null ? All : ["pages", $"inbox/facebook/{pageId}", "history", $"machine/facebook/{pageId}", "desk"])
        {
            await tab.OpenAsync(screen);
            await tab.IsReadyAsync();
            await onScreen(screen);
        }
    }

    /// <summary>Waits until the screen is loaded, in any language.</summary>
    public static async Task IsReadyAsync(this ConsolePage tab)
    {
        await Expect(tab.Light).ToHaveAttributeAsync("data-light", "live");
        await Expect(tab.Title).ToBeAttachedAsync();
        await Expect(tab.Main.GetByRole(AriaRole.Status).Filter(new() { HasText = "Asking the server." })).ToHaveCountAsync(0);
    }
}
