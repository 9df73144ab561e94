using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using static ConnectionStateService.V1.ConnectSession.Types;
using Eligibility = ConnectionStateService.V1.Candidate.Types.Eligibility;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Tests.RuleBook;

/// <summary>Rules R1 to R8, through the public API.</summary>
public sealed class ConnectingTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly ApiMerchant merchant = fixture.Service.NewMerchant();

    [Theory]
    [InlineData(Provider.Facebook)]
    [InlineData(Provider.Zalo)]
    public async Task R1_BeginConnect_begins_a_session_for_the_chosen_provider(Provider provider)
    {
        Assert.Empty((await merchant.ListAsync()).Connections);

        var session = await merchant.BeginAsync(provider);

        Assert.Equal(provider, session.Provider);
        Assert.Equal(session.SessionId, Assert.Single((await merchant.ListAsync()).Sessions).SessionId);
    }

    [Fact]
    public async Task R2_A_session_without_an_account_is_at_SIGN_IN()
    {
        var session = await merchant.BeginAsync(Provider.Facebook);

        Assert.Equal(Step.SignIn, session.Step);
        Assert.Null(session.Account);
        await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.StepNotAllowed, StatusCode.FailedPrecondition, () => merchant.ChooseAsync(session, ApiMerchant.A.PageId));
    }

    [Fact]
    public async Task R3_A_session_whose_account_is_editor_of_no_page_is_at_PERMISSION()
    {
        var session = await merchant.SignInAsync(
            await merchant.BeginAsync(Provider.Facebook),
            ApiMerchant.Offer("1", PageRole.Analyst), ApiMerchant.Offer("2", PageRole.Advertiser), ApiMerchant.Offer("3", PageRole.Moderator));

        Assert.Equal(Step.Permission, session.Step);
        Assert.All(session.Candidates, c => Assert.Equal(Eligibility.RoleTooLow, c.Eligibility));
    }

    [Fact]
    public async Task R4_A_session_whose_account_is_editor_of_a_page_is_at_CHOOSE_PAGE()
    {
        var session = await merchant.SignInAsync(
            await merchant.BeginAsync(Provider.Facebook),
            ApiMerchant.Offer("1", PageRole.Moderator), ApiMerchant.Offer("2", PageRole.Editor), ApiMerchant.Offer("3", PageRole.Admin));

        Assert.Equal(Step.ChoosePage, session.Step);
        Assert.Equal(
            [Eligibility.RoleTooLow, Eligibility.Eligible, Eligibility.Eligible], session.Candidates.Select(c => c.Eligibility));
    }

    [Fact]
    public async Task R5_Grant_on_Zalo_requires_messaging_consent()
    {
        var session = await merchant.RequestAsync(ApiMerchant.Oa);
        Assert.Equal(Step.Consent, session.Step);

        var refused = await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.ConsentRequired, StatusCode.FailedPrecondition, () => merchant.GrantAsync(session, consent: false));
        Assert.Equal("messaging_consent", refused.Metadata["missing"]);
        Assert.Equal(State.Pending, (await merchant.FindAsync(ApiMerchant.Oa)).State);

        Assert.Equal(State.Connected, (await merchant.GrantAsync(session, consent: true)).Connection.State);
    }

    [Fact]
    public async Task R6_After_Grant_the_connection_is_connected_and_listed()
    {
        var session = await merchant.RequestAsync(ApiMerchant.A);

        var granted = await merchant.GrantAsync(session, consent: false);

        Assert.Equal((Step.Connected, State.Connected), (granted.Session.Step, granted.Connection.State));
        Assert.Equal(granted.Connection, Assert.Single((await merchant.ListAsync()).Connections));
        Assert.Equal("The page page-a", granted.Connection.PageName);
    }

    [Fact]
    public async Task R7_SubmitAccount_refuses_an_account_that_is_not_personal()
    {
        var session = await merchant.BeginAsync(Provider.Facebook);

        var refused = await ApiMerchant.ExpectRefusedAsync(ErrorReason.AccountNotPersonal, StatusCode.FailedPrecondition, () =>
            fixture.Service.Client.Connect.SubmitAccountAsync(new()
            {
                MerchantId = merchant.Id,
                SessionId = session.SessionId,
                Account = new() { AccountId = "business-1", Name = "A Business", Personal = false },
                Candidates = { ApiMerchant.Offer("1", PageRole.Admin) },
            }).ResponseAsync);

        Assert.Equal("business-1", refused.Metadata["account_id"]);
        Assert.Equal(Step.SignIn, (await merchant.SessionAsync(session)).Step);
    }

    [Fact]
    public async Task R7_ChoosePage_refuses_a_page_with_a_role_below_editor()
    {
        var session = await merchant.SignInAsync(
            await merchant.BeginAsync(Provider.Facebook), ApiMerchant.Offer("1", PageRole.Moderator), ApiMerchant.Offer("2", PageRole.Editor));

        var refused = await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.PageRoleTooLow, StatusCode.FailedPrecondition, () => merchant.ChooseAsync(session, "1"));

        Assert.Equal(("MODERATOR", "EDITOR"), (refused.Metadata["role"], refused.Metadata["needed"]));
        Assert.Empty((await merchant.ListAsync()).Connections);
    }

    [Fact]
    public async Task R8_Refuse_sets_the_connection_to_refused_and_changes_nothing_else()
    {
        await merchant.ConnectAsync(ApiMerchant.B);
        var before = await merchant.ListAsync();
        var session = await merchant.RequestAsync(ApiMerchant.A);

        var refused = await merchant.RefuseAsync(session);

        Assert.Equal((Step.Refused, State.Refused), (refused.Session.Step, refused.Connection.State));
        Assert.Equal(Cause.ConsentRefused, refused.Connection.Cause);
        var after = await merchant.ListAsync();
        Assert.Equal(before.Connections, after.Connections);
        Assert.Equal(before.Quota, after.Quota);
        Assert.Empty(after.Sessions);
    }
}
