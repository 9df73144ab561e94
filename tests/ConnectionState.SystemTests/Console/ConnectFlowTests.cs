using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The screens of a connect session, once each (R1 to R8, R19). The rules themselves are tested in Core and RuleBook.</summary>
[Collection(nameof(ConsoleOfConnecting))]
public sealed class ConnectFlowTests(ConsoleFixture console) : ConsoleTest(console)
{
    private const string Fanpage = "Facebook Fanpage";
    private const string OfficialAccount = "Zalo Official Account";
    private const string Lan = "Nguyễn Thị Lan";
    private const string Minh = "Trần Văn Minh";

    [Fact]
    public async Task R1_R2_R3_R4_R6_A_Facebook_page_is_connected_from_the_page_list_to_its_inbox_and_a_second_tab_shows_the_same()
    {
        await OpenBothAsync("pages");
        await First.Button("Add a page").ClickAsync();
        await Expect(First.Title).ToHaveTextAsync("Add a page");
        await Expect(First.Choice(OfficialAccount)).ToBeEnabledAsync();
        await First.Choice(Fanpage).ClickAsync();
        await Second.ShowsAsync("Connecting Facebook");
        await Second.Link("Continue").ClickAsync();
        await First.IsAtStepAsync("Sign in");
        await First.HasTitleAsync($"Connect a {Fanpage}: Sign in");
        await AssertTabsAgreeAsync();

        await First.SignInAsync(Lan, "Facebook");
        await First.IsAtStepAsync("Choose a page");
        await First.HasFocusedHeadingAsync($"Connect a {Fanpage}: Choose a page");
        await Expect(First.Candidate("Hoa Sen Gifts")).ToBeEnabledAsync();
        await Expect(First.Candidate("Flower Market Weekly")).ToBeDisabledAsync();
        await First.ShowsAsync("Needs the role of Editor or higher");
        await AssertTabsAgreeAsync();

        await First.ChooseAsync("Hoa Sen Flowers");
        await First.IsAtStepAsync("Consent");
        await First.ShowsAsync("Allow access to Hoa Sen Flowers?");
        await AssertTabsAgreeAsync();

        await First.Button("Allow").ClickAsync();
        await First.HasFocusedHeadingAsync("Connected successfully");
        await AssertTabsAgreeAsync();
        await First.Button("Tiếng Việt").ClickAsync();
        await Expect(First.Title).ToHaveTextAsync("Kết nối thành công");
        await First.Button("English").ClickAsync();
        await First.Link("Open inbox").ClickAsync();
        await First.IsAtInboxOfAsync("Hoa Sen Flowers");
    }

    [Fact]
    public async Task R5_The_consent_screen_of_Zalo_does_not_send_Allow_without_the_message_consent()
    {
        await BeginTogetherAsync(OfficialAccount);
        await First.SignInAsync(Lan, "Zalo");
        await First.ChooseAsync("Hoa Sen OA");

        await First.Button("Allow").ClickAsync();
        await First.ShowsAsync("Please agree to messages being sent");
        await First.IsAtStepAsync("Consent");

        await First.Tab.GetByRole(AriaRole.Checkbox, new() { Name = "I agree to messages" }).CheckAsync();
        await First.Button("Allow").ClickAsync();
        await First.HasFocusedHeadingAsync("Connected successfully");
        await AssertTabsAgreeAsync();
    }

    [Fact]
    public async Task R3_R7_The_sign_in_screen_reports_a_company_account_and_an_account_without_permission()
    {
        await BeginTogetherAsync(Fanpage);

        await First.SignInAsync("Hoa Sen Co., Ltd.", "Facebook");
        await First.ShowsAsync("The account must be a personal one.");
        await Expect(First.Notices).ToBeEmptyAsync();
        await First.IsAtStepAsync("Sign in");

        await First.SignInAsync(Minh, "Facebook");
        await First.IsAtStepAsync("Permission required");
        await First.ShowsAsync("Editor or higher on none of its pages");
        await First.HasFocusedHeadingAsync($"Connect a {Fanpage}: Permission required");
        await AssertTabsAgreeAsync();
    }

    [Fact]
    public async Task R8_Refuse_on_the_consent_screen_ends_the_session_and_changes_no_other_page()
    {
        await Merchant.ConnectAsync(Merchant.Zalo($"{MerchantId}-before"), "There before");
        await BeginTogetherAsync(Fanpage);
        await First.SignInAsync(Lan, "Facebook");
        await First.ChooseAsync("Hoa Sen Flowers");

        await First.Button("Refuse").ClickAsync();

        await Expect(First.Title).ToHaveTextAsync("You refused");
        await AssertTabsAgreeAsync();
        await First.Section("Pages").ClickAsync();
        await First.ListsAsync("There before");
        await First.ListsInStateAsync("There before", "Connected");
        await First.ShowsAsync("1 of 3 pages used");
    }

    [Fact]
    public async Task R19_Choosing_a_page_that_was_deleted_meanwhile_shows_the_lost_notice()
    {
        await Merchant.ConnectThreeAsync();
        var gamma = Merchant.Facebook($"{MerchantId}-c");
        await Merchant.ReportAsync(gamma, V1.Signal.PermissionRevoked);
        await OpenBothAsync("pages");
        await First.ClickForPageAsync("Reconnect", "Gamma");
        await Second.Link("Continue").ClickAsync();
        await First.SignInAsync(Lan, "Facebook");
        await First.IsAtStepAsync("Choose a page");
        await Merchant.ReportAsync(gamma, V1.Signal.PageDeleted);
        await First.ShowsAsync("The page was deleted at Facebook");

        await First.ChooseAsync("Gamma");

        await Expect(First.Title).ToHaveTextAsync("The page could not be connected: it was deleted");
        await Expect(First.LostNotice).ToContainTextAsync("The page was deleted at Facebook.");
        await AssertTabsAgreeAsync();
        await First.AcknowledgeLossAsync();
        await First.IsAtInboxOfAsync("Alpha");
        await AssertTabsAgreeAsync();
    }
}
