using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The console with authentication on: a merchant token in the address, or from the page that embeds it.</summary>
[Collection(nameof(ConsoleOfBrowsers))]
public sealed class SignInTests(ConsoleFixture console) : ConsoleTest(console), IDisposable
{
    // Answers requests with tokens that end in 1.5 seconds, as far as the console is told, until the test sets stopped.
    private const string EmbeddingPage = """
        <iframe src="{0}" title="console" width="900" height="700"></iframe>
        <script>
          window.answered = 0;
          const frame = document.querySelector('iframe');
          addEventListener('message', async (event) => {
            if (event.origin !== new URL('{0}').origin || event.source !== frame.contentWindow) return;
            if (event.data?.type !== 'connectionstate.token-request' || window.stopped) return;
            window.answered++;
            const expiresAt = new Date(Date.now() + 1_500).toISOString();
            frame.contentWindow.postMessage({ type: 'connectionstate.token', token: await issueToken(), expiresAt }, event.origin);
          });
        </script>
        """;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_token_in_the_address_signs_in_leaves_the_address_bar_at_once_and_is_forgotten_by_a_reload()
    {
        var auth = new AuthFiles(folder);
        await using var server = await ServerProcess.StartAsync(folder.File("cs.db"), auth.Arguments);
        using var client = auth.NewClient(server);
        await new Merchant(client, MerchantId).ConnectThreeAsync();
        var tab = await NewTabAsync(server.Http);

        await tab.OpenAsync($"pages#token={await AuthFiles.IssueAsync(client, MerchantId)}");
        await Expect(tab.PageNames).ToHaveCountAsync(3);
        await Expect(tab.Light).ToContainTextAsync("Live");
        Assert.Equal(new Uri(server.Http, $"/m/{MerchantId}/pages").ToString(), tab.Tab.Url);
        Assert.Equal("[]", await tab.Tab.EvaluateAsync<string>("() => JSON.stringify(Object.values(localStorage).filter((value) => value.includes('eyJ')))"));

        await tab.Tab.ReloadAsync();
        await tab.ShowsAsync("You are not signed in.");
        await Expect(tab.PageNames).ToHaveCountAsync(0);

        // Another merchant's list is not shown with this one's token.
        await tab.Tab.GotoAsync(new Uri(server.Http, $"/m/another/pages#token={await AuthFiles.IssueAsync(client, MerchantId)}").ToString());
        await tab.ShowsAsync("You are signed in for another merchant.");

        // The screen of operators is not for merchants.
        await tab.Tab.GotoAsync("about:blank");
        await tab.OpenFleetAsync($"#token={await AuthFiles.IssueAsync(client, MerchantId)}");
        await tab.ShowsAsync("This screen is for operators");
        await Expect(tab.Main.GetByRole(AriaRole.Table)).ToHaveCountAsync(0);
        await tab.Tab.GotoAsync("about:blank");
        await tab.OpenFleetAsync($"#token={auth.Key}");
        await Expect(tab.Named(AriaRole.Table, "Connections")).ToContainTextAsync("Connected");
    }

    [Fact]
    public async Task The_embedding_page_gives_the_tokens_and_without_another_one_the_console_says_that_one_must_sign_in_again()
    {
        var auth = new AuthFiles(folder);
        var body = "";
        await using var platform = await StartPlatformAsync(() => body);
        var origin = platform.Urls.Single();
        await using var server = await ServerProcess.StartAsync(
            folder.File("cs.db"), [.. auth.Arguments, $"--Console:EmbeddingOrigins:0={origin}"]);
        body = EmbeddingPage.Replace("{0}", new Uri(server.Http, $"/m/{MerchantId}/pages").ToString(), StringComparison.Ordinal);
        using var client = auth.NewClient(server);
        await new Merchant(client, MerchantId).ConnectThreeAsync();
        await using var browser = await Console.NewContextAsync(locale: "vi-VN");
        var page = await browser.NewPageAsync();
        await page.ExposeFunctionAsync("issueToken", () => AuthFiles.IssueAsync(client, MerchantId));
        await page.GotoAsync(origin);

        var frame = page.FrameLocator("iframe");
        await Expect(frame.GetByRole(AriaRole.Listitem)).Not.ToHaveCountAsync(0);
        await Expect(frame.Locator("[data-light=live]")).ToBeVisibleAsync();
        await page.WaitForFunctionAsync("() => window.answered >= 2");
        await page.EvaluateAsync("() => window.stopped = true");
        await Expect(frame.GetByText("Phiên đăng nhập đã hết hạn. Vui lòng đăng nhập lại.")).ToBeVisibleAsync();
        await Expect(frame.Locator("[data-light=stale]")).ToBeVisibleAsync();

        // It goes on by itself as soon as the page has a token again.
        await page.EvaluateAsync(
            "async (origin) => frame.contentWindow.postMessage({ type: 'connectionstate.token', token: await issueToken() }, origin)",
            server.Http.GetLeftPart(UriPartial.Authority));
        await Expect(frame.Locator("[data-light=live]")).ToBeVisibleAsync();
    }

    // Another origin: the same host on another port.
    private static async Task<WebApplication> StartPlatformAsync(Func<string> page)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.MapGet("/", () => Results.Content(page(), "text/html"));
        await app.StartAsync();
        return app;
    }
}
