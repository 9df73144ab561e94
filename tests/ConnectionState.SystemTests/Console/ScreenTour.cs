using System.Buffers.Binary;
using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>Opens every screen of the console in every condition that looks different, in any language.</summary>
/// <param name="tab">The tab to use.</param>
/// <param name="client">Makes the changes that are not made in the console.</param>
/// <param name="merchantId">A new merchant.</param>
/// <param name="disconnect">The label of the Disconnect button in the language of the tab.</param>
internal sealed class ScreenTour(ConsolePage tab, ConnectionStateClient client, string merchantId, string disconnect)
{
    private const string GetSession = "**/connectionstate.v1.ConnectService/GetConnectSession";

    private static readonly Account Account = new() { AccountId = "person", Name = "Nguyễn Thị Lan", Personal = true };

    /// <summary>Opens the screens one after the other and calls <paramref name="onScreen"/> with the name of each.</summary>
    public async Task WalkAsync(Func<string, Task> onScreen)
    {
        await tab.OpenStartAsync();
        await Expect(tab.Title).ToBeVisibleAsync();
        await onScreen("start");
        await ShowFleetAsync(onScreen);
        await OpenAsync("pages", "pages-empty", onScreen);
        await OpenAsync("inbox", "inbox-empty", onScreen);
        await OpenAsync("add", "add", onScreen);
        await ConnectAsync(onScreen);
        await RefuseAsync(onScreen);
        await FillAsync();
        foreach (var screen in new[] { "pages", "connect/facebook", "history", "desk" })
        {
            await OpenAsync(screen, screen.Replace('/', '-'), onScreen);
        }

        await ChooseFromManyAsync(onScreen);
        await OpenAsync($"machine/facebook/{Id("flowers")}", "machine", onScreen);
        await tab.OpenAsync($"inbox/zalo/{Id("oa")}");
        await tab.IsReadyAsync();
        await Expect(tab.Main.Locator(".page-tabs [aria-current]")).ToBeInViewportAsync(new() { Ratio = 0.9f });
        await onScreen("inbox-checking");
        await OpenAsync($"inbox/facebook/{Id("tea")}", "inbox", onScreen);
        await tab.Button(disconnect).ClickAsync();
        await Expect(tab.Dialog).ToBeVisibleAsync();
        await onScreen("disconnect");
        await tab.OpenAsync($"inbox/facebook/{Id("gifts")}");
        await Expect(tab.LostNotice).ToBeVisibleAsync();
        await onScreen("lost");
        await OpenAsync($"inbox/facebook/{Id("nowhere")}", "inbox-not-listed", onScreen);
        await LoseWhileConnectingAsync(onScreen);
        await ReachTheLimitAsync(onScreen);
        await GoStaleAsync(onScreen);
    }

    // At its top, and at its list, with the results of a search and the table of the chart.
    private async Task ShowFleetAsync(Func<string, Task> onScreen)
    {
        await FleetAnswers.UseAsync(tab.Tab);
        await tab.OpenFleetAsync();
        await Expect(tab.Main.Locator(".fleet-row")).ToHaveCountAsync(FleetAnswers.ListedCount);
        await Expect(tab.Main.Locator(".chart")).ToBeVisibleAsync();
        await tab.Main.Locator("form [type=submit]").First.ClickAsync();
        await Expect(tab.Main.Locator(".fleet-merchant")).ToHaveCountAsync(2);
        await tab.Tab.EvaluateAsync("() => scrollTo(0, 0)");
        await onScreen("fleet");
        await tab.Main.Locator("summary").ClickAsync();
        await tab.Main.Locator(".filters").ScrollIntoViewIfNeededAsync();
        await onScreen("fleet-lost");
        await tab.Tab.UnrouteAllAsync();
    }

    private string Id(string page) => $"{merchantId}-{page}";

    private async Task OpenAsync(string address, string name, Func<string, Task> onScreen)
    {
        await tab.OpenAsync(address);
        await tab.IsReadyAsync();
        await tab.HasTitleAsync((await tab.Title.TextContentAsync())!);
        await onScreen(name);
    }

