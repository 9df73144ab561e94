using ConnectionStateService.V1;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>Reconnecting a lost page and authorizing a page again that works: nothing about it changes until the provider grants access.</summary>
[Collection(nameof(ConsoleOfConnecting))]
public sealed class ConsoleReconnectTests(ConsoleFixture console) : ConsoleTest(console)
{
    private const string Lan = "Nguyễn Thị Lan";

    private PageRef Alpha => Merchant.Facebook($"{MerchantId}-a");

    [Fact]
    public async Task A_lost_page_stays_as_it_is_while_it_is_reconnected_and_after_a_refusal()
    {
        await Merchant.ConnectThreeAsync();
        await Merchant.ReportAsync(Alpha, Signal.TokenExpired);
        await OpenBothAsync("pages");
        await First.ClickForPageAsync("Reconnect", "Alpha");
        await First.ShowsAsync("You are reconnecting Alpha. Until you allow it, nothing about the page changes.");
        await First.SignInAsync(Lan, "Facebook");
        await First.ShowsAsync("This attempt is for another page");
        await First.ChooseAsync("Alpha");
        await First.IsAtStepAsync("Consent");

        await Second.ShowsAsync("Connecting Facebook: Alpha");
        await Second.ListsAsync("Alpha", "Beta", "Gamma");
        await Second.ListsInStateAsync("Alpha", "Expired");
        await Expect(Second.Link("Continue: Alpha")).ToBeVisibleAsync();

        await First.Button("Refuse").ClickAsync();

        await Expect(First.Title).ToHaveTextAsync("You refused");
        await First.ShowsAsync("Nothing has changed: Alpha is in your list as before.");
        await Second.ListsAsync("Alpha", "Beta", "Gamma");
        await Second.ListsInStateAsync("Alpha", "Expired");
        await Expect(Second.Button("Reconnect: Alpha")).ToBeVisibleAsync();
    }

    [Fact]
    public async Task A_page_that_works_is_authorized_again_and_keeps_its_place()
    {
        await Merchant.ConnectThreeAsync();
        var before = await Merchant.GetAsync(Alpha);
        await OpenBothAsync("pages");

        await First.ClickForPageAsync("Authorize again", "Alpha");
        await First.SignInAsync(Lan, "Facebook");
        await First.ChooseAsync("Alpha");
        await Second.ListsInStateAsync("Alpha", "Connected");
        await First.Button("Allow").ClickAsync();

        await First.HasFocusedHeadingAsync("Connected successfully");
        await Second.ListsAsync("Alpha", "Beta", "Gamma");
        var after = await Merchant.GetAsync(Alpha);
        Assert.NotEqual(before.GrantId, after.GrantId);
        Assert.Equal("fb.lan", after.AccountId);
        Assert.Equal(before.StateSince, after.StateSince);
    }

    [Fact]
    public async Task A_grant_through_one_session_ends_the_other_one_for_the_same_page_as_connected()
    {
        await Merchant.ConnectThreeAsync();
        var sessions = new[] { await Merchant.RequestAsync(Alpha, "Alpha", again: true), await Merchant.RequestAsync(Alpha, "Alpha", again: true) };
        await First.OpenAsync($"session/{sessions[0]}");
        await Second.OpenAsync($"session/{sessions[1]}");
        await Second.IsAtStepAsync("Consent");

        await First.Button("Allow").ClickAsync();

        await First.HasFocusedHeadingAsync("Connected successfully");
        await Second.HasFocusedHeadingAsync("Connected successfully");
    }

    [Fact]
    public async Task An_account_without_the_page_to_reconnect_is_asked_to_sign_in_again()
    {
        await Merchant.ConnectThreeAsync();
        var begun = await Client.Connect.BeginConnectAsync(
            new() { MerchantId = MerchantId, Provider = Provider.Facebook, ReconnectPageId = Alpha.PageId });
        await Client.Connect.SubmitAccountAsync(new()
        {
            MerchantId = MerchantId,
            SessionId = begun.Session.SessionId,
            Account = new() { AccountId = "person", Name = "A Person", Personal = true },
            Candidates = { new Candidate { PageId = "another", Name = "Another", Role = PageRole.Admin } },
        });
        await First.OpenAsync($"session/{begun.Session.SessionId}");

        await First.ShowsAsync("This account cannot give access to Alpha.");
        await Expect(First.Candidate("Another")).ToBeDisabledAsync();
        await Expect(First.Button("Choose this page")).ToBeDisabledAsync();

        await First.SignInAsync(Lan, "Facebook");
        await First.ChooseAsync("Alpha");
        await First.IsAtStepAsync("Consent");
    }
}
