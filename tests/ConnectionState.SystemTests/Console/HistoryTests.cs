using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The History screen answers "why was I disconnected?".</summary>
[Collection(nameof(ConsoleOfPages))]
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

        var grantId = (await Merchant.GetAsync(page)).GrantId;
        await ReportErrorAsync(page, grantId);

        await Expect(Entries.First).ToContainTextAsync("Alpha");
        await Expect(Entries.First).ToContainTextAsync("The app's permission was removed at Facebook.");
        await Expect(Entries.First).ToContainTextAsync("Provider error · Error code 190/458 · The user removed the app · observed ");
        await Expect(Entries.First).ToContainTextAsync("reported by webhook-receiver");
        await Expect(Entries.First).ToContainTextAsync($"· by webhook-receiver · Grant {grantId}");

        await RefuseAsync(page);
        var lostAt = await TransitionTimeAsync(page, State.Revoked);
        await WaitUntilAsync(lostAt + TimeSpan.FromSeconds(1));
        await Merchant.ConnectAsync(page, "Alpha");

        await Expect(Entries).ToContainTextAsync(
            ["Granted", "Permission removed", "Granted", "Page chosen"]);
        await Expect(Entries.First).ToContainTextAsync($"Grant {(await Merchant.GetAsync(page)).GrantId}");
        Assert.NotEqual(grantId, (await Merchant.GetAsync(page)).GrantId);
        var seconds = (int)(await TransitionTimeAsync(page, State.Connected) - lostAt).TotalSeconds;
        await Expect(Entries.First).ToContainTextAsync($"out for {(seconds == 1 ? "1 second" : $"{seconds} seconds")}");
        await Expect(First.Main.GetByText("out for")).ToHaveCountAsync(1);
    }

    [Fact]
    public async Task History_shows_why_a_page_was_checked_and_that_it_works_again()
    {
        var page = Merchant.Facebook($"{MerchantId}-a");
        await Merchant.ConnectAsync(page, "Alpha");
        await First.OpenAsync("history");

        await Merchant.ReportErrorAsync(page, 190, 467);
        await Expect(Entries.First).ToContainTextAsync("Checking");
        await Expect(Entries.First).ToContainTextAsync("The token may no longer be valid.");
        await Expect(Entries.First).ToContainTextAsync("Provider error · Error code 190/467 · The token is invalid · observed ");
        await Expect(Entries.First).ToContainTextAsync("reported by message-sender");

        await Merchant.ReportSuccessAsync(page);
        await Expect(Entries.First).ToContainTextAsync("Works");
        await Expect(Entries.First).ToContainTextAsync("A call succeeded · observed ");

        await Merchant.ReportErrorAsync(page, 190, 458);
        await Expect(Entries.First).ToContainTextAsync("Permission removed");
        await Merchant.ReportSuccessAsync(page);
        await Expect(Entries.First).ToContainTextAsync("Works again");
        await Expect(Entries.First).ToContainTextAsync("A call succeeded");
        await Expect(Entries.First).ToContainTextAsync("out for");
        await Expect(Entries.First).ToContainTextAsync($"Grant {(await Merchant.GetAsync(page)).GrantId}");
    }

    private async Task ReportErrorAsync(PageRef page, string grantId) => await Client.Signals.ReportProviderErrorAsync(new()
    {
        MerchantId = MerchantId,
        Page = page,
        Code = 190,
        Subcode = 458,
        ObservedAt = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow),
        GrantId = grantId,
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
