using ConnectionStateService.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>Each screen, in both languages and colours.</summary>
public sealed class ScreenTests(ConsoleFixture console) : ConsoleTest(console)
{
    private static readonly string Pictures = Repository.PathOf("artifacts/screens");

    private const string Light = "rgb(245, 246, 250)";
    private const string Dark = "rgb(16, 19, 27)";

    /// <summary>The pictures that the README shows.</summary>
    private static readonly string[] Shown = ["pages.en.light", "choose-page.vi.light", "lost.en.light", "machine.en.dark"];

    [Theory]
    [InlineData("en", ColorScheme.Light, "hoa-sen-1")]
    [InlineData("en", ColorScheme.Dark, "hoa-sen-2")]
    [InlineData("vi", ColorScheme.Light, "hoa-sen-3")]
    [InlineData("vi", ColorScheme.Dark, "hoa-sen-4")]
    public async Task No_screen_has_a_serious_finding_of_axe(string language, ColorScheme colors, string merchant)
    {
        var tab = await NewTabAsync(locale: language, colors: colors, merchantId: merchant);
        await Axe.AddAsync(tab.Tab.Context);
        List<string> findings = [];

        await new Tour(tab, Client, merchant, language == "vi" ? "Ngắt kết nối" : "Disconnect").WalkAsync(async screen =>
        {
            await TakePictureAsync(tab.Tab, $"{screen}.{language}.{colors.ToString().ToLowerInvariant()}");
            findings.AddRange((await Axe.FindingsAsync(tab.Tab)).Select(finding => $"{screen}: {finding}"));
        });

        Assert.True(findings.Count == 0, string.Join("\n\n", findings));
    }

    [Theory]
    [InlineData(ColorScheme.Light, new[] { Light, Light, Dark })]
    [InlineData(ColorScheme.Dark, new[] { Dark, Light, Dark })]
    public async Task The_colours_are_the_devices_until_others_are_chosen(ColorScheme device, string[] colors)
    {
        var tab = await NewTabAsync(colors: device);
        await tab.OpenStartAsync();
        var choice = tab.Choice("Colours");

        foreach (var (color, chosen) in colors.Zip(["As the device", "Light", "Dark"]))
        {
            await Expect(choice).ToHaveAccessibleNameAsync($"Colours: {chosen}");
            await Expect(tab.Tab.Locator("html")).ToHaveCSSAsync("background-color", color);
            await choice.ClickAsync();
        }
    }

    private async Task TakePictureAsync(IPage tab, string name)
    {
        var picture = await tab.ScreenshotAsync(new() { Path = Path.Combine(Pictures, $"{name}.png"), Animations = ScreenshotAnimations.Disabled });
        if (!Shown.Contains(name) || Environment.GetEnvironmentVariable("UPDATE_DOCS") != "1")
        {
            return;
        }

        // The names of what it loads have digests in them: a page that is the same is a console that is the same.
        using var http = new HttpClient();
        Assert.Equal(Repository.Read("src/ConnectionState/wwwroot/index.html"), await http.GetStringAsync(Console.Server.Http));
        ConsolePictures.Renew($"{name}.png", picture);
    }
}
