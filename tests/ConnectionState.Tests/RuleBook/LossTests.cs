using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using static ConnectionStateService.V1.ConnectSession.Types;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Tests.RuleBook;

/// <summary>R13 to R19, through the public API.</summary>
public sealed class LossTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private static readonly TimeSpan Year = TimeSpan.FromDays(365);
    private readonly Shop shop = fixture.Service.NewShop();

    [Fact]
    public async Task R13_When_the_permission_was_removed_the_connection_is_revoked()
    {
        await shop.ConnectAsync(Shop.A);

        var outcome = await shop.ReportAsync(Shop.A, Signal.PermissionRevoked);

        Assert.Equal(SignalOutcome.Types.Result.Applied, outcome.Result);
        Assert.Equal((State.Revoked, Cause.PermissionRevoked), (outcome.Connection.State, outcome.Connection.Cause));
    }

    [Fact]
    public async Task R14_When_the_tokens_year_ends_the_connection_expires_by_itself_and_on_time()
    {
        await shop.ConnectAsync(Shop.Oa);

        await fixture.Service.PassAsync(Year - TimeSpan.FromMilliseconds(1));
        Assert.Equal((State.Connected, true), await StateAndWarningAsync());

        await fixture.Service.PassAsync(TimeSpan.FromMilliseconds(1));
        Assert.Equal((State.Expired, false), await StateAndWarningAsync());
        Assert.Equal(Cause.TokenExpired, (await shop.FindAsync(Shop.Oa)).Cause);
    }

    [Fact]
    public async Task R14_Renewing_the_token_brings_the_connection_back_to_its_place()
    {
        await shop.ConnectAsync(Shop.Oa, Shop.A);
        await fixture.Service.PassAsync(Year);
        Assert.Equal(State.Expired, (await shop.FindAsync(Shop.Oa)).State);

        var until = fixture.Service.Clock.GetUtcNow() + TimeSpan.FromDays(30);
        var renewed = await shop.RenewAsync(Shop.Oa, until);

        Assert.Equal((State.Connected, Cause.Unspecified), (renewed.State, renewed.Cause));
        Assert.Equal(Timestamp.FromDateTimeOffset(until), renewed.ExpiresAt);
        Assert.Equal([Shop.Oa.PageId, Shop.A.PageId], await shop.ListedAsync());
    }

    [Fact]
    public async Task R15_When_the_page_was_deleted_the_connection_is_deleted_and_gives_its_slot_back()
    {
        await shop.ConnectAsync(Shop.A, Shop.B, Shop.C);

        var outcome = await shop.ReportAsync(Shop.A, Signal.PageDeleted);

        Assert.Equal((State.Deleted, Cause.PageDeleted), (outcome.Connection.State, outcome.Connection.Cause));
        var list = await shop.ListAsync();
        Assert.Equal(2, list.Quota.Used);
        Assert.Equal(3, list.Connections.Count);
    }

    [Fact]
    public async Task R16_When_another_account_signed_in_the_connection_is_lost()
    {
        await shop.ConnectAsync(Shop.A);

        var outcome = await shop.ReportAsync(Shop.A, Signal.SignedInElsewhere);

        Assert.Equal((State.Disconnected, Cause.SignedInElsewhere), (outcome.Connection.State, outcome.Connection.Cause));
        Assert.Equal([Shop.A.PageId], await shop.ListedAsync());
    }

    [Fact]
    public async Task R16_When_another_merchant_is_granted_the_page_the_first_one_loses_it()
    {
        var page = Shop.Facebook($"page-{Guid.NewGuid():N}");
        await shop.ConnectAsync(page);
        fixture.Service.Clock.Advance(TimeSpan.FromMinutes(1));
        var other = fixture.Service.NewShop();

        await other.ConnectAsync(page);

        var lost = await shop.FindAsync(page);
        Assert.Equal((State.Disconnected, Cause.SignedInElsewhere), (lost.State, lost.Cause));
        Assert.Equal(State.Connected, (await other.FindAsync(page)).State);
    }

    [Theory]
    [InlineData(Signal.PermissionRevoked)]
    [InlineData(Signal.TokenExpired)]
    [InlineData(Signal.PageDeleted)]
    [InlineData(Signal.SignedInElsewhere)]
    public async Task R17_Understood_moves_to_the_next_page_of_the_list(Signal signal)
    {
        await shop.ConnectAsync(Shop.A, Shop.B, Shop.C);
        await shop.ReportAsync(Shop.B, signal);

        var understood = await shop.AcknowledgeAsync(Shop.B);

        Assert.Equal(Shop.C, understood.Navigation.Page);
        Assert.True(understood.Connection.Acknowledged);
        Assert.Equal(understood.Navigation, (await shop.AcknowledgeAsync(Shop.B)).Navigation);
    }

    [Fact]
    public async Task R17_After_the_last_page_of_the_list_comes_the_first()
    {
        await shop.ConnectAsync(Shop.A, Shop.B);
        await shop.ReportAsync(Shop.B, Signal.PageDeleted);

        Assert.Equal(Shop.A, (await shop.AcknowledgeAsync(Shop.B)).Navigation.Page);
    }

    [Theory]
    [InlineData(Provider.Facebook)]
    [InlineData(Provider.Zalo)]
    public async Task R18_Without_another_page_understood_moves_to_the_connect_screen_of_that_provider(Provider provider)
    {
        var page = new PageRef { Provider = provider, PageId = $"only-{Guid.NewGuid():N}" };
        await shop.ConnectAsync(page);
        await shop.ReportAsync(page, Signal.PermissionRevoked);

        Assert.Equal(provider, (await shop.AcknowledgeAsync(page)).Navigation.Connect?.Provider);
    }

    [Fact]
    public async Task R19_Choosing_a_page_that_was_deleted_in_the_meantime_is_a_lost_connection()
    {
        await shop.ConnectAsync(Shop.A);
        await shop.ReportAsync(Shop.A, Signal.TokenExpired);
        var session = await shop.SignInAsync(await shop.BeginAsync(Provider.Facebook, Shop.A.PageId), Shop.Offer(Shop.A.PageId));
        await shop.ReportAsync(Shop.A, Signal.PageDeleted);

        var chosen = await shop.ChooseAsync(session, Shop.A.PageId);

        Assert.Equal((Step.Lost, State.Deleted), (chosen.Session.Step, chosen.Connection.State));
    }

    [Fact]
    public async Task R19_A_page_found_deleted_while_its_answer_is_awaited_ends_the_session()
    {
        var session = await shop.RequestAsync(Shop.B);

        await shop.ReportAsync(Shop.B, Signal.PageDeleted);

        Assert.Equal(Step.Lost, (await shop.SessionAsync(session)).Step);
        Assert.Equal((State.Deleted, false), ((await shop.FindAsync(Shop.B)).State, (await shop.FindAsync(Shop.B)).Acknowledged));
    }

    private async Task<(State, bool)> StateAndWarningAsync()
    {
        var connection = await shop.FindAsync(Shop.Oa);
        return (connection.State, connection.ExpiresSoon);
    }
}
