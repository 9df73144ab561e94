using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Tests.Client;

/// <summary>What a PageReporter reports, and what the service makes of it.</summary>
public sealed class PageReporterWithServiceTests(ServiceFixture fixture) : IClassFixture<ServiceFixture>
{
    [Fact]
    public async Task A_success_ends_a_suspicion_also_beside_successes_that_the_service_rejects_or_does_not_know()
    {
        var shop = fixture.Service.NewMerchant();
        var grantId = (await shop.ConnectUntilAsync(ApiMerchant.Oa, expiresAt: null)).GrantId;
        var reporter = new PageReporter(fixture.Service.Client);
        var error = await reporter.ReportErrorAsync(shop.Id, ApiMerchant.Oa, grantId, -216, message: "Access token is invalid\n");
        Assert.Equal(SignalStrength.Soft, error.Strength);
        Assert.True((await shop.FindAsync(ApiMerchant.Oa)).IsSuspect());

        fixture.Service.Clock.Advance(TimeSpan.FromSeconds(10));
        reporter.ReportSuccess(shop.Id, ApiMerchant.Oa, "not a grant id");
        reporter.ReportSuccess("unknown", ApiMerchant.Oa, grantId);
        reporter.ReportSuccess(shop.Id, ApiMerchant.Oa, grantId);
        await reporter.DisposeAsync();

        var connection = await shop.FindAsync(ApiMerchant.Oa);
        Assert.Equal((State.Connected, Health.Ok, grantId), (connection.State, connection.Health, connection.GrantId));
    }

    [Fact]
    public async Task A_success_of_the_current_grant_brings_back_a_page_that_was_lost_by_mistake()
    {
        var shop = fixture.Service.NewMerchant();
        var grantId = (await shop.ConnectUntilAsync(ApiMerchant.A, expiresAt: null)).GrantId;
        await using var reporter = new PageReporter(fixture.Service.Client);
        await reporter.ReportErrorAsync(shop.Id, ApiMerchant.A, grantId, 190, 492);
        Assert.Equal(State.Revoked, (await shop.FindAsync(ApiMerchant.A)).State);

        fixture.Service.Clock.Advance(TimeSpan.FromSeconds(10));
        reporter.ReportSuccess(shop.Id, ApiMerchant.A, grantId);
        await reporter.DisposeAsync();

        Assert.Equal(State.Connected, (await shop.FindAsync(ApiMerchant.A)).State);
    }
}
