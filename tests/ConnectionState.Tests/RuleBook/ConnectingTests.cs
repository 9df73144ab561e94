using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using static ConnectionStateService.V1.ConnectSession.Types;
using Eligibility = ConnectionStateService.V1.Candidate.Types.Eligibility;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Tests.RuleBook;

/// <summary>R1 to R8, through the public API.</summary>
public sealed class ConnectingTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly Shop shop = fixture.Service.NewShop();

    [Theory]
    [InlineData(Provider.Facebook)]
    [InlineData(Provider.Zalo)]
    public async Task R1_The_merchant_adds_a_connection_and_chooses_the_provider_first(Provider provider)
    {
        Assert.Empty((await shop.ListAsync()).Connections);

        var session = await shop.BeginAsync(provider);

        Assert.Equal(provider, session.Provider);
        Assert.Equal(session.SessionId, Assert.Single((await shop.ListAsync()).Sessions).SessionId);
    }

    [Fact]
    public async Task R2_Without_a_signed_in_account_the_step_is_sign_in()
    {
        var session = await shop.BeginAsync(Provider.Facebook);

        Assert.Equal(Step.SignIn, session.Step);
        Assert.Null(session.Account);
        await Shop.RefusedAsync(
            ErrorReason.StepNotAllowed, StatusCode.FailedPrecondition, () => shop.ChooseAsync(session, Shop.A.PageId));
    }

    [Fact]
    public async Task R3_Without_a_page_on_which_the_role_is_editor_the_step_is_permission_required()
    {
        var session = await shop.SignInAsync(
            await shop.BeginAsync(Provider.Facebook),
            Shop.Offer("1", PageRole.Analyst), Shop.Offer("2", PageRole.Advertiser), Shop.Offer("3", PageRole.Moderator));

        Assert.Equal(Step.Permission, session.Step);
        Assert.All(session.Candidates, c => Assert.Equal(Eligibility.RoleTooLow, c.Eligibility));
    }

    [Fact]
    public async Task R4_With_a_page_on_which_the_role_is_editor_the_step_is_choose_a_page()
    {
        var session = await shop.SignInAsync(
            await shop.BeginAsync(Provider.Facebook),
            Shop.Offer("1", PageRole.Moderator), Shop.Offer("2", PageRole.Editor), Shop.Offer("3", PageRole.Admin));

        Assert.Equal(Step.ChoosePage, session.Step);
        Assert.Equal(
            [Eligibility.RoleTooLow, Eligibility.Eligible, Eligibility.Eligible], session.Candidates.Select(c => c.Eligibility));
    }

    [Fact]
    public async Task R5_On_Zalo_the_merchant_must_agree_to_messages_before_it_can_allow()
    {
        var session = await shop.RequestAsync(Shop.Oa);
        Assert.Equal(Step.Consent, session.Step);

        var refused = await Shop.RefusedAsync(
            ErrorReason.ConsentRequired, StatusCode.FailedPrecondition, () => shop.GrantAsync(session, consent: false));
        Assert.Equal("messaging_consent", refused.Metadata["missing"]);
        Assert.Equal(State.Pending, (await shop.FindAsync(Shop.Oa)).State);

        Assert.Equal(State.Connected, (await shop.GrantAsync(session, consent: true)).Connection.State);
    }

    [Fact]
    public async Task R6_After_success_the_connection_is_connected_and_the_page_is_shown()
    {
        var session = await shop.RequestAsync(Shop.A);

        var granted = await shop.GrantAsync(session, consent: false);

        Assert.Equal((Step.Connected, State.Connected), (granted.Session.Step, granted.Connection.State));
        Assert.Equal(granted.Connection, Assert.Single((await shop.ListAsync()).Connections));
        Assert.Equal("The page page-a", granted.Connection.PageName);
    }

    [Fact]
    public async Task R7_The_account_must_be_a_personal_one()
    {
        var session = await shop.BeginAsync(Provider.Facebook);

        var refused = await Shop.RefusedAsync(ErrorReason.AccountNotPersonal, StatusCode.FailedPrecondition, () =>
            fixture.Service.Client.Connect.SubmitAccountAsync(new()
            {
                MerchantId = shop.Id,
                SessionId = session.SessionId,
                Account = new() { AccountId = "business-1", Name = "A Business", Personal = false },
                Candidates = { Shop.Offer("1", PageRole.Admin) },
            }).ResponseAsync);

        Assert.Equal("business-1", refused.Metadata["account_id"]);
        Assert.Equal(Step.SignIn, (await shop.SessionAsync(session)).Step);
    }

    [Fact]
    public async Task R7_The_role_on_the_chosen_page_must_be_editor_or_higher()
    {
        var session = await shop.SignInAsync(
            await shop.BeginAsync(Provider.Facebook), Shop.Offer("1", PageRole.Moderator), Shop.Offer("2", PageRole.Editor));

        var refused = await Shop.RefusedAsync(
            ErrorReason.PageRoleTooLow, StatusCode.FailedPrecondition, () => shop.ChooseAsync(session, "1"));

        Assert.Equal(("MODERATOR", "EDITOR"), (refused.Metadata["role"], refused.Metadata["needed"]));
        Assert.Empty((await shop.ListAsync()).Connections);
    }

    [Fact]
    public async Task R8_Refusing_on_the_consent_page_leaves_everything_else_as_it_was()
    {
        await shop.ConnectAsync(Shop.B);
        var before = await shop.ListAsync();
        var session = await shop.RequestAsync(Shop.A);

        var refused = await shop.RefuseAsync(session);

        Assert.Equal((Step.Refused, State.Refused), (refused.Session.Step, refused.Connection.State));
        Assert.Equal(Cause.ConsentRefused, refused.Connection.Cause);
        var after = await shop.ListAsync();
        Assert.Equal(before.Connections, after.Connections);
        Assert.Equal(before.Quota, after.Quota);
        Assert.Empty(after.Sessions);
    }
}
