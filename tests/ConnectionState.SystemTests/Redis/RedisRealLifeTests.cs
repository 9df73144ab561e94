using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Cases;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using static ConnectionStateService.V1.ConnectSession.Types;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>The cases on Redis.</summary>
public sealed class RedisRealLifeTests(RedisRealLifeTests.Fixture fixture) : RealLifeCases, IClassFixture<RedisRealLifeTests.Fixture>
{
    protected override ConnectionStateClient Client => fixture.Client;

    protected override Task<DateTimeOffset> NowAsync() => fixture.TimeAsync();

    protected override Task PassAsync() => Task.Delay(TimeSpan.FromMilliseconds(50));

    internal override ApiMerchant WithShortSessions(string merchantId) => new(fixture.ShortSessions, merchantId);

    internal override Task TimeOutAsync(ApiMerchant shop, ConnectSession session) =>
        Poll.UntilAsync("the session times out", async () => (await shop.SessionAsync(session)).Step is Step.TimedOut);

    /// <summary>Two servers on one Redis, of which one has short sessions.</summary>
    public sealed class Fixture : IAsyncLifetime
    {
        private RedisServer redis = null!;
        private ServerProcess server = null!;
        private ServerProcess shortSessions = null!;

        public ConnectionStateClient Client { get; private set; } = null!;

        public ConnectionStateClient ShortSessions { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            redis = await RedisServer.StartAsync();
            server = await ServerProcess.StartOnRedisAsync(redis.Configuration);
            shortSessions = await ServerProcess.StartOnRedisAsync(redis.Configuration, "--Rules:SessionLength=00:00:02");
            (Client, ShortSessions) = (server.NewClient(), shortSessions.NewClient());
        }

        public async Task DisposeAsync()
        {
            Client.Dispose();
            ShortSessions.Dispose();
            await server.DisposeAsync();
            await shortSessions.DisposeAsync();
            await redis.DisposeAsync();
        }

        internal Task<DateTimeOffset> TimeAsync() => redis.TimeAsync();
    }
}
