using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using ConnectionStateService.Client;
using ConnectionStateService.Telemetry;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Web;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;

namespace ConnectionStateService.Tests.Limits;

/// <summary>Floods against Kestrel's sockets: another caller is served meanwhile, and soon afterwards nothing of the flood is left.</summary>
public sealed class FloodTests : IAsyncLifetime
{
    private const string WatchPath = "/connectionstate.v1.WatchService/WatchPageList";

    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(10);

    // In a long run. The test process itself allocates: client buffers, other tests. What such a flood leaves behind would be far more.
    private const long Allowance = 64 << 20;

    private readonly ServedObjects served = new(WatchPath);
    private Service service = null!;

    public async Task InitializeAsync() => service = await Service.StartAsync(
        listens: true,
        replace: services =>
        {
            served.AddTo(services);

            // The value in production is asserted in KestrelLimitTests; nobody wants to wait for it here.
            services.PostConfigure<KestrelServerOptions>(kestrel => kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(1));
        });

    public async Task DisposeAsync() => await service.DisposeAsync();

    [Fact]
    public Task A_rapid_reset_flood_ends_and_leaves_nothing_behind() =>
        SurviveAsync(() => Floods.ResetAsync(GrpcEndpoint, WatchPath, LongRun.Of(200_000, 10_000)));

    [Fact]
    public Task Many_tiny_frames_leave_nothing_behind() =>
        SurviveAsync(() => Floods.SendTinyFramesAsync(GrpcEndpoint, WatchPath, LongRun.Of(1_000_000, 50_000)));

    [Fact]
    public Task Headers_that_never_end_close_the_connection() => SurviveAsync(async () =>
    {
        using var connection = await RawHttp2.ConnectAsync(GrpcEndpoint);
        connection.Add(RawHttp2.Headers, 0, 1, RawHttp2.CallHeaders(WatchPath));
        while (await connection.SendAsync())
        {
            connection.Add(RawHttp2.Continuation, 0, 1, Encoding.ASCII.GetBytes("\0\u0001x\u0001y"));
            await Task.Delay(1);
        }
    });

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public Task Slow_headers_close_the_connection(string transport) => SurviveAsync(() => transport == "gRPC"
        ? Floods.SendSlowHttp2HeadersAsync(GrpcEndpoint, LongRun.Of(1_000, 100))
        : Floods.SendSlowHttp1HeadersAsync(HttpEndpoint, WatchPath, LongRun.Of(1_000, 100)));

    [Theory]
    [InlineData("gRPC")]
    [InlineData("gRPC-Web")]
    public Task Watches_that_open_and_close_leave_nothing_behind(string transport) => SurviveAsync(async () =>
    {
        using var channel = Open(transport);
        var watches = new WatchService.WatchServiceClient(channel);
        await Parallel.ForEachAsync(
            Enumerable.Range(0, LongRun.Of(10_000, 400)),
            new ParallelOptions { MaxDegreeOfParallelism = 16 },
            async (i, cancellation) =>
            {
                while (!await TryWatchAsync(watches, $"shop-{i % 100}", cancellation))
                {
                    await Task.Delay(1, cancellation);
                }
            });
        await Eventually.TrueAsync(() => Task.FromResult(OpenStreams() == 0));
        Assert.True(served.Calls > LongRun.Of(10_000, 400), "The calls were not tracked.");
    });

    // False while too many streams of the merchant are open: over HTTP/1.1 the server notices later that a stream was closed.
    private static async Task<bool> TryWatchAsync(WatchService.WatchServiceClient watches, string merchantId, CancellationToken cancellation)
    {
        using var call = watches.WatchPageList(new() { MerchantId = merchantId }, cancellationToken: cancellation);
        try
        {
            return await call.ResponseStream.MoveNext(cancellation);
        }
        catch (RpcException e) when (e.GetConnectionStateError().Reason == ErrorReason.WatchLimitExceeded)
        {
            return false;
        }
    }

    private IPEndPoint GrpcEndpoint => Endpoint(0);

    private IPEndPoint HttpEndpoint => Endpoint(1);

    private IPEndPoint Endpoint(int index) => IPEndPoint.Parse(new Uri(
        service.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.ElementAt(index)).Authority);

    private int OpenStreams()
    {
        using var open = new MetricCollector<int>(service.Services.GetRequiredService<IMeterFactory>(), Instruments.MeterName, "connectionstate.watch.open");
        open.RecordObservableInstruments();
        return open.LastMeasurement!.Value;
    }

    // Another caller is served during the flood and afterwards.
    private async Task SurviveAsync(Func<Task> flood)
    {
        using var grpcChannel = Open("gRPC");
        using var webChannel = Open("gRPC-Web");
        var pages = new PageService.PageServiceClient(grpcChannel);
        var web = new PageService.PageServiceClient(webChannel);
        await pages.GetPageListAsync(new() { MerchantId = "quiet" });
        await web.GetPageListAsync(new() { MerchantId = "quiet" });
        var (calls, connections) = served.CountAlive();
        Assert.Equal((0, 2), (calls, connections));
        var before = GC.GetTotalMemory(forceFullCollection: true);

        var flooding = Task.Run(flood);
        do
        {
            await pages.GetPageListAsync(new() { MerchantId = "quiet" }, deadline: DateTime.UtcNow + Recovery);
            await web.GetPageListAsync(new() { MerchantId = "quiet" }, deadline: DateTime.UtcNow + Recovery);
            await Task.Delay(5);
        }
        while (!flooding.IsCompleted);
        await flooding;

        var recovering = Stopwatch.StartNew();
        while (Leftovers(before) is { } leftovers)
        {
            Assert.True(recovering.Elapsed < Recovery, leftovers);
            await Task.Delay(100);
        }

        await pages.GetPageListAsync(new() { MerchantId = "quiet" });
        await web.GetPageListAsync(new() { MerchantId = "quiet" });
    }

    // The two connections of the quiet caller stay.
    private string? Leftovers(long before)
    {
        var (calls, connections) = served.CountAlive();
        if (calls > 0 || connections > 2)
        {
            return $"{calls} objects of calls and {connections - 2} connections are still in memory.";
        }

        var rise = GC.GetTotalMemory(forceFullCollection: true) - before;
        return LongRun.IsOn && rise > Allowance ? $"{rise >> 20} MiB are still in use." : null;
    }

    private GrpcChannel Open(string transport) => transport == "gRPC"
        ? GrpcChannel.ForAddress($"http://{GrpcEndpoint}")
        : GrpcChannel.ForAddress($"http://{HttpEndpoint}", new GrpcChannelOptions
        {
            HttpHandler = new GrpcWebHandler(GrpcWebMode.GrpcWeb, new SocketsHttpHandler()),
            HttpVersion = new Version(1, 1),
        });
}
