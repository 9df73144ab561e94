using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace ConnectionStateService.Tests.RuleBook;

/// <summary>R9 to R12, through the public API.</summary>
public sealed class LimitTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly Shop shop = fixture.Service.NewShop();

    [Fact]
    public async Task R9_A_merchant_may_hold_three_pages()
    {
        await shop.ConnectAsync(Shop.A, Shop.B, Shop.Oa);

        var refused = await Shop.RefusedAsync(
            ErrorReason.PageQuotaExceeded, StatusCode.ResourceExhausted, () => shop.BeginAsync(Provider.Facebook));

        Assert.Equal(("3", "3"), (refused.Metadata["used"], refused.Metadata["limit"]));
        Assert.Equal(3, (await shop.ListAsync()).Connections.Count);
    }

    [Fact]
    public async Task R9_A_session_begun_while_a_slot_was_free_does_not_get_past_the_limit()
    {
        await shop.ConnectAsync(Shop.A, Shop.B);
        var late = await shop.SignInAsync(await shop.BeginAsync(Provider.Facebook), Shop.Offer(Shop.D.PageId));
        await shop.ConnectAsync(Shop.C);

        await Shop.RefusedAsync(
            ErrorReason.PageQuotaExceeded, StatusCode.ResourceExhausted, () => shop.ChooseAsync(late, Shop.D.PageId));
    }

    [Fact]
    public async Task R10_A_trial_merchant_holds_one_page()
    {
        var quota = await shop.SetPlanAsync(Plan.Trial);
        Assert.Equal(1, quota.Limit);
        Assert.Equal(Timestamp.FromDateTimeOffset(fixture.Service.Clock.GetUtcNow() + TimeSpan.FromDays(15)), quota.TrialEndsAt);

        await shop.ConnectAsync(Shop.A);

        await Shop.RefusedAsync(
            ErrorReason.PageQuotaExceeded, StatusCode.ResourceExhausted, () => shop.BeginAsync(Provider.Zalo));
    }

    [Fact]
    public async Task R11_More_pages_can_be_bought()
    {
        await shop.ConnectAsync(Shop.A, Shop.B, Shop.C);

        var quota = await shop.SetPlanAsync(Plan.Standard, bought: 1);

        Assert.Equal((4, 3, 1), (quota.Limit, quota.Used, quota.Bought));
        await shop.ConnectAsync(Shop.D);
        await Shop.RefusedAsync(
            ErrorReason.PageQuotaExceeded, StatusCode.ResourceExhausted, () => shop.BeginAsync(Provider.Zalo));
    }

    [Fact]
    public async Task R12_The_add_window_shows_where_the_merchant_stands()
    {
        await shop.ConnectAsync(Shop.A, Shop.B);
        await shop.ReportAsync(Shop.A, Signal.PermissionRevoked);
        await shop.RequestAsync(Shop.Oa);

        var list = await shop.ListAsync();

        Assert.Equal(
            [(Shop.A, Connection.Types.State.Revoked), (Shop.B, Connection.Types.State.Connected), (Shop.Oa, Connection.Types.State.Pending)],
            list.Connections.Select(c => (c.Page, c.State)));
        Assert.Equal((3, 3, false), (list.Quota.Used, list.Quota.Limit, list.Quota.OverLimit));
    }

    [Fact]
    public async Task R12_Lowering_the_limit_removes_nothing_and_admits_nothing()
    {
        await shop.ConnectAsync(Shop.A, Shop.B);

        var quota = await shop.SetPlanAsync(Plan.Trial);

        Assert.Equal((1, 2, true), (quota.Limit, quota.Used, quota.OverLimit));
        Assert.Equal(2, (await shop.ListAsync()).Connections.Count);
        await shop.DisconnectAsync(Shop.A);
        await Shop.RefusedAsync(
            ErrorReason.PageQuotaExceeded, StatusCode.ResourceExhausted, () => shop.BeginAsync(Provider.Zalo));
    }
}
