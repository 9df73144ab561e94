using System.Security.Cryptography.X509Certificates;
using ConnectionStateService.Auth;
using ConnectionStateService.Client;
using ConnectionStateService.Hosting;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Tests.Hosting.Tls;

/// <summary>Mutual TLS: which client certificates the gRPC endpoint accepts.</summary>
public sealed class TlsClientCertificateTests
{
    private static readonly Dictionary<string, string?> InboxOnly = new() { ["Listen:ClientCertificates:Names:0"] = "inbox.internal" };

    [Fact]
    public async Task A_required_certificate_must_be_of_the_authority_valid_for_clients_and_of_an_allowed_name()
    {
        await using var server = await TlsService.StartAsync("RequireCertificate", InboxOnly);
        using var other = new TestAuthority();

        await AssertServedAsync(server, server.Authority.Issue("inbox.internal"));
        await AssertRefusedAsync(server, null);
        await AssertRefusedAsync(server, TestAuthority.SelfSigned("inbox.internal"));
        await AssertRefusedAsync(server, server.Authority.Issue("inbox.internal", validDays: -1));
        await AssertRefusedAsync(server, server.Authority.Issue("inbox.internal", TestAuthority.ServerUsage));
        await AssertRefusedAsync(server, server.Authority.Issue("other.internal"));
        await AssertRefusedAsync(server, other.Issue("inbox.internal"));
        await AssertServedAsync(server, server.Authority.Issue("inbox.internal"));

        Assert.Contains(server.Refusals, text => text.Contains("CN=other.internal: none of its names", StringComparison.Ordinal));
        Assert.Contains(server.Refusals, text => text.Contains("CN=inbox.internal: it is expired", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_names_every_name_that_the_authority_has_certified_is_accepted()
    {
        await using var server = await TlsService.StartAsync("RequireCertificate");

        await AssertServedAsync(server, server.Authority.Issue("other.internal"));
    }

    [Fact]
    public async Task An_allowed_certificate_may_be_missing_but_not_wrong()
    {
        await using var server = await TlsService.StartAsync("AllowCertificate", InboxOnly);

        await AssertServedAsync(server, null);
        await AssertServedAsync(server, server.Authority.Issue("inbox.internal"));
        await AssertRefusedAsync(server, TestAuthority.SelfSigned("inbox.internal"));
        await AssertRefusedAsync(server, server.Authority.Issue("other.internal"));
    }

    [Fact]
    public async Task The_HTTP_endpoint_asks_for_no_certificate_if_only_the_gRPC_endpoint_requires_one()
    {
        await using var server = await TlsService.StartAsync("RequireCertificate");
        using var http = new HttpClient(server.NewHandler());

        Assert.Equal("ready", await http.GetStringAsync(new Uri(server.Http, "health/ready")));
    }

    [Fact]
    public async Task Another_authority_is_trusted_as_soon_as_the_file_names_it()
    {
        await using var server = await TlsService.StartAsync("RequireCertificate");
        using var next = new TestAuthority("CN=Next authority");
        await AssertRefusedAsync(server, next.Issue("inbox.internal"));

        await File.WriteAllTextAsync(server.AuthorityPath, next.Certificate.ExportCertificatePem());
        server.Service.Clock.Advance(TimeSpan.FromSeconds(1));

        await AssertServedAsync(server, next.Issue("inbox.internal"));
        await AssertRefusedAsync(server, server.Authority.Issue("inbox.internal"));
    }

    [Fact]
    public async Task All_certificates_of_mutual_TLS_are_replaced_under_load_without_a_failed_call()
    {
        await using var server = await TlsService.StartAsync("RequireCertificate", InboxOnly);
        using var next = new TestAuthority("CN=Next authority");
        var client = server.Authority.Issue("inbox.internal");
        using var stop = new CancellationTokenSource();
        var begun = 0;
        var load = Task.WhenAll(Enumerable.Range(0, 4).Select(caller => Task.Run(() => CallAsync(caller % 2 == 0))));

        // Each handshake reads the files again if they have changed: also half-written ones, and the key of another certificate.
        var handshakes = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                server.Service.Clock.Advance(TimeSpan.FromSeconds(1));
                await Task.Delay(1);
            }
        });
        for (var rotation = 0; rotation < 10; rotation++)
        {
            await UntilCallsAsync(10);
            server.Authority.WriteServer(server.CertificatePath, server.KeyPath);
        }

        // As docs/tls.md says: both authorities, then the new certificates, then the new authority alone.
        await File.WriteAllTextAsync(server.AuthorityPath, server.Authority.Certificate.ExportCertificatePem() + "\n" + next.Certificate.ExportCertificatePem());
        await UntilCallsAsync(10);
        await Eventually.TrueAsync(() => IsServedAsync(next.Issue("inbox.internal")));
        Volatile.Write(ref client, next.Issue("inbox.internal"));
        await UntilCallsAsync(10);
        await File.WriteAllTextAsync(server.AuthorityPath, next.Certificate.ExportCertificatePem());
        await UntilCallsAsync(10);
        await stop.CancelAsync();
        await handshakes;

        Assert.All(await load, calls => Assert.True(calls > 0));
        await Eventually.TrueAsync(async () => !await IsServedAsync(server.Authority.Issue("inbox.internal")));
        await AssertServedAsync(server, next.Issue("inbox.internal"));

        async Task<int> CallAsync(bool newConnections)
        {
            var calls = 0;
            var channel = server.NewChannel(Volatile.Read(ref client));
            try
            {
                for (; !stop.IsCancellationRequested; calls++)
                {
                    // Counted before the certificate is chosen, so that later counts are of calls with later certificates.
                    Interlocked.Increment(ref begun);
                    if (newConnections)
                    {
                        channel.Dispose();
                        channel = server.NewChannel(Volatile.Read(ref client));
                    }

                    await new PageService.PageServiceClient(channel).GetPageListAsync(new() { MerchantId = "shop" }, cancellationToken: CancellationToken.None);
                }
            }
            finally
            {
                channel.Dispose();
            }

            return calls;
        }

        Task UntilCallsAsync(int calls)
        {
            var before = Volatile.Read(ref begun);
            return Eventually.TrueAsync(() => Task.FromResult(load.IsFaulted || Volatile.Read(ref begun) >= before + calls));
        }

        async Task<bool> IsServedAsync(X509Certificate2 certificate)
        {
            using var channel = server.NewChannel(certificate);
            try
            {
                await new PageService.PageServiceClient(channel).GetPageListAsync(new() { MerchantId = "shop" });
                return true;
            }
            catch (RpcException)
            {
                return false;
            }
        }
    }

