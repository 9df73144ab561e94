using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The console in Production, without provider desk, and cross-origin calls.</summary>
[Collection(nameof(ConsoleOfBrowsers))]
public sealed class ProductionTests(ConsoleFixture console) : ConsoleTest(console), IDisposable
{
    // Script in a page of another origin: makes a call and returns status, whether there are error details, and whether there is data.
    private const string Call = """
        async ([service, method, message]) => {
          const body = Uint8Array.from([0, 0, 0, 0, message.length, ...message]);
          const headers = { 'content-type': 'application/grpc-web', 'x-grpc-web': '1' };
          const reply = await fetch(`${service}connectionstate.v1.${method}`, { method: 'POST', headers, body });
          const piece = await reply.body?.getReader().read();
          return `${reply.headers.get('grpc-status')} ${reply.headers.get('grpc-status-details-bin')?.length > 0} ${piece?.value?.length > 5}`;
        }
        """;

    private static readonly byte[] Empty = [];
    private static readonly byte[] OfMerchant = [10, 1, (byte)'m'];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task In_Production_there_is_no_provider_desk()
    {
        await using var server = await ServerProcess.StartAsync(folder.File("cs.db"));
        using var client = server.NewClient(attempts: 4);
        var begun = await client.Connect.BeginConnectAsync(new() { MerchantId = MerchantId, Provider = Provider.Facebook });
        var tab = await NewTabAsync(server.Http);

        await tab.OpenAsync("desk");
        await Expect(tab.Title).ToHaveTextAsync("Pages");
        await Expect(tab.Section("Provider desk")).ToHaveCountAsync(0);
        await Expect(tab.Section("State machine")).ToHaveCountAsync(0);
        await tab.OpenAsync("machine");
        await Expect(tab.Title).ToHaveTextAsync("Pages");

        await tab.OpenAsync($"session/{begun.Session.SessionId}");
        await tab.ShowsAsync("The connector of this platform for Facebook is not configured.");
        await Expect(tab.Main.GetByRole(AriaRole.Button, new() { NameRegex = new("^Sign in") })).ToHaveCountAsync(0);
    }

    [Fact]
    public async Task In_Production_a_connect_screen_leads_to_the_connector_and_the_limit_to_the_shop()
    {
        await using var server = await ServerProcess.StartAsync(
            folder.File("cs.db"),
            "--Console:ConnectUrls:Zalo=https://shop.example/zalo?merchant={merchant_id}&session={session_id}",
            "--Console:BuyMoreUrl=https://shop.example/buy/{merchant_id}");
        using var client = server.NewClient(attempts: 4);
        var begun = await client.Connect.BeginConnectAsync(new() { MerchantId = MerchantId, Provider = Provider.Zalo });
        var tab = await NewTabAsync(server.Http);

        await tab.OpenAsync($"session/{begun.Session.SessionId}");
        await tab.ShowsAsync("Waiting for Zalo.");
        await Expect(tab.Link("Continue with Zalo")).ToHaveAttributeAsync(
            "href", $"https://shop.example/zalo?merchant={MerchantId}&session={begun.Session.SessionId}");

        await new Merchant(client, MerchantId).ConnectThreeAsync();
        foreach (var screen in new[] { "pages", "add", "connect/zalo" })
        {
            await tab.OpenAsync(screen);
            await Expect(tab.Link("Buy more pages")).ToHaveAttributeAsync("href", $"https://shop.example/buy/{MerchantId}");
        }
    }

    [Fact]
    public async Task Only_pages_of_an_allowed_origin_can_call_the_API()
    {
        var origin = Console.Server.Http.GetLeftPart(UriPartial.Authority);
        await using var open = await ServerProcess.StartAsync(folder.File("open.db"), $"--Listen:AllowedOrigins:0={origin}");
        await using var closed = await ServerProcess.StartAsync(folder.File("closed.db"));
        await using var browser = await Console.NewContextAsync(bypassPolicy: true);
        var page = await browser.NewPageAsync();
        await page.GotoAsync(new Uri(Console.Server.Http, "/health/live").ToString());
        Task<string> CallAsync(ServerProcess server, string method, byte[] message) =>
            page.EvaluateAsync<string>(Call, new object[] { server.Http.ToString(), method, message.Select(each => (int)each).ToArray() });

        Assert.Equal("null false true", await CallAsync(open, "PageService/GetPageList", OfMerchant));
        Assert.Equal("3 true false", await CallAsync(open, "PageService/GetPageList", Empty));
        Assert.Equal("null false true", await CallAsync(open, "WatchService/WatchPageList", OfMerchant));
        var refused = await Assert.ThrowsAsync<PlaywrightException>(() => CallAsync(closed, "PageService/GetPageList", OfMerchant));
        Assert.Contains("Failed to fetch", refused.Message, StringComparison.Ordinal);
    }
}
