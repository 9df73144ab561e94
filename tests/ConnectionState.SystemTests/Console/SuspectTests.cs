using ConnectionStateService.V1;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>A suspect page is shown as "checking", with since when and why, and stays usable.</summary>
[Collection(nameof(ConsoleOfPages))]
public sealed class SuspectTests(ConsoleFixture console) : ConsoleTest(console)
{
    private PageRef Alpha => Merchant.Facebook($"{MerchantId}-a");

    [Fact]
    public async Task A_suspect_page_is_shown_as_checking_with_the_reason_on_every_screen()
    {
        await Merchant.ConnectThreeAsync();
        await Merchant.ReportErrorAsync(Alpha, 190, 467);

        foreach (var screen in new[] { "pages", "add", $"inbox/facebook/{Alpha.PageId}", $"machine/facebook/{Alpha.PageId}", "desk", "history" })
        {
            await First.OpenAsync(screen);
            await Expect(First.Main.GetByText("Checking", new() { Exact = true }).First).ToBeVisibleAsync();
            await First.ShowsAsync("The token may no longer be valid.");
            await First.ShowsAsync("Error code 190/467");
            await First.ShowsAsync("reported by message-sender");
        }

        await First.OpenAsync("pages");
        await Expect(First.Row("Alpha")).ToContainTextAsync("checking since");
        await Expect(First.Row("Alpha").GetByText("Connected", new() { Exact = true })).ToHaveCountAsync(0);
        await First.ListsAsync("Alpha", "Beta", "Gamma");
        await First.Button("Tiếng Việt").ClickAsync();
        await First.ShowsAsync("Đang kiểm tra");
    }

    [Fact]
    public async Task The_inbox_of_a_suspect_page_has_no_lost_notice_until_the_page_is_lost()
    {
        await Merchant.ConnectThreeAsync();
        await OpenBothAsync("inbox");
        await First.IsAtInboxOfAsync("Alpha");

        await Merchant.ReportErrorAsync(Alpha, 190, 467, age: TimeSpan.FromMinutes(11));
        await Expect(First.Inbox("Alpha")).ToContainTextAsync("The page stays usable meanwhile.");
        await Expect(First.Button("Authorize again: Alpha")).ToBeVisibleAsync();
        await Expect(First.LostNotice).ToHaveCountAsync(0);
        await AssertTabsAgreeAsync();

        await Merchant.ReportSuccessAsync(Alpha);
        await Expect(First.Inbox("Alpha")).Not.ToContainTextAsync("The page stays usable meanwhile.");
        await Expect(First.Inbox("Alpha")).ToContainTextAsync("Connected");

        await Merchant.ReportErrorAsync(Alpha, 190, 458);
        await Expect(First.LostNotice).ToContainTextAsync("The connection to Alpha is lost");
    }
}
