using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>R1 to R8, through the console.</summary>
public sealed class ConnectingRulesTests(ConsoleFixture console) : ConsoleTest(console)
{
    private const string Fanpage = "Facebook Fanpage";
    private const string OfficialAccount = "Zalo Official Account";
    private const string Lan = "Nguyễn Thị Lan";
    private const string Minh = "Trần Văn Minh";

    [Fact]
    public async Task R1_Who_adds_a_connection_first_chooses_the_provider()
    {
        await OpenBothAsync("pages");

        await One.Button("Add a page").ClickAsync();

        await Expect(One.Title).ToHaveTextAsync("Add a page");
        await Expect(One.Choice(Fanpage)).ToBeEnabledAsync();
        await One.Choice(OfficialAccount).ClickAsync();
        await Expect(One.Title).ToContainTextAsync($"Connect a {OfficialAccount}");
        await Other.ShowsAsync("Connecting Zalo");
        await Other.Link("Continue").ClickAsync();
        await AgreeAsync();
    }

    [Theory]
    [InlineData(Fanpage, "Sign in at Facebook")]
    [InlineData(OfficialAccount, "Sign in at Zalo")]
    public async Task R2_Without_an_account_the_step_is_to_sign_in(string kindOfPage, string told)
    {
        await BeginTogetherAsync(kindOfPage);

        await One.IsAtStepAsync("Sign in");
        await One.ShowsAsync(told);
        await One.IsCalledAsync($"Connect a {kindOfPage}: Sign in");
        await Expect(One.Main).ToBeFocusedAsync();
        await AgreeAsync();
    }

    [Fact]
    public async Task R3_Pages_are_offered_to_an_Editor_or_higher_and_with_none_permission_is_required()
    {
        await BeginTogetherAsync(Fanpage);

        await One.SignInAsync(Minh, "Facebook");

        await One.IsAtStepAsync("Permission required");
        await One.ShowsAsync("Editor or higher on none of its pages");
        await One.BeginsAtAsync("Connect a Facebook Fanpage: Permission required");
        await AgreeAsync();

        await One.SignInAsync(Lan, "Facebook");

        await Expect(One.Candidate("Hoa Sen Flowers")).ToBeEnabledAsync();
        await Expect(One.Candidate("Hoa Sen Gifts")).ToBeEnabledAsync();
        await Expect(One.Candidate("Flower Market Weekly")).ToBeDisabledAsync();
        await One.ShowsAsync("Needs the role of Editor or higher");
        await One.BeginsAtAsync("Connect a Facebook Fanpage: Choose a page");
        await AgreeAsync();
    }

    [Fact]
    public async Task R4_With_pages_to_offer_the_step_is_to_choose_one()
    {
        await BeginTogetherAsync(Fanpage);

        await One.SignInAsync(Lan, "Facebook");

        await One.IsAtStepAsync("Choose a page");
        await AgreeAsync();

        await One.ChooseAsync("Hoa Sen Gifts");

        await One.IsAtStepAsync("Consent");
        await One.ShowsAsync("Allow access to Hoa Sen Gifts?");
        await One.BeginsAtAsync("Connect a Facebook Fanpage: Consent");
        await AgreeAsync();
    }

    [Fact]
    public async Task R5_Zalo_takes_no_Allow_without_the_consent_to_messages()
    {
        await BeginTogetherAsync(OfficialAccount);
        await One.SignInAsync(Lan, "Zalo");
        await One.ChooseAsync("Hoa Sen OA");

        await One.Button("Allow").ClickAsync();

        await One.ShowsAsync("Please agree to messages being sent");
        await One.IsAtStepAsync("Consent");
        await AgreeAsync();

        await One.Tab.GetByRole(Microsoft.Playwright.AriaRole.Checkbox, new() { Name = "I agree to messages" }).CheckAsync();
        await One.Button("Allow").ClickAsync();

        await One.BeginsAtAsync("Connected successfully");
        await AgreeAsync();
    }

    [Fact]
    public async Task R6_Success_is_told_and_the_page_is_shown_as_connected()
    {
        await ConnectTogetherAsync("Hoa Sen Flowers");

        await One.BeginsAtAsync("Connected successfully");
        await AgreeAsync();
        await One.Button("Tiếng Việt").ClickAsync();
        await Expect(One.Title).ToHaveTextAsync("Kết nối thành công");
        await One.IsCalledAsync("Kết nối thành công");
        await One.Button("English").ClickAsync();

        await One.Link("Open inbox").ClickAsync();
        await One.IsAtInboxOfAsync("Hoa Sen Flowers");
        await One.Section("Pages").ClickAsync();
        await Other.Section("Pages").ClickAsync();
        await One.ListsInStateAsync("Hoa Sen Flowers", "Connected");
        await AgreeAsync();
    }

    [Fact]
    public async Task R7_The_account_must_be_personal_and_Editor_or_higher_on_the_page()
    {
        await BeginTogetherAsync(Fanpage);

        await One.SignInAsync("Hoa Sen Co., Ltd.", "Facebook");

        await One.SaysAsync("The account must be a personal one.");
        await One.IsAtStepAsync("Sign in");
        await AgreeAsync();

        await One.SignInAsync(Minh, "Facebook");
        await One.IsAtStepAsync("Permission required");
        await One.Named(Microsoft.Playwright.AriaRole.Combobox, "Role on Hoa Sen Flowers").SelectOptionAsync("Editor");
        await One.Button("Sign in: Facebook").ClickAsync();

        await One.IsAtStepAsync("Choose a page");
        await Expect(One.Candidate("Hoa Sen Flowers")).ToBeEnabledAsync();
        await Expect(One.Candidate("Flower Market Weekly")).ToBeDisabledAsync();
        await AgreeAsync();
    }

    [Fact]
    public async Task R8_Refusing_ends_the_attempt_and_changes_nothing_else()
    {
        await Merchant.ConnectAsync(Merchant.Zalo($"{MerchantId}-before"), "There before");
        await BeginTogetherAsync(Fanpage);
        await One.SignInAsync(Lan, "Facebook");
        await One.ChooseAsync("Hoa Sen Flowers");

        await One.Button("Refuse").ClickAsync();

        await Expect(One.Title).ToHaveTextAsync("You refused");
        await AgreeAsync();
        await One.Section("Pages").ClickAsync();
        await Other.Section("Pages").ClickAsync();
        await One.ListsAsync("There before");
        await One.ListsInStateAsync("There before", "Connected");
        await One.ShowsAsync("1 of 3 pages used");
        await AgreeAsync();
    }

    private async Task ConnectTogetherAsync(string pageName)
    {
        await BeginTogetherAsync(Fanpage);
        await One.SignInAsync(Lan, "Facebook");
        await One.ChooseAsync(pageName);
        await One.Button("Allow").ClickAsync();
    }
}
