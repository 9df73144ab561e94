using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace ConnectionStateService.Tests.Client;

/// <summary>The client's messages for a wrong address, a server that is down and a proxy.</summary>
public sealed class ErrorMessageTests
{
    [Fact]
    public async Task A_server_that_is_down_is_reported_with_its_address()
    {
        using var client = new ConnectionStateClient(new() { Address = new("http://127.0.0.1:1"), MaxAttempts = 1 });

        var failure = await FailAsync(client);

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.StartsWith("Unavailable: Cannot reach ConnectionState at http://127.0.0.1:1/: Connection refused.", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Check that the server is running", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_host_is_reported_with_its_address()
    {
        using var client = new ConnectionStateClient(new() { Address = new("http://no-such-host.invalid:5081"), MaxAttempts = 1 });

        var failure = await FailAsync(client);

        Assert.Equal(StatusCode.Unavailable, failure.StatusCode);
        Assert.StartsWith("Unavailable: Cannot reach ConnectionState at http://no-such-host.invalid:5081/", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_in_time_is_reported_with_the_time_and_the_request_id()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var options = new ConnectionStateClientOptions { Address = new($"http://{listener.LocalEndpoint}"), Deadline = TimeSpan.FromMilliseconds(200) };
        using var client = new ConnectionStateClient(options);

        var failure = await Assert.ThrowsAsync<RpcException>(
            () => client.Pages.DisconnectAsync(new() { MerchantId = "m", RequestId = "mine" }).ResponseAsync.WaitAsync(Eventually.Patience));

        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
        Assert.StartsWith($"DeadlineExceeded: ConnectionState at {options.Address} did not answer within ", failure.Message, StringComparison.Ordinal);

        // The time that passed, not the deadline: on a busy machine it is longer.
        var waited = Regex.Match(failure.Message, @"within ([0-9.]+) s\. ").Groups[1].Value;
        Assert.InRange(double.Parse(waited, CultureInfo.InvariantCulture), 0.2, Eventually.Patience.TotalSeconds);
        Assert.Contains(
            " s. The server may have applied the request: repeat it with request_id 'mine' to be safe. Check",
            failure.Message,
            StringComparison.Ordinal);
        Assert.True(failure.GetConnectionStateError().IsTransient);
    }

    [Fact]
    public async Task A_read_that_is_not_answered_in_time_is_reported_without_advice_to_repeat_it()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var options = new ConnectionStateClientOptions { Address = new($"http://{listener.LocalEndpoint}"), Deadline = TimeSpan.FromMilliseconds(200) };
        using var client = new ConnectionStateClient(options);

        var failure = await FailAsync(client);

        Assert.Equal(StatusCode.DeadlineExceeded, failure.StatusCode);
        Assert.Contains(" s. Check the server's load", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("applied", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(HttpStatusCode.Unauthorized, StatusCode.Unauthenticated)]
    [InlineData(HttpStatusCode.Forbidden, StatusCode.PermissionDenied)]
    [InlineData(HttpStatusCode.NotFound, StatusCode.Unimplemented)]
    [InlineData(HttpStatusCode.ServiceUnavailable, StatusCode.Unavailable)]
    public async Task An_HTTP_status_of_a_proxy_is_reported_without_advice_to_change_the_port(HttpStatusCode answer, StatusCode expected)
    {
        using var proxy = new Proxy(answer);
        var options = new ConnectionStateClientOptions { MaxAttempts = 1 };
        using var client = new ConnectionStateClient(options, channel => channel.HttpHandler = proxy);

        var failure = await FailAsync(client);

        Assert.Equal(
            (expected, $"A proxy at {options.Address} answered HTTP {(int)answer}. Check the proxy's authentication and backends."),
            (failure.StatusCode, failure.Status.Detail));
    }

    [Fact]
    public async Task The_HTTP_port_in_place_of_the_gRPC_port_is_reported()
    {
        await using var web = await StartHttp1Async();
        using var client = new ConnectionStateClient(new() { Address = new(web.Urls.Single()), MaxAttempts = 1 });

        var failure = await FailAsync(client);

        Assert.Contains("does not speak gRPC over HTTP/2: it is probably the server's HTTP port", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Set ConnectionStateClientOptions.Address to the gRPC port", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task https_in_place_of_http_is_reported()
    {
        await using var web = await StartHttp1Async();
        var address = new UriBuilder(web.Urls.Single()) { Scheme = "https" }.Uri;
        using var client = new ConnectionStateClient(new() { Address = address, MaxAttempts = 1 });

        var failure = await FailAsync(client);

        Assert.Contains($"The TLS handshake with {address} failed", failure.Message, StringComparison.Ordinal);
        Assert.Contains("https only if the port serves TLS", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_watch_reports_the_same_message()
    {
        using var client = new ConnectionStateClient(new() { Address = new("http://127.0.0.1:1") });

        await foreach (var update in client.Watcher.WatchAsync("m"))
        {
            Assert.StartsWith("Unavailable: Cannot reach ConnectionState at http://127.0.0.1:1/", update.Failure!.Message, StringComparison.Ordinal);
            break;
        }
    }

    private static Task<RpcException> FailAsync(ConnectionStateClient client) => Assert.ThrowsAsync<RpcException>(
        () => client.Pages.GetPageListAsync(new() { MerchantId = "m" }).ResponseAsync.WaitAsync(Eventually.Patience));

    private static async Task<WebApplication> StartHttp1Async()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http1));
        var app = builder.Build();
        await app.StartAsync();
        return app;
    }

    /// <summary>Answers with a status over HTTP/2.</summary>
    private sealed class Proxy(HttpStatusCode status) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(status) { Version = HttpVersion.Version20, RequestMessage = request });
    }
}
