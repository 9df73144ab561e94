using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>Users, passwords and TLS.</summary>
public sealed class RedisAccessTests : IDisposable
{
    // Of the permissions in docs/redis.md, those that the service needs only after a failure, or after a merchant was restored; and HGETALL for the
    // tally, which no call of this test reads.
    private static readonly string[] SeldomNeeded = ["eval", "hgetall", "sunsubscribe", "xdel"];

    // Exactly the permissions that docs/redis.md asks for.
    private static readonly string[] Needed =
        [.. Regex.Match(Repository.Read("docs/redis.md"), @"ACL SETUSER connectionstate on >PASSWORD([^`]*)```").Groups[1].Value.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries)];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_user_with_the_documented_permissions_is_served_and_needs_all_of_them()
    {
        await using var redis = await RedisServer.StartAsync();
        using var admin = await redis.ConnectAsync();
        await SetUserAsync(redis);
        await using var server = await ServerProcess.StartOnRedisAsync(
            $"{redis.Configuration},user=cs,password=secret", "--Timer:Interval=00:00:01", "--Watch:CheckpointInterval=00:00:01", "--Watch:ReconciliationInterval=00:00:01");
        await using var other = await ServerProcess.StartOnRedisAsync($"{redis.Configuration},user=cs,password=secret", "--Store:KeptCommits=3");

        await UseEverythingAsync(server, other);

        Assert.Contains("appendfsync everysec", server.Announcement, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", server.Process.Output + server.Process.Errors, StringComparison.Ordinal);
        await server.Process.TerminateAsync();
        await other.Process.TerminateAsync();
        var denied = (await admin.SendAsync("ACL", "LOG")).Items.Select(entry => Field(entry, "object")).ToArray();
        var used = Regex.Matches((await admin.SendAsync("INFO", "commandstats")).Text, @"cmdstat_([\w|-]+):calls=").Select(line => line.Groups[1].Value);
        var unused = Needed.Where(word => word.StartsWith('+')).Select(word => word[1..]).Except(used).Except(SeldomNeeded).ToArray();
        Assert.True(denied.Length + unused.Length == 0, $"denied: {string.Join(' ', denied)}; unused: {string.Join(' ', unused)}");
    }

    private static string Field(RedisReply map, string name) => map.Items[map.Items.ToList().FindIndex(item => item.Text == name) + 1].Text;

    // Grants, claims, deadlines, watches, history and signals, through two processes.
    private static async Task UseEverythingAsync(ServerProcess server, ServerProcess other)
    {
        using var client = server.NewClient();
        using var second = other.NewClient();
        var (shop, rival) = (new ApiMerchant(client, "shop-1"), new ApiMerchant(second, "shop-2"));
        using var watch = client.Watches.WatchPageList(new() { MerchantId = shop.Id });
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        // The time is taken after the session is ready for it: a busy machine may take seconds until then.
        var session = await shop.RequestAsync(ApiMerchant.A);
        await shop.GrantAsync(session, expiresAt: DateTimeOffset.UtcNow.AddSeconds(2));
        await shop.ConnectAsync(ApiMerchant.B);
        await shop.RequestAsync(ApiMerchant.C);

        // The feed, from the directory on.
        var partition = Convert.ToInt32(Convert.ToHexString(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(shop.Id)))[..2], 16);
        using var feed = second.Feeds.WatchFeed(new() { Starts = { new FeedStart { Partition = partition, Snapshot = true } } });
        await Eventually.TrueAsync(async () => await feed.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Eventually.Patience)
            && feed.ResponseStream.Current.KindCase == WatchFeedResponse.KindOneofCase.CaughtUp);

        await second.Feeds.HoldFeedPartitionsAsync(new() { Consumer = "mailer", Instance = "one" });
        Assert.Single((await second.Feeds.ListFeedConsumersAsync(new())).Consumers);

        // The rival takes a page.
        await rival.ConnectAsync(ApiMerchant.B);
        await Eventually.TrueAsync(async () =>
            (await shop.FindAsync(ApiMerchant.A)).State == Connection.Types.State.Expired
            && (await shop.FindAsync(ApiMerchant.B)).State == Connection.Types.State.Disconnected);
        await shop.DisconnectAsync(ApiMerchant.A);
        await shop.AcknowledgeAsync(ApiMerchant.B);
        Assert.NotEmpty(await shop.HistoryAsync());
        Assert.Equal([rival.Id], (await client.Pages.FindConnectionsAsync(new() { Page = ApiMerchant.B })).Connections.Select(c => c.MerchantId));
        await client.Signals.ReportSignalAsync(new() { Page = ApiMerchant.B, Signal = Signal.PermissionRevoked, ObservedAt = ApiMerchant.Now });
        Assert.Equal(Connection.Types.State.Revoked, (await rival.FindAsync(ApiMerchant.B)).State);
        Assert.Equal(rival.Id, Assert.Single((await client.Fleet.ListConnectionsAsync(new())).Connections).MerchantId);
        await Eventually.TrueAsync(async () => await watch.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Eventually.Patience)
            && watch.ResponseStream.Current.KindCase == WatchPageListResponse.KindOneofCase.Checkpoint);
    }

    [Fact]
    public async Task The_start_line_says_unknown_if_CONFIG_GET_is_forbidden()
    {
        await using var redis = await StartAsync("-config");

        var description = await RedisStartTests.OpenAsync($"{redis.Configuration},user=cs,password=secret");

        Assert.Contains("appendfsync unknown, replicas 0, min-replicas-to-write unknown", description, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("user=cs,password=wrong", "WRONGPASS")]
    [InlineData("user=nobody,password=secret", "WRONGPASS")]
    public async Task A_wrong_password_is_refused_and_not_logged(string credentials, string why)
    {
        await using var redis = await StartAsync();

        var refused = await RedisStartTests.RefusedAsync($"{redis.Configuration},{credentials}");

        Assert.StartsWith("Redis does not serve after 00:00:01: ", refused, StringComparison.Ordinal);
        Assert.Contains(why, refused, StringComparison.Ordinal);
        Assert.DoesNotContain(credentials.Split('=')[^1], refused, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("resetchannels")]
    [InlineData("-spublish")]
    [InlineData("-ssubscribe")]
    [InlineData("-set")]
    [InlineData("-evalsha", "-eval")]
    [InlineData("-xrevrange")]
    [InlineData("-info")]
    [InlineData("resetkeys")]
    public async Task A_user_without_a_needed_permission_is_refused_at_start(params string[] removed)
    {
        await using var redis = await StartAsync(removed);

        var refused = await RedisStartTests.RefusedAsync($"{redis.Configuration},user=cs,password=secret");

        Assert.StartsWith("Redis does not serve after 00:00:01: ", refused, StringComparison.Ordinal);
    }

    // The second line of the permissions in docs/redis.md: what the service and its scripts do with keys.
    [Fact]
    public async Task A_process_whose_user_lacks_a_command_for_keys_is_not_ready()
    {
        string[] commands = [.. Needed.SkipWhile(word => word != "+time").TakeWhile(word => word != "+eval").Select(word => word[1..])];
        Assert.Contains("zrangebylex", commands);
        await using var redis = await RedisServer.StartAsync();
        using var admin = await redis.ConnectAsync();
        using var user = await redis.ConnectAsync();
        await SetUserAsync(redis);
        await user.SendAsync("AUTH", "cs", "secret");
        Assert.Null(await Record.ExceptionAsync(() => ProbeAsync(user)));

        var unnoticed = new List<string>();
        foreach (var command in commands)
        {
            await admin.SendAsync("ACL", "SETUSER", "cs", $"-{command}");
            if (await Record.ExceptionAsync(() => ProbeAsync(user)) is not RedisErrorException)
            {
                unnoticed.Add(command);
            }

            await admin.SendAsync("ACL", "SETUSER", "cs", $"+{command}");
        }

        Assert.Empty(unnoticed);
    }

    [Fact]
    public async Task A_permission_that_is_missing_is_an_outage_and_makes_no_record_unreadable()
    {
        await using var redis = await RedisServer.StartAsync();
        using var admin = await redis.ConnectAsync();
        await SetUserAsync(redis);
        await using var store = RedisStartTests.NewStore($"{redis.Configuration},user=cs,password=secret", timeoutSeconds: 10);
        await store.OpenAsync(CancellationToken.None);
        Assert.NotNull(Assert.Single(await store.ReadManyAsync(["merchant-1"], Core.MerchantParts.PageList, CancellationToken.None)).Merchant);
        Assert.Single(await store.ReadPositionsAsync(["merchant-1"], CancellationToken.None));

        await admin.SendAsync("ACL", "SETUSER", "cs", "-get", "-getrange");

        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.ReadManyAsync(["merchant-1"], Core.MerchantParts.PageList, CancellationToken.None));
        await Assert.ThrowsAsync<StoreUnavailableException>(async () => await store.ReadPositionsAsync(["merchant-1"], CancellationToken.None));
    }

    private static Task<RedisReply> ProbeAsync(RedisCommands user) =>
        user.SendAsync("EVAL", RedisScripts.Probe.Text, "1", (string)RedisKeys.Probe(0)!, (string)RedisKeys.Channel(0)!, "10");

    [Fact]
    public async Task Calls_and_watches_are_served_over_TLS()
    {
        var authority = WriteCertificates();
        var port = FreePort.Find();
        await using var redis = await RedisServer.StartAsync(
            "--tls-port", $"{port}", "--tls-cert-file", folder.File("redis.pem"), "--tls-key-file", folder.File("redis.key"),
            "--tls-ca-cert-file", authority, "--tls-auth-clients", "no");
        string[] settings = ["--Store:Kind=Redis", $"--Store:Redis:Configuration=127.0.0.1:{port},ssl=true,sslHost=localhost"];
        await using var server = await ServerProcess.StartUnderAsync(
            ["env", $"SERedis_IssuerCertPath={authority}"], folder.File("unused.db"), settings);
        using var client = server.NewClient();
        var shop = new ApiMerchant(client, "shop-1");
        using var watch = client.Watches.WatchPageList(new() { MerchantId = shop.Id });
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));

        await shop.ConnectAsync(ApiMerchant.A);
        await Eventually.TrueAsync(async () =>
            await watch.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Eventually.Patience)
            && watch.ResponseStream.Current.Changes?.PageList.Connections is [{ State: Connection.Types.State.Connected }]);
        await Commits.EnlargePageListAsync(client, shop.Id);

        Assert.Equal([ApiMerchant.A.PageId], await shop.ListedAsync());
    }

    [Fact]
    public async Task A_server_with_an_untrusted_certificate_is_refused()
    {
        var authority = WriteCertificates();
        var port = FreePort.Find();
        await using var redis = await RedisServer.StartAsync(
            "--tls-port", $"{port}", "--tls-cert-file", folder.File("redis.pem"), "--tls-key-file", folder.File("redis.key"),
            "--tls-ca-cert-file", authority, "--tls-auth-clients", "no");

        Assert.StartsWith(
            "Redis does not serve after 00:00:01: ",
            await RedisStartTests.RefusedAsync($"127.0.0.1:{port},ssl=true,sslHost=localhost"),
            StringComparison.Ordinal);
    }

    private static async Task<RedisServer> StartAsync(params string[] removed)
    {
        var redis = await RedisServer.StartAsync();
        await SetUserAsync(redis, removed);
        return redis;
    }

    private static async Task SetUserAsync(RedisServer redis, params string[] removed)
    {
        await redis.CommandAsync(["ACL", "SETUSER", "cs", "on", ">secret", .. Needed, .. removed]);

        // Otherwise a client that fails to authenticate silently continues as the default user.
        await redis.CommandAsync("ACL", "SETUSER", "default", "off");
    }

    // A certificate authority of this test, and a certificate that it signs.
    private string WriteCertificates()
    {
        var (from, until) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var authorityRequest = new CertificateRequest("CN=Test authority", authorityKey, HashAlgorithmName.SHA256);
        authorityRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var authority = authorityRequest.CreateSelfSigned(from, until);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(authority, from, until, [1, 2, 3, 4]);

        File.WriteAllText(folder.File("ca.pem"), authority.ExportCertificatePem());
        File.WriteAllText(folder.File("redis.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(folder.File("redis.key"), key.ExportPkcs8PrivateKeyPem());
        return folder.File("ca.pem");
    }
}