    [Theory]
    [InlineData("Kestrel:Endpoints:Grpc:ClientCertificateMode", "RequireCertificate")]
    [InlineData("Kestrel:EndpointDefaults:ClientCertificateMode", "AllowCertificate")]
    public async Task Client_certificates_without_an_authority_are_refused_at_start(string option, string mode)
    {
        var settings = new Dictionary<string, string?> { ["Kestrel:Endpoints:Grpc:Url"] = "http://127.0.0.1:0", [option] = mode };

        var refused = await Record.ExceptionAsync(() => Service.StartAsync(settings, listens: true));

        Assert.Equal(
            [$"{option} is {mode}, but Listen:ClientCertificates:AuthorityPath does not name the authorities of the clients."],
            StartupErrors.Describe(Assert.IsAssignableFrom<Exception>(refused)));
    }

    [Theory]
    [InlineData("Kestrel:Endpoints:Grpc:ClientCertificateMode", "RequireCertificate")]
    [InlineData("Kestrel:EndpointDefaults:ClientCertificateMode", "AllowCertificate")]
    [InlineData("Kestrel:Endpoints:Grpc:Sni:localhost:ClientCertificateMode", "RequireCertificate")]
    public async Task Client_certificates_on_an_endpoint_with_certificates_by_host_name_are_refused_at_start(string option, string mode)
    {
        var settings = new Dictionary<string, string?>
        {
            ["Kestrel:Endpoints:Grpc:Sni:localhost:Certificate:Path"] = "server.pem",
            ["Kestrel:Endpoints:Grpc:Sni:localhost:Certificate:KeyPath"] = "server.key",
            [option] = mode,
        };

        var refused = await Record.ExceptionAsync(async () => await (await TlsService.StartAsync(clientCertificates: null, settings)).DisposeAsync());

        Assert.Equal(
            [$"{option} is {mode}, but Kestrel:Endpoints:Grpc chooses certificates by host name (Sni), which cannot be combined. Set Kestrel:Endpoints:Grpc:Certificate:Path and :KeyPath instead of Sni."],
            StartupErrors.Describe(Assert.IsAssignableFrom<Exception>(refused)));
    }

