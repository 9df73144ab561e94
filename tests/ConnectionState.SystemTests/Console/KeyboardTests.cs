using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The console can be used with the keyboard alone.</summary>
[Collection(nameof(ConsoleOfBrowsers))]
public sealed class KeyboardTests(ConsoleFixture console) : ConsoleTest(console)
{
    // The focusable elements of a screen. The checked radio button stands for its group.
    private const string Usable = """
        const modal = document.querySelector('dialog[open]') ?? document;
        const usable = [...modal.querySelectorAll('a[href], button, input, select, textarea, summary')]
          .filter((element) => !element.disabled && element.checkVisibility() && !(element.type === 'radio' && !element.checked));
        """;

    // Whether an element is not covered by the header or, on a phone, the navigation at the bottom. Elements taller than the room between are always visible in part.
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
    public async Task Every_control_is_reached_with_Tab_and_shows_the_focus(int width, int height)
    {
        List<string> unreadable = [];
        await First.Tab.SetViewportSizeAsync(width, height);
        await new ScreenTour(First, Client, MerchantId, "Disconnect").WalkAsync(async screen =>
        {
            var count = await First.Tab.EvaluateAsync<int>($"() => {{ {Usable} window.unreached = new Set(usable); return usable.length; }}");
            for (var press = 0; press < count + 10; press++)
            {
                await First.Tab.Keyboard.PressAsync("Tab");
                await First.Tab.EvaluateAsync($$"""
                    () => {
                      {{Seen}}
                      const element = document.activeElement;
                      const { outlineStyle, boxShadow } = getComputedStyle(element);
                      if ((outlineStyle !== 'none' || boxShadow !== 'none') && isSeen(element)) window.unreached.delete(element);
                    }
                    """);
            }

            var unreached = await First.Tab.EvaluateAsync<string[]>("() => [...window.unreached].map((element) => element.outerHTML)");
            Assert.True(unreached.Length == 0, $"On {screen}, of {count}:\n{string.Join('\n', unreached)}");
            var beyond = await First.Tab.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
            Assert.True(beyond <= 0, $"{screen} is {beyond} pixels too wide.");
            unreadable.AddRange((await Layout.FindingsAsync(First.Tab)).Select(finding => $"{screen}: {finding}"));
        });
        Assert.True(unreadable.Count == 0, string.Join('\n', unreadable));
    }

    [Fact]
    public async Task R21_A_page_is_connected_and_the_only_page_disconnected_by_keyboard_alone()
    {
        await First.OpenAsync("pages");
        await PressAsync(First.Button("Add a page"));
        await PressAsync(First.Choice("Facebook Fanpage"));
        await PressAsync(First.Button("Sign in: Facebook"));
        await GoToAsync(First.Candidate("Hoa Sen Flowers"));
        await First.Tab.Keyboard.PressAsync("ArrowDown");
        await Expect(First.Candidate("Hoa Sen Gifts")).ToBeCheckedAsync();
        await PressAsync(First.Button("Choose this page"));
        await PressAsync(First.Button("Allow"));
        await PressAsync(First.Link("Open inbox"));
        await First.IsAtInboxOfAsync("Hoa Sen Gifts");

        await PressAsync(First.Button("Disconnect"));
        await PressAsync(First.Dialog.GetByRole(AriaRole.Button, new() { Name = "Disconnect", Exact = true }));

        await Expect(First.Title).ToContainTextAsync("Connect a Facebook Fanpage");
    }

    [Fact]
    public async Task A_dialog_traps_the_focus_and_returns_it()
    {
        await Merchant.ConnectThreeAsync();
        await First.OpenAsync("pages");
        var menu = First.Row("Beta").Locator("summary");
        await PressAsync(menu);
        await PressAsync(First.Button("Disconnect: Beta"));
        await Expect(First.Button("Keep it")).ToBeFocusedAsync();

        await GoesRoundAsync("Tab");
        await GoesRoundAsync("Shift+Tab");

        await First.Tab.Keyboard.PressAsync("Escape");
        await Expect(First.Dialog).ToBeHiddenAsync();
        await Expect(menu).ToBeFocusedAsync();
    }

    // Two rounds over both buttons. Once in each round the browser's own controls may have the focus.
    private async Task GoesRoundAsync(string key)
    {
        List<string> reached = [];
        for (var press = 0; press < 6; press++)
        {
            await First.Tab.Keyboard.PressAsync(key);
            reached.Add(await First.Tab.EvaluateAsync<string>("""
                () => document.activeElement.closest('dialog') ? document.activeElement.textContent : document.activeElement.tagName
                """));
        }

        Assert.Equal(["Disconnect", "Keep it"], reached.Where(name => name != "BODY").Distinct().Order());
        Assert.InRange(reached.Count(name => name == "BODY"), 0, 2);
    }

    private async Task PressAsync(ILocator locator)
    {
        await GoToAsync(locator);
        await First.Tab.Keyboard.PressAsync("Enter");
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

            await First.Tab.Keyboard.PressAsync("Tab");
        }

        Assert.Fail($"{locator} is not reached with Tab.");
    }
}
