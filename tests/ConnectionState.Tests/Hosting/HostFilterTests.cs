using System.Net;
using ConnectionStateService.Hosting;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace ConnectionStateService.Tests.Hosting;

/// <summary>HostFilter: protection against DNS rebinding.</summary>
public sealed class HostFilterTests
{
    // A public listener must not be open to everybody. What is refused is answered with OK too, and the error of gRPC.
    private static readonly Dictionary<string, string?> Authenticated = new()
    {
        ["Auth:Mode"] = "Jwt",
        ["Auth:Jwt:Authority"] = "https://login.example",
        ["Auth:Jwt:Audiences:0"] = "connectionstate",
    };

    private static readonly string[] Loopback = ["localhost", "localhost:5080", "LOCALHOST", "console.localhost:5080", "127.0.0.1", "127.0.0.1:5080", "[::1]:5080"];
    private static readonly string[] OtherNames = ["evil.example", "evil.example:5080", "127.0.0.1.evil.example", "localhost.evil.example", "127.0.0.2", "10.0.0.1"];

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    public async Task A_loopback_listener_answers_loopback_names_only(string address)
    {
        await using var service = await StartAsync(listen => listen.Address = address);

        await AssertAnsweredAsync(service, Loopback);
        await AssertRefusedAsync(service, OtherNames);
    }

    [Fact]
    public async Task A_listener_on_another_loopback_address_answers_that_address()
    {
        await using var service = await StartAsync(listen => listen.Address = "127.0.0.2");

        await AssertAnsweredAsync(service, ["127.0.0.2:5080"]);
        await AssertRefusedAsync(service, ["127.0.0.3", "evil.example"]);
    }

    [Fact]
    public async Task A_public_listener_answers_any_name_unless_AllowedHosts_is_set()
    {
        await using var open = await StartAsync(listen => listen.Address = "0.0.0.0");
        await using var listed = await StartAsync(listen => (listen.Address, listen.AllowedHosts) = ("0.0.0.0", ["inbox.example", "*.shops.example", "bücher.example"]));

        await AssertAnsweredAsync(open, [.. Loopback, .. OtherNames]);
        await AssertAnsweredAsync(listed, ["inbox.example:5080", "a.shops.example", "xn--bcher-kva.example"]);
        await AssertRefusedAsync(listed, ["localhost", "127.0.0.1", "b.inbox.example", "shops.example", .. OtherNames]);
    }

    [Fact]
    public async Task AllowedHosts_replaces_the_loopback_names()
    {
        await using var service = await StartAsync(listen => listen.AllowedHosts = ["inbox.example"]);

        await AssertAnsweredAsync(service, ["inbox.example"]);
        await AssertRefusedAsync(service, ["localhost"]);
    }

    [Fact]
    public async Task A_refused_host_is_logged_once()
    {
        var logger = new FakeLogger<RefusalLog>();
        await using var service = await Service.StartAsync(replace: services => services.AddSingleton<ILogger<RefusalLog>>(logger));

        await AssertRefusedAsync(service, ["evil.example"]);

        Assert.Contains("evil.example", Assert.Single(logger.Collector.GetSnapshot()).Message, StringComparison.Ordinal);
    }

    // Calls the console, a health endpoint and the API.
    private static async Task<HttpStatusCode[]> CallAsync(Service service, string host)
    {
        using var http = service.NewHttpClient();
        var statuses = new List<HttpStatusCode>();
        foreach (var (method, path) in new[] { ("GET", "/"), ("GET", "/health/live"), ("POST", "/connectionstate.v1.PageService/GetPageList") })
        {
            using var request = new HttpRequestMessage(new(method), path) { Headers = { Host = host } };
            if (method == "POST")
            {
                request.Content = new ByteArrayContent([0, 0, 0, 0, 3, 10, 1, (byte)'m']) { Headers = { ContentType = new("application/grpc-web") } };
            }

            using var reply = await http.SendAsync(request);
            statuses.Add(reply.StatusCode);
        }

        return [.. statuses];
    }

    private static Task AssertAnsweredAsync(Service service, IEnumerable<string> hosts) => AssertAllAsync(service, hosts, HttpStatusCode.OK);

    private static Task AssertRefusedAsync(Service service, IEnumerable<string> hosts) => AssertAllAsync(service, hosts, HttpStatusCode.MisdirectedRequest);

    private static async Task AssertAllAsync(Service service, IEnumerable<string> hosts, HttpStatusCode expected)
    {
        foreach (var host in hosts)
        {
            Assert.Equal((host, expected), (host, Assert.Single((await CallAsync(service, host)).Distinct())));
        }
    }

    private static Task<Service> StartAsync(Action<ListenOptions> configure) =>
        Service.StartAsync(new(Authenticated), services => services.Configure(configure));
}
