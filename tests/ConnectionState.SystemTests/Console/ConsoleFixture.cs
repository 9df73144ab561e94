using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Microsoft.Playwright;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>One browser and one server, which serves the console with its provider desk, for the tests of a class.</summary>
public sealed class ConsoleFixture : IAsyncLifetime, IDisposable
{
    // Another browser of that kind may be named.
    private static readonly string Chromium = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium";

    /// <summary>Longer than anything here takes.</summary>
    private const int Patience = 30_000;

    private readonly TemporaryFolder folder = new();
    private IPlaywright? playwright;
    private IBrowser? browser;

    internal ServerProcess Server { get; private set; } = null!;

    /// <summary>Starts a server that plays the providers too.</summary>
    internal static Task<ServerProcess> StartServerAsync(string database, params string[] arguments) =>
        ServerProcess.StartUnderAsync(["env", "ASPNETCORE_ENVIRONMENT=Development"], database, arguments);

    public async Task InitializeAsync()
    {
        Assert.True(File.Exists(Chromium), "The browser is missing: sudo apt-get install -y chromium");
        Environment.SetEnvironmentVariable("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        Assertions.SetDefaultExpectTimeout(Patience);
        Server = await StartServerAsync(folder.File("console.db"));
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Timeout = 2 * Patience });
    }

    public async Task DisposeAsync()
    {
        await (browser?.CloseAsync() ?? Task.CompletedTask);
        await Server.DisposeAsync();
    }

    public void Dispose()
    {
        playwright?.Dispose();
        folder.Dispose();
    }

    /// <summary>Somebody with a browser of their own; on request one in which pages may do what their own server forbids them.</summary>
    internal async Task<IBrowserContext> NewContextAsync(
        string locale = "en-US", ColorScheme colors = ColorScheme.Light, bool bypassPolicy = false)
    {
        var context = await browser!.NewContextAsync(new() { Locale = locale, ColorScheme = colors, BypassCSP = bypassPolicy });
        context.SetDefaultTimeout(Patience);
        return context;
    }
}
