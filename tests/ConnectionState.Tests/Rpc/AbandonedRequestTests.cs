using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ConnectionStateService.Tests.Limits;
using ConnectionStateService.Tests.Support;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace ConnectionStateService.Tests.Rpc;

/// <summary>Clients that go away within a request, over Kestrel's sockets: the call ends, nothing is logged as an error, and the service goes on.</summary>
public sealed class AbandonedRequestTests : IAsyncLifetime
{
    // The header of a message of 16 bytes, and 3 bytes of it.
    private static readonly byte[] Truncated = [0, 0, 0, 0, 16, 10, 1, (byte)'m'];
    private static readonly byte[] Whole = [0, 0, 0, 0, 3, 10, 1, (byte)'m'];

    private readonly FakeLogCollector log = new();
    private Service service = null!;
    private MetricCollector<long> active = null!;

    public async Task InitializeAsync()
    {
        service = await Service.StartAsync(
            listens: true, replace: services => services.AddLogging(logging => logging.AddProvider(new FakeLoggerProvider(log))));
        active = new MetricCollector<long>(
            service.Services.GetRequiredService<IMeterFactory>(), "Microsoft.AspNetCore.Hosting", "http.server.active_requests");
    }

    public async Task DisposeAsync()
    {
        active.Dispose();
        await service.DisposeAsync();
    }

    [Theory]
    [InlineData("within the message", true)]
    [InlineData("within the message", false)]
    [InlineData("after the message", true)]
    [InlineData("after the message", false)]
    public Task A_gRPC_call_that_is_reset_or_whose_connection_is_closed_leaves_nothing_behind(string when, bool isReset) => RepeatAsync(async method =>
    {
        using var connection = await RawHttp2.ConnectAsync(Endpoint(0));
        connection.Add(RawHttp2.Headers, RawHttp2.EndHeaders, 1, RawHttp2.CallHeaders(method));
        connection.Add(RawHttp2.Data, 0, 1, when == "within the message" ? Truncated : Whole);
        Assert.True(await connection.SendAsync());
        await UntilBegunAsync();
        if (isReset)
        {
            connection.Add(RawHttp2.Reset, 0, 1, [0, 0, 0, 8]);
            Assert.True(await connection.SendAsync());
            await UntilEndedAsync();
        }
    });

    [Theory]
    [InlineData("within the message", true)]
    [InlineData("within the message", false)]
    [InlineData("after the message", true)]
    [InlineData("after the message", false)]
    public Task A_gRPC_Web_call_whose_connection_is_closed_or_reset_leaves_nothing_behind(string when, bool isReset) => RepeatAsync(async method =>
    {
        using var client = new TcpClient();
        await client.ConnectAsync(Endpoint(1));
        client.LingerState = new LingerOption(isReset, 0);
        var headers = $"POST {method} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/grpc-web+proto\r\nContent-Length: {Truncated.Length + 13}\r\n\r\n";
        await client.GetStream().WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(headers), .. when == "within the message" ? Truncated : Whole]);
        await UntilBegunAsync();
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task A_call_in_JSON_whose_connection_is_closed_or_reset_leaves_nothing_behind(bool isReset) => RepeatAsync(
        async path =>
        {
            using var client = new TcpClient();
            await client.ConnectAsync(Endpoint(1));
            client.LingerState = new LingerOption(isReset, 0);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(
                $"PUT {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{{\"plan\""));
            await UntilBegunAsync();
        },
        "/v1/merchants/m/plan");

    private Task RepeatAsync(Func<string, Task> abandon) =>
        RepeatAsync(abandon, "/connectionstate.v1.PageService/GetPageList", "/connectionstate.v1.WatchService/WatchPageList");

    private async Task RepeatAsync(Func<string, Task> abandon, params string[] paths)
    {
        foreach (var path in paths)
        {
            for (var i = 0; i < 5; i++)
            {
                active.Clear();
                await abandon(path);
                await UntilEndedAsync();
            }
        }

        // Kestrel warns of a connection over HTTP/1.1 that ends within a body (dotnet/aspnetcore issue 17840). The service turns that off in its
        // appsettings.json, which this process does not read; ProcessFloodTests counts the lines.
        var logged = log.GetSnapshot().FirstOrDefault(
            entry => entry.Level >= LogLevel.Error || (entry.Level == LogLevel.Warning && entry.Message != "Connection processing ended abnormally."));
        Assert.True(logged is null, $"{logged?.Category}: {logged?.Message} {logged?.Exception}");
        await service.Client.Pages.GetPageListAsync(new() { MerchantId = "m" });
    }

    private Task UntilBegunAsync() => Eventually.TrueAsync(() => Task.FromResult(active.GetMeasurementSnapshot().Count > 0));

    private Task UntilEndedAsync() => Eventually.TrueAsync(() => Task.FromResult(active.GetMeasurementSnapshot().Sum(measurement => measurement.Value) == 0));

    private IPEndPoint Endpoint(int index) => IPEndPoint.Parse(new Uri(
        service.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ElementAt(index)).Authority);
}
