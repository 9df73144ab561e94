using ConnectionState.Tests.Support;
using Microsoft.Playwright;

namespace ConnectionState.SystemTests.Console;

/// <summary>Each screen, in both languages and colours.</summary>
public sealed class ScreenTests(ConsoleFixture console) : ConsoleTest(console)
{
    private static readonly string Pictures = Repository.PathOf("artifacts/screens");

    /// <summary>The pictures that the README shows.</summary>
    private static readonly string[] Shown = ["pages.en.light", "choose-page.vi.light", "lost.en.light", "machine.en.dark"];

    [Theory]
    [InlineData("en", ColorScheme.Light)]
    [InlineData("en", ColorScheme.Dark)]
    [InlineData("vi", ColorScheme.Light)]
    [InlineData("vi", ColorScheme.Dark)]
    public async Task No_screen_has_a_serious_finding_of_axe(string language, ColorScheme colors)
    {
        var tab = await NewTabAsync(locale: language, colors: colors);
        await Axe.AddAsync(tab.Tab.Context);
        List<string> findings = [];

        await new Tour(tab, Client, MerchantId, language == "vi" ? "Ngắt kết nối" : "Disconnect").WalkAsync(async screen =>
        {
            await TakePictureAsync(tab.Tab, $"{screen}.{language}.{colors.ToString().ToLowerInvariant()}");
            findings.AddRange((await Axe.FindingsAsync(tab.Tab)).Select(finding => $"{screen}: {finding}"));
        });

        Assert.True(findings.Count == 0, string.Join("\n\n", findings));
    }

    private static async Task TakePictureAsync(IPage tab, string name)
    {
        var picture = await tab.ScreenshotAsync(new() { Path = Path.Combine(Pictures, $"{name}.png"), Animations = ScreenshotAnimations.Disabled });
        if (Shown.Contains(name) && Environment.GetEnvironmentVariable("UPDATE_DOCS") == "1")
        {
            Directory.CreateDirectory(Repository.PathOf("docs/screens"));
            await File.WriteAllBytesAsync(Repository.PathOf($"docs/screens/{name}.png"), picture);
        }
    }
}
