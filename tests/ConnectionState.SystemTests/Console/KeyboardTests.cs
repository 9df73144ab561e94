using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionState.SystemTests.Console;

/// <summary>Everything can be done without a mouse.</summary>
public sealed class KeyboardTests(ConsoleFixture console) : ConsoleTest(console)
{
    // What can be used on a screen; of radio buttons, the chosen one stands for its group.
    private const string Usable = """
        const modal = document.querySelector('dialog[open]') ?? document;
        const usable = [...modal.querySelectorAll('a[href], button, input, select')]
          .filter((element) => !element.disabled && element.checkVisibility() && !(element.type === 'radio' && !element.checked));
        """;

    [Fact]
    public async Task Everything_that_can_be_used_is_reached_with_Tab_and_shows_that_it_is()
    {
        await new Tour(One, Client, MerchantId, "Disconnect").WalkAsync(async screen =>
        {
            var count = await One.Tab.EvaluateAsync<int>($"() => {{ {Usable} window.unreached = new Set(usable); return usable.length; }}");
            for (var press = 0; press < count + 10; press++)
            {
                await One.Tab.Keyboard.PressAsync("Tab");
                await One.Tab.EvaluateAsync("""
                    () => {
                      const { outlineStyle, boxShadow } = getComputedStyle(document.activeElement);
                      if (outlineStyle !== 'none' || boxShadow !== 'none') window.unreached.delete(document.activeElement);
                    }
                    """);
            }

            var unreached = await One.Tab.EvaluateAsync<string[]>("() => [...window.unreached].map((element) => element.outerHTML)");
            Assert.True(unreached.Length == 0, $"On {screen}, of {count}:\n{string.Join('\n', unreached)}");
        });
    }

    [Fact]
    public async Task A_page_is_connected_and_disconnected_by_keyboard_alone()
    {
        await One.OpenAsync("pages");
        await PressAsync(One.Button("Add a page"));
        await PressAsync(One.Choice("Facebook Fanpage"));
        await PressAsync(One.Button("Sign in: Facebook"));
        await GoToAsync(One.Candidate("Hoa Sen Flowers"));
        await One.Tab.Keyboard.PressAsync("ArrowDown");
        await Expect(One.Candidate("Hoa Sen Gifts")).ToBeCheckedAsync();
        await PressAsync(One.Button("Choose this page"));
        await PressAsync(One.Button("Allow"));
        await PressAsync(One.Link("Open inbox"));
        await One.IsAtInboxOfAsync("Hoa Sen Gifts");

        await PressAsync(One.Button("Disconnect"));
        await PressAsync(One.Dialog.GetByRole(AriaRole.Button, new() { Name = "Disconnect", Exact = true }));

        await Expect(One.Title).ToContainTextAsync("Connect a Facebook Fanpage");
    }

    [Fact]
    public async Task A_dialog_keeps_the_focus_and_gives_it_back()
    {
        await Merchant.ConnectThreeAsync();
        await One.OpenAsync("pages");
        await PressAsync(One.Button("Disconnect: Beta"));
        await Expect(One.Button("Keep it")).ToBeFocusedAsync();

        for (var press = 0; press < 6; press++)
        {
            await One.Tab.Keyboard.PressAsync("Tab");
            Assert.True(await One.Tab.EvaluateAsync<bool>(
                "() => document.activeElement === document.body || document.querySelector('dialog').contains(document.activeElement)"));
        }

        await One.Tab.Keyboard.PressAsync("Escape");
        await Expect(One.Dialog).ToBeHiddenAsync();
        await Expect(One.Button("Disconnect: Beta")).ToBeFocusedAsync();
    }

    private async Task PressAsync(ILocator locator)
    {
        await GoToAsync(locator);
        await One.Tab.Keyboard.PressAsync("Enter");
    }

    private async Task GoToAsync(ILocator locator)
    {
        const int Most = 60;
        await Expect(locator).ToBeEnabledAsync();
        for (var press = 0; press < Most; press++)
        {
            if (await locator.EvaluateAsync<bool>("(element) => element === document.activeElement"))
            {
                return;
            }

            await One.Tab.Keyboard.PressAsync("Tab");
        }

        Assert.Fail($"{locator} is not reached with Tab.");
    }
}