    [Fact]
    public async Task The_certificate_of_a_connection_names_the_caller_over_TLS()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(
            folder.File("keys.json"),
            """{ "certificates": [{ "name": "inbox.internal", "caller": "inbox", "scopes": ["pages.read", "plan.write"] }, { "name": "plan.internal", "scopes": ["plan.write"] }] }""");
        await using var server = await TlsService.StartAsync(
            "AllowCertificate", new() { ["Auth:Mode"] = "Certificates", ["Auth:KeysFile"] = folder.File("keys.json") });
        using var inbox = server.NewChannel(server.Authority.Issue("inbox.internal"));
        using var plan = server.NewChannel(server.Authority.Issue("plan.internal"));
        using var unknown = server.NewChannel(server.Authority.Issue("other.internal"));
        using var nobody = server.NewChannel();

        await new PlanService.PlanServiceClient(inbox).SetPlanAsync(new() { MerchantId = "shop", Plan = Plan.Standard, BoughtPages = 3, Actor = "somebody else" });
        var changes = await new PageService.PageServiceClient(inbox).ListChangesAsync(new() { MerchantId = "shop", Limit = 10 });

        Assert.Equal("inbox", Assert.Single(changes.Changes).Actor);
        Assert.Equal(ErrorReason.ScopeMissing, await RefusalAsync(plan));
        Assert.Equal(ErrorReason.TokenMissing, await RefusalAsync(unknown));
        Assert.Equal(ErrorReason.TokenMissing, await RefusalAsync(nobody));

        static async Task<ErrorReason> RefusalAsync(Grpc.Net.Client.GrpcChannel channel) => (await Assert.ThrowsAsync<RpcException>(
            async () => await new PageService.PageServiceClient(channel).GetPageListAsync(new() { MerchantId = "shop" }))).GetConnectionStateError().Reason;
    }

    [Fact]
    public void The_names_of_a_certificate_are_its_DNS_names_and_URIs()
    {
        using var authority = new TestAuthority();
        using var certificate = authority.Issue("inbox.internal");

        Assert.Equal(["inbox.internal"], CertificateNames.Find(certificate));
        Assert.Empty(CertificateNames.Find(authority.Certificate));
    }

    private static async Task AssertServedAsync(TlsService server, X509Certificate2? client)
    {
        using var channel = server.NewChannel(client);
        var reply = await new PageService.PageServiceClient(channel).GetPageListAsync(new() { MerchantId = "shop" });
        Assert.Empty(reply.PageList.Connections);
    }

    private static async Task AssertRefusedAsync(TlsService server, X509Certificate2? client)
    {
        using var channel = server.NewChannel(client);
        var refused = await Assert.ThrowsAsync<RpcException>(
            async () => await new PageService.PageServiceClient(channel).GetPageListAsync(new() { MerchantId = "shop" }));
        Assert.True(refused.StatusCode is StatusCode.Unavailable or StatusCode.Internal, $"{refused.Status}");
    }
}
