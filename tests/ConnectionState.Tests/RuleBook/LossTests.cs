using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using static ConnectionStateService.V1.ConnectSession.Types;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Tests.RuleBook;

/// <summary>Rules R13 to R19, through the public API.</summary>
public sealed class LossTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);
    private readonly ApiMerchant merchant = fixture.Service.NewMerchant();

    [Fact]
    public async Task R13_PERMISSION_REVOKED_sets_the_connection_to_revoked()
    {
        await merchant.ConnectAsync(ApiMerchant.A);

        var outcome = await merchant.ReportAsync(ApiMerchant.A, Signal.PermissionRevoked);

        Assert.Equal(SignalOutcome.Types.Result.Applied, outcome.Result);
        Assert.Equal((State.Revoked, Cause.PermissionRevoked), (outcome.Connection.State, outcome.Connection.Cause));
    }

    [Fact]
    public async Task R14_A_Zalo_token_expires_after_exactly_one_year()
    {
        await merchant.ConnectAsync(ApiMerchant.Oa);

        await fixture.Service.PassAsync(Year - TimeSpan.FromMilliseconds(1));
        Assert.Equal((State.Connected, true), await StateAndWarningAsync());

        await fixture.Service.PassAsync(TimeSpan.FromMilliseconds(1));
        Assert.Equal((State.Expired, false), await StateAndWarningAsync());
        Assert.Equal(Cause.TokenExpired, (await merchant.FindAsync(ApiMerchant.Oa)).Cause);
    }

    [Fact]
    public async Task R14_RenewGrant_reconnects_an_expired_page_in_its_position()
    {
        await merchant.ConnectAsync(ApiMerchant.Oa, ApiMerchant.A);
        await fixture.Service.PassAsync(Year);
        Assert.Equal(State.Expired, (await merchant.FindAsync(ApiMerchant.Oa)).State);

        var until = fixture.Service.Clock.GetUtcNow() + TimeSpan.FromDays(30);
        var renewed = await merchant.RenewAsync(ApiMerchant.Oa, until);

        Assert.Equal((State.Connected, Cause.Unspecified), (renewed.State, renewed.Cause));
        Assert.Equal(Timestamp.FromDateTimeOffset(until), renewed.ExpiresAt);
        Assert.Equal([ApiMerchant.Oa.PageId, ApiMerchant.A.PageId], await merchant.ListedAsync());
    }

    [Fact]
    public async Task R15_PAGE_DELETED_sets_the_connection_to_deleted_and_frees_its_slot()
    {
        await merchant.ConnectAsync(ApiMerchant.A, ApiMerchant.B, ApiMerchant.C);

        var outcome = await merchant.ReportAsync(ApiMerchant.A, Signal.PageDeleted);

        Assert.Equal((State.Deleted, Cause.PageDeleted), (outcome.Connection.State, outcome.Connection.Cause));
        var list = await merchant.ListAsync();
        Assert.Equal(2, list.Quota.Used);
        Assert.Equal(3, list.Connections.Count);
    }

    [Fact]
    public async Task R16_SIGNED_IN_ELSEWHERE_sets_the_connection_to_disconnected()
    {
        await merchant.ConnectAsync(ApiMerchant.A);

        var outcome = await merchant.ReportAsync(ApiMerchant.A, Signal.SignedInElsewhere);

        Assert.Equal((State.Disconnected, Cause.SignedInElsewhere), (outcome.Connection.State, outcome.Connection.Cause));
        Assert.Equal([ApiMerchant.A.PageId], await merchant.ListedAsync());
    }

    [Fact]
    public async Task R16_A_grant_to_another_merchant_disconnects_the_first()
    {
        var page = ApiMerchant.Facebook($"page-{Guid.NewGuid():N}");
        await merchant.ConnectAsync(page);
        fixture.Service.Clock.Advance(TimeSpan.FromMinutes(1));
        var other = fixture.Service.NewMerchant();

        await other.ConnectAsync(page);

        var lost = await merchant.FindAsync(page);
        Assert.Equal((State.Disconnected, Cause.SignedInElsewhere), (lost.State, lost.Cause));
        Assert.Equal(State.Connected, (await other.FindAsync(page)).State);
    }

    [Theory]
    [InlineData(Signal.PermissionRevoked)]
    [InlineData(Signal.TokenExpired)]
    [InlineData(Signal.PageDeleted)]
    [InlineData(Signal.SignedInElsewhere)]
    public async Task R17_Acknowledge_navigates_to_the_next_page(Signal signal)
    {
        await merchant.ConnectAsync(ApiMerchant.A, ApiMerchant.B, ApiMerchant.C);
        await merchant.ReportAsync(ApiMerchant.B, signal);

        var acknowledged = await merchant.AcknowledgeAsync(ApiMerchant.B);

        Assert.Equal(ApiMerchant.C, acknowledged.Navigation.Page);
        Assert.True(acknowledged.Connection.Acknowledged);
        Assert.Equal(acknowledged.Navigation, (await merchant.AcknowledgeAsync(ApiMerchant.B)).Navigation);
    }

    [Theory]
    [InlineData(Provider.Facebook)]
    [InlineData(Provider.Zalo)]
    public async Task R18_Acknowledge_of_the_only_page_navigates_to_the_connect_screen_of_its_provider(Provider provider)
    {
        var page = new PageRef { Provider = provider, PageId = $"only-{Guid.NewGuid():N}" };
        await merchant.ConnectAsync(page);
        await merchant.ReportAsync(page, Signal.PermissionRevoked);

        Assert.Equal(provider, (await merchant.AcknowledgeAsync(page)).Navigation.Connect?.Provider);
    }

    [Fact]
    public async Task R19_ChoosePage_of_a_page_deleted_since_sign_in_ends_the_session_at_LOST()
    {
        await merchant.ConnectAsync(ApiMerchant.A);
        await merchant.ReportAsync(ApiMerchant.A, Signal.TokenExpired);
        var session = await merchant.SignInAsync(await merchant.BeginAsync(Provider.Facebook, ApiMerchant.A.PageId), ApiMerchant.Offer(ApiMerchant.A.PageId));
        await merchant.ReportAsync(ApiMerchant.A, Signal.PageDeleted);

        var chosen = await merchant.ChooseAsync(session, ApiMerchant.A.PageId);

        Assert.Equal((Step.Lost, State.Deleted), (chosen.Session.Step, chosen.Connection.State));
    }

    private async Task<(State, bool)> StateAndWarningAsync()
    {
        var connection = await merchant.FindAsync(ApiMerchant.Oa);
        return (connection.State, connection.ExpiresSoon);
    }
}
