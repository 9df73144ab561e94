using ConnectionStateService.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The page picker: what the merchant has of each candidate, why one cannot be chosen, and accounts with thousands of pages.</summary>
[Collection(nameof(ConsoleOfConnecting))]
public sealed class ConsoleCandidateTests(ConsoleFixture console) : ConsoleTest(console)
{
    [Fact]
    public async Task The_picker_shows_what_the_merchant_has_of_each_page_and_why_one_cannot_be_chosen()
    {
        await Merchant.ConnectThreeAsync();
        await Merchant.ReportAsync(Page("c"), Signal.PermissionRevoked);
        await Client.Plans.SetPlanAsync(new() { MerchantId = MerchantId, Plan = Plan.Standard, BoughtPages = 3 });
        await Merchant.ConnectAsync(Page("d"), "Delta");
        await Client.Pages.DisconnectAsync(new() { MerchantId = MerchantId, Page = Page("d") });

        var session = await SubmitAsync(
            Candidate("a", "Alpha"), Candidate("c", "Gamma"), Candidate("d", "Delta"), Candidate("n", "New"),
            Candidate("low", "Low", PageRole.Analyst), Candidate("not an id", "Odd"));
        await First.OpenAsync($"session/{session}");

        await IsOfferedAsync("Gamma", "Permission removed In your list, connection lost", enabled: true);
        await IsOfferedAsync("Delta", "Disconnected You had it before", enabled: true);
        await IsOfferedAsync("New", "Can be chosen", enabled: true);
        await IsOfferedAsync("Alpha", "Connected In your list", enabled: false);
        await IsOfferedAsync("Alpha", "Already connected. The page list offers to authorize it again.", enabled: false);
        await IsOfferedAsync("Low", "Needs the role of Editor or higher", enabled: false);
        await IsOfferedAsync("Odd", "The id of this page at Facebook is not valid", enabled: false);
    }

    [Fact]
    public async Task A_page_among_5000_is_found_and_chosen()
    {
        var session = await SubmitAsync([.. Enumerable.Range(1, 5_000).Select(number => Candidate($"{number}", $"Trà số {number}"))]);
        await First.OpenAsync($"session/{session}");
        var rows = First.Tab.GetByRole(AriaRole.Radio);
        await First.ShowsAsync("50 of 5000 pages shown");
        await Expect(rows).ToHaveCountAsync(50);
        await First.Button("Show more").ClickAsync();
        await Expect(rows).ToHaveCountAsync(100);

        var filter = First.Named(AriaRole.Searchbox, "Find a page");
        await filter.FillAsync("tra so 4711");
        await First.ShowsAsync("2 of 5000 pages shown");
        await filter.PressAsync("Enter");
        await First.IsAtStepAsync("Choose a page");
        await First.ChooseAsync("Trà số 4711");

        await First.IsAtStepAsync("Consent");
        await First.ShowsAsync("Allow access to Trà số 4711?");
    }

    private PageRef Page(string id) => Merchant.Facebook($"{MerchantId}-{id}");

    private Candidate Candidate(string id, string name, PageRole role = PageRole.Admin) =>
        new() { PageId = $"{MerchantId}-{id}", Name = name, Role = role };

    private async Task<string> SubmitAsync(params Candidate[] candidates)
    {
        var session = (await Client.Connect.BeginConnectAsync(new() { MerchantId = MerchantId, Provider = Provider.Facebook })).Session.SessionId;
        await Client.Connect.SubmitAccountAsync(new()
        {
            MerchantId = MerchantId,
            SessionId = session,
            Account = new() { AccountId = "person", Name = "A Person", Personal = true },
            Candidates = { candidates },
        });
        return session;
    }

    private async Task IsOfferedAsync(string name, string text, bool enabled)
    {
        var candidate = First.Candidate(name);
        await Expect(candidate).ToHaveAccessibleNameAsync(new System.Text.RegularExpressions.Regex(System.Text.RegularExpressions.Regex.Escape(text)));
        await Expect(candidate).ToBeEnabledAsync(new() { Enabled = enabled });
    }
}
