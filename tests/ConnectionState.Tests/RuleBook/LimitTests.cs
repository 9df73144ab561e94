using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace ConnectionStateService.Tests.RuleBook;

/// <summary>Rules R9 to R12, through the public API.</summary>
public sealed class LimitTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    private readonly ApiMerchant merchant = fixture.Service.NewMerchant();

    [Fact]
    public async Task R9_BeginConnect_refuses_a_fourth_page()
    {
        await merchant.ConnectAsync(ApiMerchant.A, ApiMerchant.B, ApiMerchant.Oa);

        var refused = await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.PageQuotaExceeded, StatusCode.ResourceExhausted, () => merchant.BeginAsync(Provider.Facebook));

        Assert.Equal(("3", "3"), (refused.Metadata["used"], refused.Metadata["limit"]));
        Assert.Equal(3, (await merchant.ListAsync()).Connections.Count);
    }

    [Fact]
    public async Task R10_BeginConnect_refuses_a_second_page_on_the_trial()
    {
        var quota = await merchant.SetPlanAsync(Plan.Trial);
        Assert.Equal(1, quota.Limit);
        Assert.Equal(Timestamp.FromDateTimeOffset(fixture.Service.Clock.GetUtcNow() + TimeSpan.FromDays(15)), quota.TrialEndsAt);

        await merchant.ConnectAsync(ApiMerchant.A);

        await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.PageQuotaExceeded, StatusCode.ResourceExhausted, () => merchant.BeginAsync(Provider.Zalo));
    }

    [Fact]
    public async Task R11_Bought_pages_raise_the_limit()
    {
        await merchant.ConnectAsync(ApiMerchant.A, ApiMerchant.B, ApiMerchant.C);

        var quota = await merchant.SetPlanAsync(Plan.Standard, bought: 1);

        Assert.Equal((4, 3, 1), (quota.Limit, quota.Used, quota.Bought));
        await merchant.ConnectAsync(ApiMerchant.D);
        await ApiMerchant.ExpectRefusedAsync(
            ErrorReason.PageQuotaExceeded, StatusCode.ResourceExhausted, () => merchant.BeginAsync(Provider.Zalo));
    }

    [Fact]
    public async Task R12_GetPageList_returns_the_pages_their_states_and_the_quota()
    {
        await merchant.ConnectAsync(ApiMerchant.A, ApiMerchant.B);
        await merchant.ReportAsync(ApiMerchant.A, Signal.PermissionRevoked);
        await merchant.RequestAsync(ApiMerchant.Oa);

        var list = await merchant.ListAsync();

        Assert.Equal(
            [(ApiMerchant.A, Connection.Types.State.Revoked), (ApiMerchant.B, Connection.Types.State.Connected), (ApiMerchant.Oa, Connection.Types.State.Pending)],
            list.Connections.Select(c => (c.Page, c.State)));
        Assert.Equal((3, 3, false), (list.Quota.Used, list.Quota.Limit, list.Quota.OverLimit));
    }
}
