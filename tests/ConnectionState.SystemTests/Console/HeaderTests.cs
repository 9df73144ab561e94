using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The header on a phone.</summary>
[Collection(nameof(ConsoleOfPages))]
public sealed class HeaderTests(ConsoleFixture console) : ConsoleTest(console)
{
    // The lines of the header, from top to bottom: "brand merchant" and "light language theme". An element that is outside the window or cut off is marked.
    private const string Script = """
        () => {
          const lines = new Map();
          for (const [name, selector] of Object.entries({ brand: '.brand', merchant: '.merchant', light: '.light', language: '.language', theme: '.square' })) {
            const element = document.querySelector(`.bar ${selector}`);
            const box = element.getBoundingClientRect();
            const isWhole = box.left >= 0 && box.right <= innerWidth && element.scrollWidth <= element.clientWidth + 1;
            const middle = Math.round((box.top + box.bottom) / 2 / 10);
            const line = [...lines.keys()].find((at) => Math.abs(at - middle) <= 1) ?? middle;
            lines.set(line, [...(lines.get(line) ?? []), isWhole ? name : `${name}!`]);
          }
          return [...lines].sort(([one], [other]) => one - other).map(([, names]) => names.join(' '));
        }
        """;

    [Theory]
    [InlineData("shop-7", new[] { "brand merchant light language theme" })]
    [InlineData("hoa-sen-chi-nhanh-quan-10-thanh-pho-ho-chi-minh-cua-hang-so-0017", new[] { "brand merchant", "light language theme" })]
    public async Task On_a_phone_the_switches_stay_together_on_one_line(string merchant, string[] lines)
    {
        var tab = await NewTabAsync(merchantId: merchant);
        await tab.Tab.SetViewportSizeAsync(360, 740);
        await tab.OpenAsync("pages");
        await Expect(tab.Light).ToHaveTextAsync("Live");

        foreach (var other in new[] { "Tiếng Việt", "English" })
        {
            await Expect(tab.Choice(other)).ToBeVisibleAsync();
            foreach (var width in new[] { 390, 360 })
            {
                await tab.Tab.SetViewportSizeAsync(width, 740);
                Assert.Equal((width, other, string.Join(" / ", lines)), (width, other, string.Join(" / ", await tab.Tab.EvaluateAsync<string[]>(Script))));
            }

            await tab.Choice(other).ClickAsync();
        }
    }

    [Fact]
    public async Task On_a_phone_the_language_switch_shows_the_code_of_the_language_and_is_named_by_both()
    {
        await First.Tab.SetViewportSizeAsync(390, 740);
        await First.OpenAsync("pages");
        foreach (var (code, name) in new[] { ("VI", "Tiếng Việt"), ("EN", "English") })
        {
            await Expect(First.Button($"{name} {code}").GetByText(code, new() { Exact = true })).ToBeVisibleAsync();
            await First.Button($"{name} {code}").ClickAsync();
        }
    }
}
