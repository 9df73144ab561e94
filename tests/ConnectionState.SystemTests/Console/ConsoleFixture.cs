using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Microsoft.Playwright;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>One browser and one server in Development, which has the provider desk, for a group of tests of the console.</summary>
public sealed class ConsoleFixture : IAsyncLifetime, IDisposable
{
    // Chromium without windows takes a third less of the processor. CHROMIUM can name another browser, such as Chrome.
    private static readonly string Chromium = Environment.GetEnvironmentVariable("CHROMIUM") ?? "/usr/bin/chromium-headless-shell";

    // In milliseconds.
    private static readonly float HangTimeout = (float)Eventually.Patience.TotalMilliseconds;

    private readonly TemporaryFolder folder = new();
    private IPlaywright? playwright;
    private IBrowser? browser;

    internal ServerProcess Server { get; private set; } = null!;

    /// <summary>Starts a server with the provider desk, which simulates Facebook and Zalo.</summary>
    internal static Task<ServerProcess> StartServerAsync(string database, params string[] arguments) =>
        ServerProcess.StartUnderAsync(["env", "ASPNETCORE_ENVIRONMENT=Development"], database, arguments);

    public async Task InitializeAsync()
    {
        Assert.True(File.Exists(Chromium), "The browser is missing: sudo apt-get install -y chromium-headless-shell");
        Environment.SetEnvironmentVariable("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
        Assertions.SetDefaultExpectTimeout(HangTimeout);
        Server = await StartServerAsync(folder.File("console.db"), "--Telemetry:Prometheus=true");
        playwright = await Playwright.CreateAsync();
        browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Timeout = HangTimeout });
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

    /// <summary>
    /// Creates a browser context, that is, a user with separate cookies and storage; optionally without content security policy. Animations take
    /// most of the processor time of an open page, and are off unless asked for.
    /// </summary>
    internal async Task<IBrowserContext> NewContextAsync(
        string locale = "en-US", ColorScheme colors = ColorScheme.Light, bool bypassPolicy = false, ReducedMotion motion = ReducedMotion.Reduce)
    {
        var context = await browser!.NewContextAsync(
            new() { Locale = locale, ColorScheme = colors, BypassCSP = bypassPolicy, ReducedMotion = motion });
        context.SetDefaultTimeout(HangTimeout);
        return context;
    }
}

/// <summary>Tests of the console, a third of them. They share a browser and a server; each has its own users and merchant.</summary>
[CollectionDefinition(nameof(ConsoleOfConnecting))]
public sealed class ConsoleOfConnecting : ICollectionFixture<ConsoleFixture>;

/// <inheritdoc cref="ConsoleOfConnecting"/>
[CollectionDefinition(nameof(ConsoleOfPages))]
public sealed class ConsoleOfPages : ICollectionFixture<ConsoleFixture>;

/// <inheritdoc cref="ConsoleOfConnecting"/>
[CollectionDefinition(nameof(ConsoleOfBrowsers))]
public sealed class ConsoleOfBrowsers : ICollectionFixture<ConsoleFixture>;
