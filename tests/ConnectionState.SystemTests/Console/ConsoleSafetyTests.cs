using System.Text.RegularExpressions;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The console loads and runs only what its own server sends.</summary>
[Collection(nameof(ConsoleOfBrowsers))]
public sealed partial class ConsoleSafetyTests(ConsoleFixture console) : ConsoleTest(console)
{
    private const string Markup = "<img src=x onerror=\"document.title='owned'\"> & <b>Shop</b>";

    [Fact]
    public async Task All_requests_go_to_the_own_origin_and_none_is_blocked()
    {
        List<string> requests = [];
        List<string> errors = [];
        First.Tab.Context.Request += (_, request) => requests.Add(new Uri(request.Url).GetLeftPart(UriPartial.Authority));
        First.Tab.Context.Console += (_, message) => errors.AddRange(message.Type == "error" ? [message.Text] : []);
        First.Tab.Context.WebError += (_, error) => errors.Add(error.Error);
        await Merchant.ConnectThreeAsync();

        await First.VisitAllAsync(_ => Task.CompletedTask);
        await First.Button("Tiếng Việt").ClickAsync();

        Assert.True(requests.Count > 20, $"{requests.Count} requests were seen.");
        Assert.Equal(Console.Server.Http.GetLeftPart(UriPartial.Authority), Assert.Single(requests.Distinct()));
        Assert.Empty(errors);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/m/shop/pages")]
    [InlineData("/console/config.json")]
    public async Task The_content_security_policy_allows_only_the_own_origin(string path)
    {
        using var http = new HttpClient();
        using var reply = await http.GetAsync(new Uri(Console.Server.Http, path));

        var policy = Assert.Single(reply.Headers.GetValues("Content-Security-Policy")).Split("; ");

        Assert.Equal(["default-src 'self'"], policy.Where(rule => rule.Contains("'self'", StringComparison.Ordinal) && rule.StartsWith("default", StringComparison.Ordinal)));
        Assert.All(["object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"], rule => Assert.Contains(rule, policy));
        Assert.All(policy, rule => Assert.DoesNotMatch(@"unsafe|\*|https?:|data:|blob:", rule));
        Assert.Equal("nosniff", Assert.Single(reply.Headers.GetValues("X-Content-Type-Options")));
    }

    [Theory]
    [InlineData("fetch('http://127.0.0.1:9/').catch(() => {})", "connect-src")]
    [InlineData("document.body.append(Object.assign(new Image(), { src: 'http://127.0.0.1:9/x.png' }))", "img-src")]
    [InlineData("document.body.append(Object.assign(document.createElement('style'), { textContent: 'p{}' }))", "style-src-elem")]
    [InlineData("document.body.setAttribute('onclick', 'document.title = 1')", "require-trusted-types-for")]
    public async Task The_browser_blocks_content_of_other_origins_and_inline_content(string attempt, string refusedBy)
    {
        await First.OpenAsync("pages");

        var refused = await First.Tab.EvaluateAsync<string>($$"""
            () => new Promise((resolve) => {
              document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective));
              try { {{attempt}} } catch { }
              setTimeout(() => resolve('nothing was refused'), 10_000);
            })
            """);

        Assert.Equal(refusedBy, refused);
    }

    [Fact]
    public async Task No_script_is_inline()
    {
        using var http = new HttpClient();
        var sent = await http.GetStringAsync(new Uri(Console.Server.Http, "/"));
        Assert.All(Script().Matches(sent), script => Assert.Matches(@"^<script [^>]*src=""/assets/[^""]+""></script>$", script.Value));
        Assert.Single(Script().Matches(sent));
        Assert.DoesNotMatch(@"<style|\sstyle=|\son[a-z]+=|javascript:", sent);

        await Merchant.ConnectThreeAsync();
        await First.VisitAllAsync(async _ => Assert.Equal(0, await First.Tab.EvaluateAsync<int>("""
            () => [...document.querySelectorAll('*')].filter((element) =>
              element.getAttributeNames().some((name) => name.startsWith('on')) || (element.localName === 'script' && !element.src)).length
            """)));
    }

    [Fact]
    public async Task A_page_name_with_markup_is_shown_as_text_on_every_screen()
    {
        var page = Merchant.Facebook($"{MerchantId}-a");
        await Merchant.ConnectAsync(page, Markup);
        await First.VisitAllAsync(async screen =>
        {
            await Expect(First.Main.GetByText(Markup).First).ToBeAttachedAsync();
            await HasNoImageAsync();
        }, pageId: page.PageId);

        await Merchant.ReportAsync(page, V1.Signal.PermissionRevoked);
        await First.OpenAsync("inbox");
        await Expect(First.LostNotice).ToContainTextAsync($"The connection to {Markup} is lost");
        await HasNoImageAsync();
        await First.OpenAsync("pages");
        await First.ClickInMenuAsync("Disconnect", Markup);
        await Expect(First.Dialog).ToContainTextAsync($"Disconnect {Markup}?");
        await HasNoImageAsync();
        await First.Dialog.GetByRole(AriaRole.Button, new() { Name = "Disconnect", Exact = true }).ClickAsync();
        await First.HasNoticeAsync($"{Markup} is disconnected");
        await HasNoImageAsync();
    }

    private async Task HasNoImageAsync()
    {
        await Expect(First.Tab.Locator("img[src=x]")).ToHaveCountAsync(0);
        Assert.DoesNotContain("owned", await First.Tab.TitleAsync(), StringComparison.Ordinal);
    }

    [GeneratedRegex("<script[^>]*>.*?</script>", RegexOptions.Singleline)]
    private static partial Regex Script();
}
