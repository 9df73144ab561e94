using ConnectionState.Client;
using ConnectionState.V1;
using Google.Protobuf.WellKnownTypes;
using static Microsoft.Playwright.Assertions;

namespace ConnectionState.SystemTests.Console;

/// <summary>Shows every screen of the console, in every condition that looks different, in any language.</summary>
/// <param name="tab">Where.</param>
/// <param name="client">Does what would be done elsewhere.</param>
/// <param name="merchantId">A merchant that nothing is known of.</param>
/// <param name="disconnect">What the button is called that begins to disconnect.</param>
internal sealed class Tour(ConsolePage tab, ConnectionStateClient client, string merchantId, string disconnect)
{
    private static readonly Account Account = new() { AccountId = "person", Name = "Nguyễn Thị Lan", Personal = true };

    /// <summary>Looks at each screen once it is there; it is given the screen's name.</summary>
    public async Task WalkAsync(Func<string, Task> look)
    {
        await tab.OpenStartAsync();
        await Expect(tab.Title).ToBeVisibleAsync();
        await look("start");
        await LookAsync("pages", "pages-empty", look);
        await LookAsync("inbox", "inbox-empty", look);
        await LookAsync("add", "add", look);
        await ConnectAsync(look);
        await RefuseAsync(look);
        await FillAsync();
        foreach (var screen in new[] { "pages", "connect/facebook", "history", "desk" })
        {
            await LookAsync(screen, screen.Replace('/', '-'), look);
        }

        await LookAsync($"machine/facebook/{Id("flowers")}", "machine", look);
        await LookAsync($"inbox/facebook/{Id("tea")}", "inbox", look);
        await tab.Button(disconnect).ClickAsync();
        await Expect(tab.Dialog).ToBeVisibleAsync();
        await look("disconnect");
        await tab.OpenAsync($"inbox/facebook/{Id("gifts")}");
        await Expect(tab.LostNotice).ToBeVisibleAsync();
        await look("lost");
    }

    private string Id(string page) => $"{merchantId}-{page}";

    private async Task LookAsync(string address, string name, Func<string, Task> look)
    {
        await tab.OpenAsync(address);
        await tab.IsReadyAsync();
        await tab.IsCalledAsync((await tab.Title.TextContentAsync())!);
        await look(name);
    }

    // The steps to a Fanpage that is connected.
    private async Task ConnectAsync(Func<string, Task> look)
    {
        var session = await BeginAsync(Provider.Facebook);
        var address = $"session/{session}";
        await LookAsync(address, "sign-in", look);
        await SubmitAsync(session, NewCandidate("market", "Flower Market Weekly", PageRole.Moderator));
        await LookAsync(address, "permission", look);
        await SubmitAsync(
            session,
            NewCandidate("flowers", "Hoa Sen Flowers", PageRole.Admin),
            NewCandidate("gifts", "Hoa Sen Gifts", PageRole.Editor),
            NewCandidate("market", "Flower Market Weekly", PageRole.Moderator));
        await LookAsync(address, "choose-page", look);
        await ChooseAsync(session, "flowers");
        await LookAsync(address, "consent", look);
        await client.Connect.GrantAsync(new() { MerchantId = merchantId, SessionId = session });
        await LookAsync(address, "connected", look);
    }

    private async Task RefuseAsync(Func<string, Task> look)
    {
        var session = await BeginAsync(Provider.Zalo);
        await SubmitAsync(session, NewCandidate("oa", "Hoa Sen OA", PageRole.Admin));
        await ChooseAsync(session, "oa");
        await LookAsync($"session/{session}", "consent-zalo", look);
        await client.Connect.RefuseAsync(new() { MerchantId = merchantId, SessionId = session });
        await LookAsync($"session/{session}", "refused", look);
    }

    // One page in each state that a list can show, and an attempt to connect that goes on.
    private async Task FillAsync()
    {
        var merchant = new Merchant(client, merchantId);
        await client.Plans.SetPlanAsync(new() { MerchantId = merchantId, Plan = Plan.Standard, BoughtPages = 3 });
        foreach (var (page, name) in new[] { ("gifts", "Hoa Sen Gifts"), ("tea", "Trà Hoa Sen"), ("books", "Hoa Sen Books"), ("old", "Hoa Sen Old") })
        {
            await merchant.ConnectAsync(Merchant.Facebook(Id(page)), name);
        }

        await merchant.ConnectAsync(Merchant.Zalo(Id("oa")), "Hoa Sen OA");
        await client.Signals.RenewGrantAsync(new()
        {
            MerchantId = merchantId,
            Page = Merchant.Facebook(Id("tea")),
            ExpiresAt = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(3)),
        });
        await client.Signals.ReportProviderErrorAsync(new()
        {
            MerchantId = merchantId,
            Page = Merchant.Facebook(Id("gifts")),
            Code = 190,
            Subcode = 458,
            ObservedAt = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow),
            Actor = "webhook-receiver",
        });
        await merchant.ReportAsync(Merchant.Facebook(Id("books")), Signal.TokenExpired);
        await merchant.ReportAsync(Merchant.Facebook(Id("old")), Signal.PageDeleted);
        await BeginAsync(Provider.Zalo);
    }

    private async Task<string> BeginAsync(Provider provider) =>
        (await client.Connect.BeginConnectAsync(new() { MerchantId = merchantId, Provider = provider })).Session.SessionId;

    private async Task SubmitAsync(string session, params Candidate[] candidates) => await client.Connect.SubmitAccountAsync(
        new() { MerchantId = merchantId, SessionId = session, Account = Account, Candidates = { candidates } });

    private async Task ChooseAsync(string session, string page) =>
        await client.Connect.ChoosePageAsync(new() { MerchantId = merchantId, SessionId = session, PageId = Id(page) });

    private Candidate NewCandidate(string page, string name, PageRole role) => new() { PageId = Id(page), Name = name, Role = role };
}