    // Connects a Fanpage.
    private async Task ConnectAsync(Func<string, Task> onScreen)
    {
        var session = await BeginAsync(Provider.Facebook);
        var address = $"session/{session}";
        await OpenAsync(address, "sign-in", onScreen);
        await SubmitAsync(session, NewCandidate("market", "Chợ hoa cuối tuần Hồ Thị Kỷ, chi nhánh Quận 10", PageRole.Moderator));
        await OpenAsync(address, "permission", onScreen);
        await SubmitAsync(
            session,
            NewCandidate("flowers", "Hoa Sen Flowers", PageRole.Admin),
            NewCandidate("gifts", "Hoa Sen Gifts", PageRole.Editor),
            NewCandidate("market", "Chợ hoa cuối tuần Hồ Thị Kỷ, chi nhánh Quận 10", PageRole.Moderator));
        await OpenAsync(address, "choose-page", onScreen);
        await ChooseAsync(session, "flowers");
        await OpenAsync(address, "consent", onScreen);
        await client.Connect.GrantAsync(new() { MerchantId = merchantId, SessionId = session });
        await OpenAsync(address, "connected", onScreen);
    }

    private async Task RefuseAsync(Func<string, Task> onScreen)
    {
        var session = await BeginAsync(Provider.Zalo);
        await SubmitAsync(session, NewCandidate("oa", "Hoa Sen OA", PageRole.Admin));
        await ChooseAsync(session, "oa");
        await OpenAsync($"session/{session}", "consent-zalo", onScreen);
        await SubmitAsync();
        await Expect(tab.Main.GetByRole(AriaRole.Alert)).ToBeVisibleAsync();
        await onScreen("consent-missing");
        await client.Connect.RefuseAsync(new() { MerchantId = merchantId, SessionId = session });
        await OpenAsync($"session/{session}", "refused", onScreen);
        await tab.Tab.RouteAsync(GetSession, AnswerTimedOutAsync);
        await OpenAsync($"session/{session}", "timed-out", onScreen);
        await tab.Tab.UnrouteAsync(GetSession);
    }

    // A session times out after 15 minutes. Instead of waiting, the step in the answer is replaced, which keeps its length.
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

    // R19, after the notice was acknowledged.
    private async Task LoseWhileConnectingAsync(Func<string, Task> onScreen)
    {
        var gifts = Merchant.Facebook(Id("gifts"));
        var begun = await client.Connect.BeginConnectAsync(new() { MerchantId = merchantId, Provider = gifts.Provider, ReconnectPageId = gifts.PageId });
        await SubmitAsync(begun.Session.SessionId, NewCandidate("gifts", "Hoa Sen Gifts", PageRole.Admin));
        await new Merchant(client, merchantId).ReportAsync(gifts, Signal.PageDeleted);
        await ChooseAsync(begun.Session.SessionId, "gifts");
        await client.Pages.AcknowledgeAsync(new() { MerchantId = merchantId, Page = gifts });
        await tab.OpenAsync($"session/{begun.Session.SessionId}");
        await tab.ShowsAsync("Hoa Sen Gifts");
        await onScreen("session-lost");
    }

    // At the limit, choosing one more page is refused with a notice.
    private async Task ReachTheLimitAsync(Func<string, Task> onScreen)
    {
        var session = await BeginAsync(Provider.Facebook);
        await SubmitAsync(session, NewCandidate("more", "Hoa Sen More", PageRole.Admin));
        await BuyAsync(1);
        await OpenAsync("add", "add-full", onScreen);
        await OpenAsync("connect/facebook", "connect-full", onScreen);
        await tab.OpenAsync($"session/{session}");
        await tab.IsReadyAsync();
        await SubmitAsync();
        await Expect(tab.Tab.Locator(".notice")).ToBeVisibleAsync();
        await onScreen("notice");

        // A session that holds the last slot can be cancelled.
        await BuyAsync(3);
        var holder = await BeginAsync(Provider.Facebook);
        await SubmitAsync(holder, NewCandidate("held", "Hoa Sen Held", PageRole.Admin));
        await ChooseAsync(holder, "held");
        await BuyAsync(2);
        await OpenAsync("add", "add-held", onScreen);
        await tab.OpenAsync($"session/{session}");
        await tab.IsReadyAsync();
        await SubmitAsync();
        await Expect(tab.Dialog).ToBeVisibleAsync();
        await onScreen("blocked");
        await BuyAsync(0);
        await OpenAsync("pages", "pages-over", onScreen);
    }

