using System.Net;
using System.Net.Http.Json;
using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The sample Platform: a backend that hands merchant tokens to its page, against a server with authentication on.</summary>
[Collection(nameof(ConsoleOfBrowsers))]
public sealed class PlatformTests(ConsoleFixture console) : ConsoleTest(console), IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_backend_gives_the_page_a_token_for_the_merchant_of_its_session_and_the_page_is_live()
    {
        var auth = new AuthFiles(folder);
        await using var platform = await PlatformSample.StartAsync(folder, auth);
        using var client = auth.NewClient(platform.Server);
        var merchant = new Merchant(client, MerchantId);
        await merchant.ConnectThreeAsync();
        using var browser = new HttpClient { BaseAddress = new(platform.Origin) };

        Assert.Equal(HttpStatusCode.Unauthorized, (await browser.PostAsync(new Uri("/token", UriKind.Relative), null)).StatusCode);
        using var signedIn = await browser.PostAsJsonAsync("/fake-sign-in", new { merchant = MerchantId, user = "an" });
        Assert.Equal(HttpStatusCode.OK, signedIn.StatusCode);
        using var answer = await browser.PostAsync(new Uri("/token", UriKind.Relative), null);
        var issued = (await answer.Content.ReadFromJsonAsync<Issued>())!;

        Assert.Equal(MerchantId, issued.MerchantId);
        using var page = new ConnectionStateClient(new() { Address = platform.Server.Grpc, ApiKey = issued.Token });
        Assert.Equal(3, (await page.Pages.GetPageListAsync(new() { MerchantId = MerchantId })).PageList.Connections.Count);
        var foreign = await Assert.ThrowsAsync<RpcException>(() => page.Pages.GetPageListAsync(new() { MerchantId = "another" }).ResponseAsync);
        Assert.Equal(ErrorReason.MerchantNotAllowed, foreign.GetConnectionStateError().Reason);

        // Needs the page to be built.
        if (LongRun.IsOn)
        {
            await AssertPageIsLiveAsync(platform.Origin, merchant);
        }
    }

    private async Task AssertPageIsLiveAsync(string origin, Merchant merchant)
    {
        await using var npm = ChildProcess.Start(
            "sh", Repository.PathOf("samples/Platform/page"), ["-c", "npm ci --no-audit --no-fund --loglevel=error && npm run build"]);
        await npm.WaitForExitAsync();
        Assert.True(npm.ExitCode == 0, npm.Output + npm.Errors);
        await using var context = await Console.NewContextAsync();
        var tab = await context.NewPageAsync();
        await tab.GotoAsync(origin);
        await tab.GetByLabel("Shop").FillAsync(MerchantId);
        await tab.GetByRole(AriaRole.Button).ClickAsync();

        await Expect(tab.GetByRole(AriaRole.Status)).ToHaveTextAsync($"{MerchantId}: live");
        await Expect(tab.GetByRole(AriaRole.Listitem)).ToHaveCountAsync(3);
        await merchant.ReportAsync(Merchant.Facebook($"{MerchantId}-a"), Signal.PermissionRevoked);
        await Expect(tab.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "revoked" })).ToHaveCountAsync(1);
    }

    private sealed record Issued(string MerchantId, string Token);
}
