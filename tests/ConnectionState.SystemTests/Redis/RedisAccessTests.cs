using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>Users, passwords and TLS.</summary>
public sealed class RedisAccessTests : IDisposable
{
    // The permissions that docs/redis.md asks for, and no more.
    private static readonly string[] Needed =
        ["~cs:*", "&cs:*", "+@read", "+@write", "+@scripting", "+@connection", "+@pubsub", "+time", "-@dangerous", "+info", "+config|get"];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_user_with_the_documented_permissions_is_served()
    {
        await using var redis = await StartAsync();
        await using var server = await ServerProcess.StartOnRedisAsync($"{redis.Configuration},user=cs,password=secret");
        using var client = server.NewClient();
        var shop = new ApiMerchant(client, "shop-1");

        await shop.ConnectAsync(ApiMerchant.A);

        Assert.Equal([ApiMerchant.A.PageId], await shop.ListedAsync());
        Assert.Contains("appendfsync everysec", server.Announcement, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", server.Process.Output + server.Process.Errors, StringComparison.Ordinal);
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
    [InlineData("-info")]
    [InlineData("resetkeys")]
    public async Task A_user_without_a_needed_permission_is_refused_at_start(params string[] removed)
    {
        await using var redis = await StartAsync(removed);

        var refused = await RedisStartTests.RefusedAsync($"{redis.Configuration},user=cs,password=secret");

        Assert.StartsWith("Redis does not serve after 00:00:01: ", refused, StringComparison.Ordinal);
    }

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
        await redis.CommandAsync(["ACL", "SETUSER", "cs", "on", ">secret", .. Needed, .. removed]);

        // Otherwise a client that fails to authenticate silently continues as the default user.
        await redis.CommandAsync("ACL", "SETUSER", "default", "off");
        return redis;
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
