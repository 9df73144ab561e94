using ConnectionStateService.Tests.Support;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>Every screen in both languages and color schemes: accessibility findings and pictures.</summary>
[Collection(nameof(ConsoleOfBrowsers))]
public sealed class ScreenTests(ConsoleFixture console) : ConsoleTest(console)
{
    private static readonly string Pictures = Repository.PathOf("artifacts/screens");

    private const string Light = "rgb(245, 246, 250)";
    private const string Dark = "rgb(16, 19, 27)";

    /// <summary>The pictures that are kept in docs/screens, under their names without the width.</summary>
    private static readonly string[] InDocs = ["pages.en.light.1280", "choose-page.vi.light.390", "lost.en.light.1280", "machine.en.dark.390", "fleet.en.light.1280"];

    // A third of the time of a tour would go to the rules that find the same in both languages.
    private static readonly string[] OfLanguage = ["label-content-name-mismatch", "html-has-lang", "html-lang-valid", "valid-lang", "button-name", "aria-dialog-name"];

    /// <summary>Every two of language, color scheme and width meet in four tours. A long run has all eight.</summary>
    public static TheoryData<string, ColorScheme, string, int> Tours()
    {
        var tours = new TheoryData<string, ColorScheme, string, int>
        {
            { "en", ColorScheme.Light, "hoa-sen-1", 1280 },
            { "en", ColorScheme.Dark, "hoa-sen-2", 390 },
            { "vi", ColorScheme.Light, "hoa-sen-chi-nhanh-quan-10-thanh-pho-ho-chi-minh-3", 390 },
            { "vi", ColorScheme.Dark, "hoa-sen-chi-nhanh-quan-10-thanh-pho-ho-chi-minh-4", 1280 },
        };
        if (LongRun.IsOn)
        {
            tours.Add("en", ColorScheme.Light, "hoa-sen-chi-nhanh-quan-10-thanh-pho-ho-chi-minh-5", 390);
            tours.Add("en", ColorScheme.Dark, "hoa-sen-chi-nhanh-quan-10-thanh-pho-ho-chi-minh-6", 1280);
            tours.Add("vi", ColorScheme.Light, "hoa-sen-7", 1280);
            tours.Add("vi", ColorScheme.Dark, "hoa-sen-8", 390);
        }

        return tours;
    }

    [Theory]
    [MemberData(nameof(Tours))]
    public async Task Every_screen_passes_the_axe_accessibility_check_and_can_be_read(string language, ColorScheme colors, string merchant, int width)
    {
        var tab = await NewTabAsync(locale: language, colors: colors, merchantId: merchant);
        await tab.Tab.SetViewportSizeAsync(width, width == 390 ? 844 : 720);
        await Axe.AddAsync(tab.Tab.Context);
        List<string> findings = [];

        await new ScreenTour(tab, Client, merchant, language == "vi" ? "Ngắt kết nối" : "Disconnect").WalkAsync(async screen =>
        {
            await TakePictureAsync(tab.Tab, $"{screen}.{language}.{colors.ToString().ToLowerInvariant()}", width);
            findings.AddRange((await Axe.FindingsAsync(tab.Tab, language == "vi" ? OfLanguage : [])).Select(finding => $"{screen}: {finding}"));
            findings.AddRange((await Layout.FindingsAsync(tab.Tab)).Select(finding => $"{screen}: {finding}"));
        });

        Assert.True(findings.Count == 0, string.Join("\n\n", findings));
    }

    [Theory]
    [InlineData(ColorScheme.Light, new[] { Light, Light, Dark })]
    [InlineData(ColorScheme.Dark, new[] { Dark, Light, Dark })]
    public async Task The_color_scheme_follows_the_device_until_the_user_chooses_one(ColorScheme device, string[] colors)
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

    // UPDATE_DOCS=1 dotnet test tests/ConnectionState.SystemTests --filter ScreenTests
    private static async Task TakePictureAsync(IPage tab, string name, int width)
    {
        var picture = await tab.ScreenshotAsync(
            new() { Path = Path.Combine(Pictures, $"{name}.{width}.png"), Animations = ScreenshotAnimations.Disabled });
        if (InDocs.Contains($"{name}.{width}") && Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            await File.WriteAllBytesAsync(Repository.PathOf($"docs/screens/{name}.png"), picture);
        }
    }
}
