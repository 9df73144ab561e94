using System.Net;
using System.Net.Security;
using ConnectionStateService.Hosting;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;

namespace ConnectionStateService.Tests.Hosting.Tls;

/// <summary>TLS on both endpoints: protocols, the checks for browsers, and certificates that change.</summary>
public sealed class TlsTests
{
    [Fact]
    public async Task gRPC_Web_streams_share_one_HTTP_2_connection()
    {
        const int Streams = 50;
        await using var server = await TlsService.StartAsync();
        using var channel = GrpcChannel.ForAddress(server.Http, new GrpcChannelOptions
        {
            HttpHandler = new GrpcWebHandler(server.NewHandler()),
            HttpVersion = HttpVersion.Version20,
            DisposeHttpClient = true,
        });

        var watches = Enumerable.Range(0, Streams).Select(n => new WatchService.WatchServiceClient(channel).WatchPageList(new() { MerchantId = $"shop-{n}" })).ToList();
        Assert.All(await Task.WhenAll(watches.Select(watch => watch.ResponseStream.MoveNext(CancellationToken.None))), Assert.True);

        Assert.Equal(1, server.Connections);
        watches.ForEach(watch => watch.Dispose());
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Host_names_and_origins_are_checked_on_the_HTTP_endpoint_over_every_protocol(string version)
    {
        await using var server = await TlsService.StartAsync(settings: new() { ["Listen:AllowedOrigins:0"] = "https://inbox.example" });
        var handler = server.NewHandler();

        // The Host header is the name that the client expects in the certificate.
        handler.SslOptions.RemoteCertificateValidationCallback = (_, _, _, errors) => errors is SslPolicyErrors.None or SslPolicyErrors.RemoteCertificateNameMismatch;
        using var http = new HttpClient(handler);

        using var own = await http.SendAsync(NewRequest(server.Http, version));
        using var foreign = await http.SendAsync(NewRequest(server.Http, version, host: "evil.example"));
        using var allowed = await http.SendAsync(NewRequest(server.Http, version, origin: "https://inbox.example"));
        using var refused = await http.SendAsync(NewRequest(server.Http, version, origin: "https://evil.example"));

        Assert.Equal((HttpStatusCode.OK, Version.Parse(version)), (own.StatusCode, own.Version));
        Assert.Equal(HttpStatusCode.MisdirectedRequest, foreign.StatusCode);
        Assert.Equal(["https://inbox.example"], allowed.Headers.GetValues("Access-Control-Allow-Origin"));
        Assert.False(refused.Headers.Contains("Access-Control-Allow-Origin"));
        Assert.Contains(server.Refusals, text => text.Contains("https://evil.example", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_gRPC_endpoint_answers_neither_gRPC_Web_nor_HTTP_1_1()
    {
        await using var server = await TlsService.StartAsync();
        using var http = new HttpClient(server.NewHandler());

        using var web = await http.SendAsync(NewRequest(server.Grpc, "2.0"));

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, web.StatusCode);
        await Assert.ThrowsAsync<HttpRequestException>(() => http.SendAsync(NewRequest(server.Grpc, "1.1")));
    }

    [Fact]
    public async Task An_endpoint_that_Kestrel_does_not_configure_listens_where_Listen_says()
    {
        await using var service = await Service.StartAsync(
            new() { ["Kestrel:Endpoints:Http:Url"] = "http://127.0.0.1:0" }, listens: true);

        Assert.Empty((await service.Client.Pages.GetPageListAsync(new() { MerchantId = "shop" })).PageList.Connections);
    }

    [Fact]
    public async Task A_new_certificate_is_used_for_new_connections_and_disturbs_neither_calls_nor_streams()
    {
        await using var server = await TlsService.StartAsync();
        using var before = server.NewChannel();
        using var watch = new WatchService.WatchServiceClient(before).WatchPageList(new() { MerchantId = "shop" });
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None));
        var first = await ReadSerialAsync(server);
        using var stop = new CancellationTokenSource();
        var load = Task.WhenAll(CallAsync(server, newConnections: false, stop.Token), CallAsync(server, newConnections: true, stop.Token));

        string[] later = [await RotateAsync(server), await RotateAsync(server), await RotateAsync(server)];
        await stop.CancelAsync();
        var calls = await load;

        Assert.Equal(4, later.Append(first).Distinct().Count());
        Assert.All(calls, count => Assert.True(count > 0));
        await new PlanService.PlanServiceClient(before).SetPlanAsync(new() { MerchantId = "shop", Plan = Plan.Trial });
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Eventually.Patience));
    }

    [Fact]
    public async Task A_certificate_that_cannot_be_used_leaves_the_one_before_in_use()
    {
        await using var server = await TlsService.StartAsync();
        var first = await ReadSerialAsync(server);

        // The key of another certificate, as between the replacement of the two files.
        server.Authority.WriteServer(server.CertificatePath + ".next", server.KeyPath);
        server.Service.Clock.Advance(TimeSpan.FromSeconds(1));
        var during = await ReadSerialAsync(server);
        File.Move(server.CertificatePath + ".next", server.CertificatePath, overwrite: true);
        server.Service.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(first, during);
        Assert.NotEqual(first, await ReadSerialAsync(server));
    }

    [Fact]
    public async Task A_certificate_behind_a_symbolic_link_is_read_again_when_the_link_changes()
    {
        using var folder = new TemporaryFolder();
        var authority = new TestAuthority();
        foreach (var generation in new[] { "1", "2" })
        {
            Directory.CreateDirectory(folder.File(generation));
            authority.WriteServer(folder.File($"{generation}/tls.crt"), folder.File($"{generation}/tls.key"));
        }

        // As Kubernetes mounts a secret: the files link into a folder that is a link itself.
        Directory.CreateSymbolicLink(folder.File("data"), folder.File("1"));
        File.CreateSymbolicLink(folder.File("tls.crt"), folder.File("data/tls.crt"));
        File.CreateSymbolicLink(folder.File("tls.key"), folder.File("data/tls.key"));
        var settings = new Dictionary<string, string?>
        {
            ["Kestrel:Endpoints:Grpc:Certificate:Path"] = folder.File("tls.crt"),
            ["Kestrel:Endpoints:Grpc:Certificate:KeyPath"] = folder.File("tls.key"),
        };
        await using var server = await TlsService.StartAsync(settings: settings, authority: authority);
        var first = await ReadSerialAsync(server);

        Directory.Delete(folder.File("data"));
        Directory.CreateSymbolicLink(folder.File("data"), folder.File("2"));
        server.Service.Clock.Advance(TimeSpan.FromSeconds(1));

        Assert.NotEqual(first, await ReadSerialAsync(server));
    }

    [Fact]
    public async Task All_errors_of_the_endpoints_are_reported_at_once()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("empty.pem"), "");
        var refused = await Record.ExceptionAsync(() => Service.StartAsync(
            new()
            {
                ["Kestrel:Endpoints:Grpc:Url"] = "https://127.0.0.1:0",
                ["Kestrel:Endpoints:Grpc:Protocols"] = "Http1AndHttp2",
                ["Kestrel:Endpoints:Grpc:Certificate:Path"] = folder.File("missing.pem"),
                ["Kestrel:Endpoints:Grpc:Certificate:KeyPath"] = folder.File("missing.key"),
                ["Kestrel:Endpoints:Grpc:ClientCertificateMode"] = "DelayCertificate",
                ["Kestrel:Endpoints:Http:Url"] = "127.0.0.1:0",
                ["Kestrel:Endpoints:Http:Protocol"] = "Http2",
                ["Kestrel:Endpoints:Metrics:Url"] = "http://127.0.0.1:0",
                ["Listen:ClientCertificates:AuthorityPath"] = folder.File("empty.pem"),
                ["Listen:HttpPort"] = "70000",
            },
            listens: true));

        var errors = StartupErrors.Describe(Assert.IsAssignableFrom<Exception>(refused))!;

        Assert.Equal(8, errors.Count);
        Assert.All(
            ["Kestrel:Endpoints:Grpc:Protocols is Http1AndHttp2", "Kestrel:Endpoints:Grpc:Certificate:Path is", "Kestrel:Endpoints:Grpc:ClientCertificateMode is 'DelayCertificate'",
                "Kestrel:Endpoints:Http:Url is '127.0.0.1:0'", "Kestrel:Endpoints:Http:Protocol is not an option. Did you mean Kestrel:Endpoints:Http:Protocols?",
                "Kestrel:Endpoints:Metrics is not an endpoint", "Listen:ClientCertificates:AuthorityPath is", "Listen:HttpPort is 70000"],
            start => Assert.Single(errors, error => error.StartsWith(start, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("Kestrel:Endpoints:Grpc:Url", "https://127.0.0.1:0", "Kestrel:Endpoints:Grpc has no certificate")]
    [InlineData("Kestrel:Endpoints:Grpc:Url", "", "Kestrel:Endpoints:Grpc:Url is ''")]
    [InlineData("Kestrel:Endpoints:Grpc:Protocols", "Http7", "Kestrel:Endpoints:Grpc:Protocols is 'Http7'; it must be one of")]
    public async Task An_endpoint_that_cannot_be_used_is_refused_at_start(string option, string value, string message)
    {
        var settings = new Dictionary<string, string?> { ["Kestrel:Endpoints:Grpc:Url"] = "http://127.0.0.1:0", [option] = value };

        var refused = await Record.ExceptionAsync(() => Service.StartAsync(settings, listens: true));

        Assert.StartsWith(message, Assert.Single(StartupErrors.Describe(Assert.IsAssignableFrom<Exception>(refused))!), StringComparison.Ordinal);
    }

    private static HttpRequestMessage NewRequest(Uri endpoint, string version, string? host = null, string? origin = null)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(endpoint, "connectionstate.v1.PageService/GetPageList"))
        {
            Version = Version.Parse(version),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent([0, 0, 0, 0, 3, 10, 1, (byte)'m']) { Headers = { ContentType = new("application/grpc-web") } },
        };
        request.Headers.Host = host;
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        return request;
    }

    // Replaces the certificate, and returns the serial number that the next connection sees.
    private static async Task<string> RotateAsync(TlsService server)
    {
        server.Authority.WriteServer(server.CertificatePath, server.KeyPath);
        server.Service.Clock.Advance(TimeSpan.FromSeconds(1));
        return await ReadSerialAsync(server);
    }

    private static async Task<string> ReadSerialAsync(TlsService server)
    {
        var serial = "";
        using var handler = server.NewHandler();
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
        {
            serial = certificate!.GetSerialNumberString();
            return errors == SslPolicyErrors.None;
        };
        using var channel = GrpcChannel.ForAddress(server.Grpc, new GrpcChannelOptions { HttpHandler = handler });
        await new PageService.PageServiceClient(channel).GetPageListAsync(new() { MerchantId = "shop" });
        return serial;
    }

    private static async Task<int> CallAsync(TlsService server, bool newConnections, CancellationToken stop)
    {
        var calls = 0;
        var channel = server.NewChannel();
        try
        {
            while (!stop.IsCancellationRequested)
            {
                await new PageService.PageServiceClient(channel).GetPageListAsync(new() { MerchantId = "shop" }, cancellationToken: CancellationToken.None);
                calls++;
                if (newConnections)
                {
                    channel.Dispose();
                    channel = server.NewChannel();
                }
            }
        }
        finally
        {
            channel.Dispose();
        }

        return calls;
    }
}
