using ConnectionStateService.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>What others do to the page that a person works with, and what the list offers for pages that are lost.</summary>
[Collection(nameof(ConsoleOfPages))]
public sealed class ColleagueTests(ConsoleFixture console) : ConsoleTest(console)
{
    private PageRef Alpha => Merchant.Facebook($"{MerchantId}-a");

    [Fact]
    public async Task A_colleague_who_disconnects_a_page_moves_the_others_and_they_are_told_who_it_was_but_nobody_who_is_typing_is_moved()
    {
        await Merchant.ConnectThreeAsync();
        await OpenBothAsync($"inbox/facebook/{Alpha.PageId}");
        await Second.IsAtInboxOfAsync("Alpha");
        var reply = First.Tab.GetByRole(AriaRole.Textbox, new() { Name = "Reply" });
        await reply.PressSequentiallyAsync("Dear cust");

        await Client.Pages.DisconnectAsync(new() { MerchantId = MerchantId, Page = Alpha, Actor = "An" });

        await Second.HasNoticeAsync("Alpha was disconnected by An. You are now in the inbox of Beta.");
        await Second.IsAtInboxOfAsync("Beta");
        await Expect(First.Main.GetByRole(AriaRole.Alert)).ToContainTextAsync("Alpha was disconnected by An. You were writing, so this screen stayed where it is.");
        await Expect(reply).ToBeFocusedAsync();
        await First.Tab.Keyboard.TypeAsync("omer");
        await Expect(reply).ToHaveValueAsync("Dear customer");
        await First.IsAtInboxOfAsync("Alpha");
        await Expect(First.Button("Disconnect")).ToHaveCountAsync(0);

        await First.Button("Go on").ClickAsync();
        await First.IsAtInboxOfAsync("Beta");
    }

    [Fact]
    public async Task A_lost_notice_says_since_when_and_reconnects_and_a_page_that_ends_soon_is_renewed()
    {
        await Merchant.ConnectThreeAsync();
        await Merchant.ReportAsync(Alpha, Signal.PermissionRevoked);
        await First.OpenAsync($"inbox/facebook/{Alpha.PageId}");
        await Expect(First.LostNotice).ToContainTextAsync("Lost since");
        await First.LostNotice.GetByRole(AriaRole.Button, new() { Name = "Reconnect now" }).ClickAsync();
        await First.ShowsAsync("You are reconnecting Alpha.");

        await Client.Signals.RenewGrantAsync(new()
        {
            MerchantId = MerchantId,
            Page = Merchant.Zalo($"{MerchantId}-b"),
            ExpiresAt = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(3)),
        });
        await First.OpenAsync("pages");
        await Expect(First.Row("Beta")).ToContainTextAsync("Ends soon");
        await First.ClickForPageAsync("Renew", "Beta");
        await First.ShowsAsync("You are reconnecting Beta.");
    }

    [Fact]
    public async Task A_displaced_page_on_a_full_list_is_removed_and_offers_no_reconnect_that_would_be_refused()
    {
        await Merchant.ConnectThreeAsync();
        await Merchant.ReportAsync(Alpha, Signal.SignedInElsewhere);
        await First.OpenAsync("pages");
        await Expect(First.Button("Reconnect: Alpha")).ToBeVisibleAsync();
        await Merchant.ConnectAsync(Merchant.Facebook($"{MerchantId}-d"), "Delta");

        await Expect(First.Button("Reconnect: Alpha")).ToHaveCountAsync(0);
        await Expect(First.Row("Alpha").Locator(".badge.lost")).ToHaveTextAsync("Disconnected");
        await First.ClickInMenuAsync("Remove from the list", "Alpha");
        await Expect(First.Dialog).ToContainTextAsync("Remove Alpha from the list?");
        await First.Dialog.GetByRole(AriaRole.Button, new() { Name = "Remove from the list" }).ClickAsync();
        await First.HasNoticeAsync("Alpha was removed from the list");
    }
}
