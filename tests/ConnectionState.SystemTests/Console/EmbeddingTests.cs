using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Microsoft.Playwright;
using Xunit.Abstractions;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The element connectionstate-pages in the page of a platform (samples/Platform/embedded), on a wide window and on a phone.</summary>
[Collection(nameof(ConsoleOfPages))]
public sealed class EmbeddingTests(ConsoleFixture console, ITestOutputHelper log) : ConsoleTest(console), IDisposable
{
    private static readonly string Pictures = Repository.PathOf("artifacts/screens");

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_platform_connects_a_page_and_shows_its_loss_at_once_and_Understood_leads_to_the_next_page_in_every_window()
    {
        var auth = new AuthFiles(folder);
        await using var platform = await PlatformSample.StartAsync(folder, auth);
        using var client = auth.NewClient(platform.Server);
        var merchant = new Merchant(client, MerchantId);
        var (wide, phone) = (await OpenAsync(platform, 1280), await OpenAsync(platform, 390));

        await ConnectInElementAsync(wide, client, $"{MerchantId}-a", "Alpha");
        await HasInboxAsync(wide, "Inbox of Alpha");
        await merchant.ConnectAsync(Merchant.Zalo($"{MerchantId}-b"), "Beta, trà hoa sen Tây Hồ ướp thủ công truyền thống");
        await phone.Button("Open inbox: Alpha").ClickAsync();
        await HasInboxAsync(phone, "Inbox of Alpha");
        await AssertCanBeReadAsync(phone);

        await merchant.ReportAsync(Merchant.Facebook($"{MerchantId}-a"), Signal.PermissionRevoked);
        foreach (var tab in new[] { wide, phone })
        {
            await Expect(tab.LostNotice).ToContainTextAsync("The connection to Alpha is lost");
            await Expect(tab.LostNotice).ToContainTextAsync("Next: the inbox of Beta");
            await Expect(tab.Tab.Locator("#lost")).ToHaveTextAsync("Alpha is lost: revoked");
        }

        await TakePicturesAsync(wide, phone, "lost");
        await phone.AcknowledgeLossAsync();
        foreach (var tab in new[] { wide, phone })
        {
            await HasInboxAsync(tab, "Inbox of Beta, trà hoa sen Tây Hồ ướp thủ công truyền thống");
            await Expect(tab.LostNotice).ToBeHiddenAsync();
        }

        await wide.HasNoticeAsync("The loss of Alpha was acknowledged by an.");
        await TakePicturesAsync(wide, phone, "pages");
    }

    private async Task<ConsolePage> OpenAsync(PlatformSample platform, int width)
    {
        var context = await NewTabAsync(new Uri(platform.Origin));
        var tab = context.Tab;
        tab.Console += (_, message) => log.WriteLine($"{width}: {message.Text}");
        tab.PageError += (_, error) => log.WriteLine($"{width}: {error}");
        await Axe.AddAsync(tab.Context);
        await tab.SetViewportSizeAsync(width, 844);
        var signedIn = await tab.Context.APIRequest.PostAsync($"{platform.Origin}/fake-sign-in", new() { DataObject = new { merchant = MerchantId, user = "an" } });
        await Expect(signedIn).ToBeOKAsync();
        await tab.GotoAsync($"{platform.Origin}/embedded/");
        return context;
    }

    // The connector of the platform signs in and grants; the merchant chooses in the element.
    private async Task ConnectInElementAsync(ConsolePage tab, ConnectionStateClient client, string pageId, string name)
    {
        await tab.Button("Connect your first page").ClickAsync();
        await tab.Choice("Facebook Fanpage").ClickAsync();
        await tab.IsAtStepAsync("Sign in");
        var session = (await client.Pages.GetPageListAsync(new() { MerchantId = MerchantId })).PageList.Sessions.Single().SessionId;
        await client.Connect.SubmitAccountAsync(new()
        {
            MerchantId = MerchantId,
            SessionId = session,
            Account = new() { AccountId = "person", Name = "Lan", Personal = true },
            Candidates = { new Candidate { PageId = pageId, Name = name, Role = PageRole.Admin }, new Candidate { PageId = "other", Name = "Other", Role = PageRole.Editor } },
        });
        await tab.ChooseAsync(name);
        await tab.IsAtStepAsync("Consent");
        await client.Connect.GrantAsync(new() { MerchantId = MerchantId, SessionId = session });
        await Expect(tab.Title.Last).ToHaveTextAsync("Connected successfully");
        await tab.Button("Open inbox").ClickAsync();
    }

    private static Task HasInboxAsync(ConsolePage tab, string heading) => Expect(tab.Tab.Locator("#inbox")).ToHaveTextAsync(heading);

    // In Vietnamese too, and in the colours of the platform.
    private static async Task AssertCanBeReadAsync(ConsolePage tab)
    {
        var element = tab.Tab.Locator("connectionstate-pages");
        await element.EvaluateAsync("(element) => element.lang = 'vi'");
        await Expect(element.GetByRole(AriaRole.Heading, new() { Name = "Danh sách trang" })).ToBeVisibleAsync();
        await Expect(element.Locator(".primary").First).ToHaveCSSAsync("background-color", "rgb(10, 125, 90)");
        string[] findings = [.. await Axe.FindingsAsync(tab.Tab), .. await Layout.FindingsAsync(tab.Tab)];
        Assert.True(findings.Length == 0, string.Join("\n", findings));
        await element.EvaluateAsync("(element) => element.removeAttribute('lang')");
        await Expect(element.GetByRole(AriaRole.Heading, new() { Name = "Pages", Exact = true })).ToBeVisibleAsync();
    }

    private static async Task TakePicturesAsync(ConsolePage wide, ConsolePage phone, string name)
    {
        await wide.Tab.ScreenshotAsync(new() { Path = Path.Combine(Pictures, $"embedded-{name}.wide.png"), Animations = ScreenshotAnimations.Disabled });
        await phone.Tab.ScreenshotAsync(new() { Path = Path.Combine(Pictures, $"embedded-{name}.phone.png"), Animations = ScreenshotAnimations.Disabled });
    }
}
