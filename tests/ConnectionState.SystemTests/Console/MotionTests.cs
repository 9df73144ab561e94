using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>Animations: each frame is painted, so none may run for ever, and some users ask for none.</summary>
[Collection(nameof(ConsoleOfPages))]
public sealed class MotionTests(ConsoleFixture console) : ConsoleTest(console)
{
    [Fact]
    public async Task The_light_breathes_when_it_becomes_live_and_then_nothing_moves()
    {
        await using var browser = await Console.NewContextAsync(motion: ReducedMotion.NoPreference);
        var tab = new ConsolePage(await browser.NewPageAsync(), Console.Server.Http, MerchantId);
        await tab.OpenAsync("pages");
        await Expect(tab.Light).ToHaveTextAsync("Live");
        await Expect(tab.Light.Locator(".lamp")).ToHaveCSSAsync("animation-name", "breathe");

        await tab.Tab.WaitForFunctionAsync("() => document.getAnimations().length === 0");
        await Expect(tab.Light).ToHaveTextAsync("Live");
    }

    [Fact]
    public async Task Nothing_moves_for_users_who_ask_for_less_motion()
    {
        await First.OpenAsync("pages");
        await Expect(First.Light).ToHaveTextAsync("Live");

        await Expect(First.Light.Locator(".lamp")).ToHaveCSSAsync("animation-name", "none");
        Assert.Equal(0, await First.Tab.EvaluateAsync<int>("() => document.getAnimations().length"));
    }
}
