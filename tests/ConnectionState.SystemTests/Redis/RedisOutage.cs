using System.Diagnostics;
using System.Net;
using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>
/// A server on a Redis, and a merchant with a history, an open stream, and three requests that a test sends during an outage of Redis.
/// </summary>
internal sealed class RedisOutage : IAsyncDisposable
{
    private static readonly Timestamp Later = Timestamp.FromDateTimeOffset(DateTimeOffset.UtcNow.AddDays(200));

    private readonly HttpClient http = new();
    private readonly ServerProcess service;
    private readonly ConnectionStateClient client;
    private readonly ApiMerchant shop;
    private readonly ApiMerchant rival;
    private StreamRecorder watch = null!;
    private ConnectSession session = null!;

    private RedisOutage(RedisServer redis, RedisCommands admin, ServerProcess service)
    {
        (Redis, Admin, this.service, client) = (redis, admin, service, service.NewClient());
        (shop, rival) = (new ApiMerchant(client, "shop-1"), new ApiMerchant(client, "shop-2"));
    }

    public RedisServer Redis { get; }

    /// <summary>A connection to Redis that was opened before the outage.</summary>
    public RedisCommands Admin { get; private set; }

    public ApiMerchant Shop => shop;

    public ConnectionStateClient Client => client;

    private Dictionary<string, Func<Task>> Requests => new()
    {
        ["request-plan"] = async () => await client.Plans.SetPlanAsync(
            new() { MerchantId = shop.Id, RequestId = "request-plan", Plan = Plan.Standard, BoughtPages = 7 }),
        ["request-renew"] = async () => await client.Signals.RenewGrantAsync(
            new() { MerchantId = shop.Id, RequestId = "request-renew", Page = ApiMerchant.A, ExpiresAt = Later }),
        ["request-grant"] = async () => await client.Connect.GrantAsync(
            new() { MerchantId = shop.Id, RequestId = "request-grant", SessionId = session.SessionId, MessagingConsent = true }),
    };

    public static async Task<RedisOutage> StartAsync(params string[] settings)
    {
        var redis = await RedisServer.StartAsync(settings);
        var service = await ServerProcess.StartOnRedisAsync(redis.Configuration, "--Store:Redis:Timeout=00:00:01", "--Timer:ClaimAge=00:00:00",
            "--Health:CheckInterval=00:00:01");
        var outage = new RedisOutage(redis, await redis.ConnectAsync(), service);
        await outage.rival.ConnectAsync(ApiMerchant.B);
        await outage.shop.ConnectUntilAsync(ApiMerchant.A, DateTimeOffset.UtcNow.AddDays(100));
        outage.session = await outage.shop.RequestAsync(ApiMerchant.B);
        outage.watch = StreamRecorder.Open(outage.client, outage.shop.Id);
        await outage.watch.FirstAsync();
        return outage;
    }

    /// <summary>Asserts that every request fails with STORE_UNAVAILABLE, those of other merchants too, and that the service is not ready.</summary>
    public async Task AssertUnavailableAsync()
    {
        foreach (var request in Requests.Values)
        {
            await UnavailableAsync(request);
        }

        await UnavailableAsync(() => new ApiMerchant(client, "shop-3").BeginAsync(Provider.Facebook));
        await Eventually.TrueAsync(async () => !await IsReadyAsync());
    }

    public static async Task UnavailableAsync(Func<Task> call) =>
        await ApiMerchant.ExpectRefusedAsync(ErrorReason.StoreUnavailable, StatusCode.Unavailable, call);

    /// <summary>Asserts that the service recovers by itself: retries are applied once, record and indexes agree, and the stream has every commit.</summary>
    /// <returns>The time until requests and the readiness check succeeded.</returns>
    public async Task<TimeSpan> AssertRecoversAsync()
    {
        var waiting = Stopwatch.StartNew();
        foreach (var request in Requests.Values)
        {
            await Eventually.TrueAsync(() => IsServedAsync(request));
        }

        await Eventually.TrueAsync(IsReadyAsync);
        var took = waiting.Elapsed;
        await AssertAppliedOnceAsync();
        return took;
    }

    public async Task<bool> IsReadyAsync()
    {
        using var answer = await http.GetAsync(new Uri(service.Http, "health/ready"));
        Assert.True(answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable, $"{answer.StatusCode}: {service.Process.Output}");
        return answer.StatusCode == HttpStatusCode.OK;
    }

    public async ValueTask DisposeAsync()
    {
        await watch.DisposeAsync();
        client.Dispose();
        http.Dispose();
        await service.DisposeAsync();
        Admin.Dispose();
        await Redis.DisposeAsync();
    }

    private async Task<bool> IsServedAsync(Func<Task> request)
    {
        try
        {
            await request();
            return true;
        }
        catch (RpcException e)
        {
            Assert.True(e.GetConnectionStateError().Reason is ErrorReason.StoreUnavailable, $"{e.Message}: {service.Process.Output}");
            return false;
        }
    }

    private async Task AssertAppliedOnceAsync()
    {
        // The grant takes the page from the other merchant, at once or when the timer settles the claim.
        await Eventually.TrueAsync(async () =>
            (await rival.FindAsync(ApiMerchant.B)).State is Connection.Types.State.Disconnected
            && (await Redis.CommandAsync("ZCARD", StoredMerchants.ClaimsKey(shop.Id))).Number == 0);
        foreach (var request in Requests.Values)
        {
            await request();
        }

        var commits = await StoredMerchants.AssertAgreeAsync(Redis, shop.Id);
        await StoredMerchants.AssertAgreeAsync(Redis, rival.Id);
        Assert.All(Requests.Keys, id => Assert.Single(commits, commit => commit.RequestId == id));
        Assert.Equal(Later, (await shop.FindAsync(ApiMerchant.A)).ExpiresAt);
        Assert.Equal([ApiMerchant.A.PageId, ApiMerchant.B.PageId], await shop.ListedAsync());
        await watch.MessageAsync(message => message.Position?.Revision == commits[^1].Revision);

        // The timer works again too: make a future deadline due.
        await Redis.CommandAsync("ZADD", StoredMerchants.DueKey(shop.Id), 1, shop.Id);
        await Eventually.TrueAsync(async () =>
            (await Redis.CommandAsync("ZSCORE", StoredMerchants.DueKey(shop.Id), shop.Id)).Text != "1");
    }
}