    private async Task GoStaleAsync(Func<string, Task> onScreen)
    {
        await tab.Tab.Clock.InstallAsync();
        await tab.OpenAsync("pages");
        await tab.IsReadyAsync();
        await tab.Tab.Context.SetOfflineAsync(true);
        await Expect(tab.Light).ToHaveAttributeAsync("data-light", "stale");
        await tab.Tab.Clock.FastForwardAsync("59:30");
        await onScreen("stale");
        await tab.Tab.Context.SetOfflineAsync(false);
    }

    // More pages than the picker shows at once, with what the merchant has of them.
    private async Task ChooseFromManyAsync(Func<string, Task> onScreen)
    {
        var session = await BeginAsync(Provider.Facebook);
        var more = Enumerable.Range(1, 60).Select(number => NewCandidate($"more-{number}", $"Hoa Sen {number}", PageRole.Editor));
        await SubmitAsync(session,
        [
            NewCandidate("gifts", "Hoa Sen Gifts", PageRole.Admin),
            NewCandidate("flowers", "Hoa Sen Flowers", PageRole.Admin),
            NewCandidate("old", "Hoa Sen Old", PageRole.Moderator),
            .. more,
        ]);
        await OpenAsync($"session/{session}", "choose-page-many", onScreen);
        await client.Connect.RefuseAsync(new() { MerchantId = merchantId, SessionId = session });
    }

    // One page in each state that the list can show, and an open connect session.
    private async Task FillAsync()
    {
        var merchant = new Merchant(client, merchantId);
        await BuyAsync(3);
        foreach (var (page, name) in new[] { ("gifts", "Hoa Sen Gifts"), ("tea", "Trà Hoa Sen Tây Hồ ướp thủ công truyền thống Hà Nội"), ("books", "Hoa Sen Books"), ("old", "Hoa Sen Old") })
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
        await merchant.ReportErrorAsync(Merchant.Facebook(Id("gifts")), 190, 458);
        await merchant.ReportErrorAsync(Merchant.Zalo(Id("oa")), -216);
        await merchant.ReportAsync(Merchant.Facebook(Id("books")), Signal.TokenExpired);
        await merchant.ReportAsync(Merchant.Facebook(Id("old")), Signal.PageDeleted);
        await BeginAsync(Provider.Zalo);
    }

    private async Task BuyAsync(int pages) =>
        await client.Plans.SetPlanAsync(new() { MerchantId = merchantId, Plan = Plan.Standard, BoughtPages = pages });

    // Submits the form on the screen.
    private Task SubmitAsync() => tab.Main.Locator("form [type=submit]").ClickAsync();

    private async Task<string> BeginAsync(Provider provider) =>
        (await client.Connect.BeginConnectAsync(new() { MerchantId = merchantId, Provider = provider })).Session.SessionId;

    private async Task SubmitAsync(string session, params Candidate[] candidates) => await client.Connect.SubmitAccountAsync(
        new() { MerchantId = merchantId, SessionId = session, Account = Account, Candidates = { candidates } });

    private async Task ChooseAsync(string session, string page) =>
        await client.Connect.ChoosePageAsync(new() { MerchantId = merchantId, SessionId = session, PageId = Id(page) });

    private Candidate NewCandidate(string page, string name, PageRole role) => new() { PageId = Id(page), Name = name, Role = role };
}
