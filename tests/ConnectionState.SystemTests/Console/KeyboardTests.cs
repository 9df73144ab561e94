using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>Everything can be done without a mouse.</summary>
public sealed class KeyboardTests(ConsoleFixture console) : ConsoleTest(console)
{
    // What can be used on a screen; of radio buttons, the chosen one stands for its group.
    private const string Usable = """
        const modal = document.querySelector('dialog[open]') ?? document;
        const usable = [...modal.querySelectorAll('a[href], button, input, select')]
          .filter((element) => !element.disabled && element.checkVisibility() && !(element.type === 'radio' && !element.checked));
        """;

    // What the header and, on a phone, the sections at the bottom lie over; what is larger than the room between them is always seen in part.
    private const string Seen = """
        const isSeen = (element) => {
          const header = document.querySelector('header');
          const sections = header.querySelector('nav')?.getBoundingClientRect();
          const roof = header.getBoundingClientRect().bottom;
          const floor = sections && sections.top > roof ? sections.top : innerHeight;
          const { top, bottom } = element.getBoundingClientRect();
          return !element.closest('main') || element.closest('dialog') || bottom - top > floor - roof || (top >= roof - 1 && bottom <= floor + 1);
        };
        """;

    [Theory]
    [InlineData(1280, 720)]
    [InlineData(360, 740)]
    public async Task Everything_that_can_be_used_is_reached_with_Tab_and_shows_that_it_is(int width, int height)
    {
        await One.Tab.SetViewportSizeAsync(width, height);
        await new Tour(One, Client, MerchantId, "Disconnect").WalkAsync(async screen =>
        {
            var count = await One.Tab.EvaluateAsync<int>($"() => {{ {Usable} window.unreached = new Set(usable); return usable.length; }}");
            for (var press = 0; press < count + 10; press++)
            {
                await One.Tab.Keyboard.PressAsync("Tab");
                await One.Tab.EvaluateAsync($$"""
                    () => {
                      {{Seen}}
                      const element = document.activeElement;
                      const { outlineStyle, boxShadow } = getComputedStyle(element);
                      if ((outlineStyle !== 'none' || boxShadow !== 'none') && isSeen(element)) window.unreached.delete(element);
                    }
                    """);
            }

            var unreached = await One.Tab.EvaluateAsync<string[]>("() => [...window.unreached].map((element) => element.outerHTML)");
            Assert.True(unreached.Length == 0, $"On {screen}, of {count}:\n{string.Join('\n', unreached)}");
            var beyond = await One.Tab.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
            Assert.True(beyond <= 0, $"{screen} is {beyond} pixels too wide.");
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

        await GoesRoundAsync("Tab");
        await GoesRoundAsync("Shift+Tab");

        await One.Tab.Keyboard.PressAsync("Escape");
        await Expect(One.Dialog).ToBeHiddenAsync();
        await Expect(One.Button("Disconnect: Beta")).ToBeFocusedAsync();
    }

    // Twice past both buttons. In between the browser's own controls may have the focus, and the page none: once each round.
    private async Task GoesRoundAsync(string key)
    {
        List<string> reached = [];
        for (var press = 0; press < 6; press++)
        {
            await One.Tab.Keyboard.PressAsync(key);
            reached.Add(await One.Tab.EvaluateAsync<string>("""
                () => document.activeElement.closest('dialog') ? document.activeElement.textContent : document.activeElement.tagName
                """));
        }

        Assert.Equal(["Disconnect", "Keep it"], reached.Where(name => name != "BODY").Distinct().Order());
        Assert.InRange(reached.Count(name => name == "BODY"), 0, 2);
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
