using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using static ConnectionStateService.V1.ConnectSession.Types;

namespace ConnectionStateService.Tests.Cases;

/// <summary>The cases on the embedded store.</summary>
public sealed class EmbeddedRealLifeTests(ServiceFixture fixture) : RealLifeCases, IClassFixture<ServiceFixture>
{
    protected override ConnectionStateClient Client => fixture.Service.Client;

    protected override Task<DateTimeOffset> NowAsync() => Task.FromResult(fixture.Service.Clock.GetUtcNow());

    protected override Task PassAsync()
    {
        fixture.Service.Clock.Advance(TimeSpan.FromMilliseconds(200));
        return Task.CompletedTask;
    }

    internal override ApiMerchant WithShortSessions(string merchantId) => new(Client, merchantId);

    internal override async Task TimeOutAsync(ApiMerchant shop, ConnectSession session)
    {
        await fixture.Service.PassAsync(TimeSpan.FromMinutes(15));
        Assert.Equal(Step.TimedOut, (await shop.SessionAsync(session)).Step);
    }
}
