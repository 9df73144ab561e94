using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using ConnectionStateService.Hosting;
using ConnectionStateService.Tests.Support;
using Grpc.Net.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace ConnectionStateService.Tests.Hosting.Tls;

/// <summary>The service with TLS on both endpoints, by the configuration of Kestrel.</summary>
internal sealed class TlsService : IAsyncDisposable
{
    private readonly TemporaryFolder folder;
    private readonly FakeLogger<RefusalLog> refusals;
    private int connections;

    private TlsService(TemporaryFolder folder, TestAuthority authority, Service service, FakeLogger<RefusalLog> refusals)
    {
        (this.folder, Authority, Service, this.refusals) = (folder, authority, service, refusals);
        var bound = service.Services.GetRequiredService<BoundEndpoints>();
        (Grpc, Http) = (new Uri(bound.Grpc), new Uri(bound.Http));
    }

    public TestAuthority Authority { get; }

    public Service Service { get; }

    public Uri Grpc { get; }

    public Uri Http { get; }

    /// <summary>The number of connections that the clients made by this have opened.</summary>
    public int Connections => Volatile.Read(ref connections);

    public IEnumerable<string> Refusals => refusals.Collector.GetSnapshot().Select(record => record.Message);

    public string CertificatePath => folder.File("server.pem");

    public string KeyPath => folder.File("server.key");

    public string AuthorityPath => folder.File("clients.pem");

    /// <summary>Starts it.</summary>
    /// <param name="clientCertificates">The <c>ClientCertificateMode</c> of the gRPC endpoint, or null to leave it to the settings.</param>
    /// <param name="settings">Other options.</param>
    /// <param name="authority">Issues the certificates; by default a new one.</param>
    public static async Task<TlsService> StartAsync(
        string? clientCertificates = "NoCertificate", Dictionary<string, string?>? settings = null, TestAuthority? authority = null)
    {
        var folder = new TemporaryFolder();
        authority ??= new TestAuthority();
        var (certificate, key, clients) = (folder.File("server.pem"), folder.File("server.key"), folder.File("clients.pem"));
        authority.WriteServer(certificate, key);
        await File.WriteAllTextAsync(clients, authority.Certificate.ExportCertificatePem());
        var refusals = new FakeLogger<RefusalLog>();
        var all = new Dictionary<string, string?>(settings ?? [])
        {
            ["Kestrel:Certificates:Default:Path"] = certificate,
            ["Kestrel:Certificates:Default:KeyPath"] = key,
            ["Kestrel:Endpoints:Grpc:Url"] = "https://127.0.0.1:0",
            ["Kestrel:Endpoints:Http:Url"] = "https://127.0.0.1:0",
            ["Listen:ClientCertificates:AuthorityPath"] = clients,
        };
        if (clientCertificates is not null)
        {
            all["Kestrel:Endpoints:Grpc:ClientCertificateMode"] = clientCertificates;
        }

        var service = await Service.StartAsync(
            all,
            services => services.AddSingleton<ILogger<RefusalLog>>(refusals),
            listens: true);
        return new(folder, authority, service, refusals);
    }

    /// <summary>Returns a handler that trusts the authority, and counts its connections.</summary>
    public SocketsHttpHandler NewHandler(X509Certificate2? client = null)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(Authority.Certificate);
        return new SocketsHttpHandler
        {
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = policy,
                ClientCertificates = client is null ? null : [client],
                LocalCertificateSelectionCallback = client is null ? null : (_, _, _, _, _) => client,
            },
            EnableMultipleHttp2Connections = true,
            PlaintextStreamFilter = (context, _) =>
            {
                Interlocked.Increment(ref connections);
                return ValueTask.FromResult(context.PlaintextStream);
            },
        };
    }

    /// <summary>Returns a gRPC channel to the gRPC endpoint.</summary>
    public GrpcChannel NewChannel(X509Certificate2? client = null) =>
        GrpcChannel.ForAddress(Grpc, new GrpcChannelOptions { HttpHandler = NewHandler(client), DisposeHttpClient = true });

    public async ValueTask DisposeAsync()
    {
        await Service.DisposeAsync();
        Authority.Dispose();
        folder.Dispose();
    }
}
