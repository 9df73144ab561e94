using System.Buffers.Binary;
using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>Shows every screen of the console, in every condition that looks different, in any language.</summary>
/// <param name="tab">Where.</param>
/// <param name="client">Does what would be done elsewhere.</param>
/// <param name="merchantId">A merchant that nothing is known of.</param>
/// <param name="disconnect">What the button is called that begins to disconnect.</param>
internal sealed class Tour(ConsolePage tab, ConnectionStateClient client, string merchantId, string disconnect)
{
    private const string GetSession = "**/connectionstate.v1.ConnectService/GetConnectSession";

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
        await LookAsync($"inbox/facebook/{Id("nowhere")}", "inbox-not-listed", look);
        await LoseWhileConnectingAsync(look);
        await ReachTheLimitAsync(look);
        await GoStaleAsync(look);
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
        await SubmitAsync();
        await Expect(tab.Main.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await look("consent-missing");
        await client.Connect.RefuseAsync(new() { MerchantId = merchantId, SessionId = session });
        await LookAsync($"session/{session}", "refused", look);
        await tab.Tab.RouteAsync(GetSession, AnswerTimedOutAsync);
        await LookAsync($"session/{session}", "timed-out", look);
        await tab.Tab.UnrouteAsync(GetSession);
    }

    // A server comes to this after a quarter of an hour. What it says of the session is one number, of the same length.
    private static async Task AnswerTimedOutAsync(IRoute call)
    {
        const int Head = 5;
        var answer = await call.FetchAsync();
        var body = await answer.BodyAsync();
        var reply = GetConnectSessionResponse.Parser.ParseFrom(body, Head, BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(1)));
        reply.Session.Step = ConnectSession.Types.Step.TimedOut;
        reply.ToByteArray().CopyTo(body, Head);
        await call.FulfillAsync(new() { Response = answer, BodyBytes = body });
    }

    // R19, after the notice was understood.
    private async Task LoseWhileConnectingAsync(Func<string, Task> look)
    {
        var gifts = Merchant.Facebook(Id("gifts"));
        var begun = await client.Connect.BeginConnectAsync(new() { MerchantId = merchantId, Provider = gifts.Provider, ReconnectPageId = gifts.PageId });
        await SubmitAsync(begun.Session.SessionId, NewCandidate("gifts", "Hoa Sen Gifts", PageRole.Admin));
        await new Merchant(client, merchantId).ReportAsync(gifts, Signal.PageDeleted);
        await ChooseAsync(begun.Session.SessionId, "gifts");
        await client.Pages.AcknowledgeAsync(new() { MerchantId = merchantId, Page = gifts });
        await LookAsync($"session/{begun.Session.SessionId}", "session-lost", look);
    }

    // With all slots taken, choosing one more page is refused with a notice.
    private async Task ReachTheLimitAsync(Func<string, Task> look)
    {
        var session = await BeginAsync(Provider.Facebook);
        await SubmitAsync(session, NewCandidate("more", "Hoa Sen More", PageRole.Admin));
        await BuyAsync(1);
        await LookAsync("add", "add-full", look);
        await LookAsync("connect/facebook", "connect-full", look);
        await tab.OpenAsync($"session/{session}");
        await tab.IsReadyAsync();
        await SubmitAsync();
        await Expect(tab.Tab.Locator(".notice")).ToBeVisibleAsync();
        await look("notice");
        await BuyAsync(0);
        await LookAsync("pages", "pages-over", look);
    }

    private async Task GoStaleAsync(Func<string, Task> look)
    {
        await tab.OpenAsync("pages");
        await tab.IsReadyAsync();
        await tab.Tab.Context.SetOfflineAsync(true);
        await Expect(tab.Light).ToHaveAttributeAsync("data-light", "stale");
        await look("stale");
        await tab.Tab.Context.SetOfflineAsync(false);
    }

    // One page in each state that a list can show, and an attempt to connect that goes on.
    private async Task FillAsync()
    {
        var merchant = new Merchant(client, merchantId);
        await BuyAsync(3);
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

    private async Task BuyAsync(int pages) =>
        await client.Plans.SetPlanAsync(new() { MerchantId = merchantId, Plan = Plan.Standard, BoughtPages = pages });

    // The form that the screen shows.
    private Task SubmitAsync() => tab.Main.Locator("form [type=submit]").ClickAsync();

    private async Task<string> BeginAsync(Provider provider) =>
        (await client.Connect.BeginConnectAsync(new() { MerchantId = merchantId, Provider = provider })).Session.SessionId;

    private async Task SubmitAsync(string session, params Candidate[] candidates) => await client.Connect.SubmitAccountAsync(
        new() { MerchantId = merchantId, SessionId = session, Account = Account, Candidates = { candidates } });

    private async Task ChooseAsync(string session, string page) =>
        await client.Connect.ChoosePageAsync(new() { MerchantId = merchantId, SessionId = session, PageId = Id(page) });

    private Candidate NewCandidate(string page, string name, PageRole role) => new() { PageId = Id(page), Name = name, Role = role };
}
