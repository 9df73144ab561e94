using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The History screen answers "why was I disconnected?".</summary>
public sealed class HistoryTests(ConsoleFixture console) : ConsoleTest(console)
{
    private ILocator Entries => First.Main.GetByRole(AriaRole.Listitem);

    [Fact]
    public async Task History_shows_the_cause_the_provider_error_the_reporter_and_the_length_of_an_outage()
    {
        var page = Merchant.Facebook($"{MerchantId}-a");
        await Merchant.ConnectAsync(page, "Alpha");
        await First.OpenAsync("history");
        await Expect(Entries.First).ToContainTextAsync("by whom is not known");

        await ReportErrorAsync(page);

        await Expect(Entries.First).ToContainTextAsync("Alpha");
        await Expect(Entries.First).ToContainTextAsync("The app's permission was removed at the provider.");
        await Expect(Entries.First).ToContainTextAsync("Error code 190/458 · observed ");
        await Expect(Entries.First).ToContainTextAsync("reported by webhook-receiver");
        await Expect(Entries.First).ToContainTextAsync("· by webhook-receiver");

        await RefuseAsync(page);
        await Expect(Entries.First).ToContainTextAsync("Consent was refused at the provider.");
        var lostAt = await TransitionTimeAsync(page, State.Revoked);
        await WaitUntilAsync(lostAt + TimeSpan.FromSeconds(1));
        await Merchant.ConnectAsync(page, "Alpha");

        await Expect(Entries).ToContainTextAsync(
            ["Granted", "Page chosen", "Refused", "Page chosen", "Permission removed", "Granted", "Page chosen"]);
        var seconds = (int)(await TransitionTimeAsync(page, State.Connected) - lostAt).TotalSeconds;
        await Expect(Entries.First).ToContainTextAsync($"out for {(seconds == 1 ? "1 second" : $"{seconds} seconds")}");
        await Expect(First.Main.GetByText("out for")).ToHaveCountAsync(1);
    }

    private async Task ReportErrorAsync(PageRef page) => await Client.Signals.ReportProviderErrorAsync(new()
    {
        MerchantId = MerchantId,
        Page = page,
        Code = 190,
        Subcode = 458,
        ObservedAt = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow),
        Actor = "webhook-receiver",
    });

    // An attempt to reconnect that is refused.
    private async Task RefuseAsync(PageRef page)
    {
        var session = await Merchant.RequestAsync(page, "Alpha", again: true);
        await Client.Connect.RefuseAsync(new() { MerchantId = MerchantId, SessionId = session, Actor = "console" });
    }

    private async Task<DateTimeOffset> TransitionTimeAsync(PageRef page, State to)
    {
        var history = await Client.Pages.ListChangesAsync(new() { MerchantId = MerchantId, Page = page, Limit = 1_000 });
        var moved = history.Changes.Last(change => change.Transition?.To == to).At.ToDateTimeOffset();
        return DateTimeOffset.FromUnixTimeMilliseconds(moved.ToUnixTimeMilliseconds());
    }

    // The outage is shown in whole seconds: it must be at least one.
    private static async Task WaitUntilAsync(DateTimeOffset moment)
    {
        while (DateTimeOffset.UtcNow < moment)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }
}
