using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The answer to "why was I disconnected?", as the console's History gives it.</summary>
public sealed class HistoryTests(ConsoleFixture console) : ConsoleTest(console)
{
    private ILocator Entries => One.Main.GetByRole(AriaRole.Listitem);

    [Fact]
    public async Task It_says_why_a_page_was_lost_what_the_provider_said_by_whom_it_was_told_and_how_long_the_page_was_out()
    {
        var page = Merchant.Facebook($"{MerchantId}-a");
        await Merchant.ConnectAsync(page, "Alpha");
        await One.OpenAsync("history");
        await Expect(Entries.First).ToContainTextAsync("by whom is not known");

        await LoseAsync(page);

        await Expect(Entries.First).ToContainTextAsync("Alpha");
        await Expect(Entries.First).ToContainTextAsync("The app's permission was removed at the provider.");
        await Expect(Entries.First).ToContainTextAsync("Error code 190/458 · observed ");
        await Expect(Entries.First).ToContainTextAsync("reported by webhook-receiver");
        await Expect(Entries.First).ToContainTextAsync("· by webhook-receiver");

        await RefuseAsync(page);
        await Expect(Entries.First).ToContainTextAsync("Consent was refused at the provider.");
        var lostAt = await MovedAtAsync(page, State.Revoked);
        await PassedAsync(lostAt + TimeSpan.FromSeconds(1));
        await Merchant.ConnectAsync(page, "Alpha");

        await Expect(Entries).ToContainTextAsync(
            ["Granted", "Page chosen", "Refused", "Page chosen", "Permission removed", "Granted", "Page chosen"]);
        var seconds = (int)(await MovedAtAsync(page, State.Connected) - lostAt).TotalSeconds;
        await Expect(Entries.First).ToContainTextAsync($"out for {(seconds == 1 ? "1 second" : $"{seconds} seconds")}");
        await Expect(One.Main.GetByText("out for")).ToHaveCountAsync(1);
    }

    private async Task LoseAsync(PageRef page) => await Client.Signals.ReportProviderErrorAsync(new()
    {
        MerchantId = MerchantId,
        Page = page,
        Code = 190,
        Subcode = 458,
        ObservedAt = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow),
        Actor = "webhook-receiver",
    });

    // An attempt to bring the page back that comes to nothing.
    private async Task RefuseAsync(PageRef page)
    {
        var session = await Merchant.RequestAsync(page, "Alpha", again: true);
        await Client.Connect.RefuseAsync(new() { MerchantId = MerchantId, SessionId = session, Actor = "console" });
    }

    private async Task<DateTimeOffset> MovedAtAsync(PageRef page, State to)
    {
        var history = await Client.Pages.ListChangesAsync(new() { MerchantId = MerchantId, Page = page, Limit = 1_000 });
        var moved = history.Changes.Last(change => change.Transition?.To == to).At.ToDateTimeOffset();
        return DateTimeOffset.FromUnixTimeMilliseconds(moved.ToUnixTimeMilliseconds());
    }

    // An outage is told in whole seconds: this one shall be of one at least.
    private static async Task PassedAsync(DateTimeOffset moment)
    {
        while (DateTimeOffset.UtcNow < moment)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }
}
