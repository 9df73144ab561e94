using System.Net;
using ConnectionStateService.Client;
using ConnectionStateService.Tests.Auth;
using ConnectionStateService.V1;
using Grpc.Core;
using Grpc.Health.V1;
using Health = Grpc.Health.V1.Health;

namespace ConnectionStateService.Tests.Limits;

/// <summary>Probes, scrapes and the console are served whatever limits their caller has reached.</summary>
public sealed class LimitExemptionTests : IAsyncLifetime
{
    private const string Caller = "prober";

    private readonly AuthService auth = new();

    public LimitExemptionTests()
    {
        auth.AddKey(Caller, ["pages.read", "probes", "metrics.read"]);
        auth.Settings["Auth:AnonymousProbes"] = "false";
        auth.Settings["Limits:CallsPerCaller"] = "1";
        auth.Settings["Limits:Burst"] = "1";
        auth.Settings["Watch:StreamsPerCaller"] = "1";
        auth.Settings["Telemetry:Prometheus"] = "true";
    }

    public Task InitializeAsync() => auth.InitializeAsync();

    public Task DisposeAsync() => auth.DisposeAsync();

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public async Task Health_checks_and_scrapes_of_a_caller_that_has_reached_its_limits_are_answered(string transport)
    {
        var token = AuthService.Bearer(auth.Key(Caller));
        var health = new Health.HealthClient(auth.Invoker(transport));
        using var http = auth.Service.NewHttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", auth.Key(Caller));
        await UntilRefusedAsync(transport, token);

        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await health.CheckAsync(new(), token)).Status);
            using var watch = health.Watch(new(), token);
            Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
            foreach (var path in (string[])["health/live", "health/ready", "metrics", "console/config.json", ".well-known/jwks.json"])
            {
                using var response = await http.GetAsync(new Uri(path, UriKind.Relative));
                Assert.True(response.StatusCode == HttpStatusCode.OK, $"{path}: {response.StatusCode}");
            }
        }

        await UntilRefusedAsync(transport, token);
    }

    private async Task UntilRefusedAsync(string transport, Metadata token)
    {
        var pages = new PageService.PageServiceClient(auth.Invoker(transport));
        var refused = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                await pages.GetPageListAsync(new() { MerchantId = "shop" }, token);
            }
        });
        Assert.Equal(ErrorReason.RateLimitExceeded, refused.GetConnectionStateError().Reason);
    }
}
