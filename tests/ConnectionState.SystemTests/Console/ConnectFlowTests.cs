using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The screens of a connect session, once each (R1 to R8, R19). The rules themselves are tested in Core and RuleBook.</summary>
public sealed class ConnectFlowTests(ConsoleFixture console) : ConsoleTest(console)
{
    private const string Fanpage = "Facebook Fanpage";
    private const string OfficialAccount = "Zalo Official Account";
    private const string Lan = "Nguyễn Thị Lan";
    private const string Minh = "Trần Văn Minh";

    [Fact]
    public async Task A_Facebook_page_is_connected_from_the_page_list_to_its_inbox_and_a_second_tab_shows_the_same()
    {
        await OpenBothAsync("pages");
        await One.Button("Add a page").ClickAsync();
        await Expect(One.Title).ToHaveTextAsync("Add a page");
        await Expect(One.Choice(OfficialAccount)).ToBeEnabledAsync();
        await One.Choice(Fanpage).ClickAsync();
        await Other.ShowsAsync("Connecting Facebook");
        await Other.Link("Continue").ClickAsync();
        await One.IsAtStepAsync("Sign in");
        await One.IsCalledAsync($"Connect a {Fanpage}: Sign in");
        await AgreeAsync();

        await One.SignInAsync(Lan, "Facebook");
        await One.IsAtStepAsync("Choose a page");
        await One.BeginsAtAsync($"Connect a {Fanpage}: Choose a page");
        await Expect(One.Candidate("Hoa Sen Gifts")).ToBeEnabledAsync();
        await Expect(One.Candidate("Flower Market Weekly")).ToBeDisabledAsync();
        await One.ShowsAsync("Needs the role of Editor or higher");
        await AgreeAsync();

        await One.ChooseAsync("Hoa Sen Flowers");
        await One.IsAtStepAsync("Consent");
        await One.ShowsAsync("Allow access to Hoa Sen Flowers?");
        await AgreeAsync();

        await One.Button("Allow").ClickAsync();
        await One.BeginsAtAsync("Connected successfully");
        await AgreeAsync();
        await One.Button("Tiếng Việt").ClickAsync();
        await Expect(One.Title).ToHaveTextAsync("Kết nối thành công");
        await One.Button("English").ClickAsync();
        await One.Link("Open inbox").ClickAsync();
        await One.IsAtInboxOfAsync("Hoa Sen Flowers");
    }

    [Fact]
    public async Task The_consent_screen_of_Zalo_does_not_send_Allow_without_the_message_consent()
    {
        await BeginTogetherAsync(OfficialAccount);
        await One.SignInAsync(Lan, "Zalo");
        await One.ChooseAsync("Hoa Sen OA");

        await One.Button("Allow").ClickAsync();
        await One.ShowsAsync("Please agree to messages being sent");
        await One.IsAtStepAsync("Consent");

        await One.Tab.GetByRole(AriaRole.Checkbox, new() { Name = "I agree to messages" }).CheckAsync();
        await One.Button("Allow").ClickAsync();
        await One.BeginsAtAsync("Connected successfully");
        await AgreeAsync();
    }

    [Fact]
    public async Task The_sign_in_screen_reports_a_company_account_and_an_account_without_permission()
    {
        await BeginTogetherAsync(Fanpage);

        await One.SignInAsync("Hoa Sen Co., Ltd.", "Facebook");
        await One.SaysAsync("The account must be a personal one.");
        await One.IsAtStepAsync("Sign in");

        await One.SignInAsync(Minh, "Facebook");
        await One.IsAtStepAsync("Permission required");
        await One.ShowsAsync("Editor or higher on none of its pages");
        await One.BeginsAtAsync($"Connect a {Fanpage}: Permission required");
        await AgreeAsync();
    }

    [Fact]
    public async Task Refuse_on_the_consent_screen_ends_the_session_and_changes_no_other_page()
    {
        await Merchant.ConnectAsync(Merchant.Zalo($"{MerchantId}-before"), "There before");
        await BeginTogetherAsync(Fanpage);
        await One.SignInAsync(Lan, "Facebook");
        await One.ChooseAsync("Hoa Sen Flowers");

        await One.Button("Refuse").ClickAsync();

        await Expect(One.Title).ToHaveTextAsync("You refused");
        await AgreeAsync();
        await One.Section("Pages").ClickAsync();
        await One.ListsAsync("There before");
        await One.ListsInStateAsync("There before", "Connected");
        await One.ShowsAsync("1 of 3 pages used");
    }

    [Fact]
    public async Task Choosing_a_page_that_was_deleted_meanwhile_shows_the_lost_notice()
    {
        await Merchant.ConnectThreeAsync();
        var gamma = Merchant.Facebook($"{MerchantId}-c");
        await Merchant.ReportAsync(gamma, V1.Signal.PermissionRevoked);
        await OpenBothAsync("pages");
        await One.DoAsync("Reconnect", "Gamma");
        await Other.Link("Continue").ClickAsync();
        await One.SignInAsync(Lan, "Facebook");
        await One.IsAtStepAsync("Choose a page");
        await Merchant.ReportAsync(gamma, V1.Signal.PageDeleted);
        await One.ShowsAsync("Reported as deleted at the provider");

        await One.ChooseAsync("Gamma");

        await Expect(One.Title).ToHaveTextAsync("The page was lost before it was connected");
        await Expect(One.LostNotice).ToContainTextAsync("The page was deleted at the provider.");
        await AgreeAsync();
        await One.UnderstandAsync();
        await One.IsAtInboxOfAsync("Alpha");
        await AgreeAsync();
    }
}
