using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Net.Client;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests;

/// <summary>
/// Responses that are larger than the default HTTP/2 window of 64 KiB. The channel has a larger window, as docs/operations.md advises: with
/// the default one, two of about 45,000 responses never arrived on a busy machine.
/// </summary>
public sealed class LargeReplyTests(ITestOutputHelper log) : IDisposable
{
    private const int Changes = 1_000;
    private static readonly int Calls = LongRun.Of(all: 30_000, usual: 1_500);
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(1);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("connectionstate-large-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Responses_larger_than_the_default_HTTP2_window_arrive_one_after_another()
    {
        await using var server = await ServerProcess.StartAsync(Path.Combine(folder.FullName, "connectionstate.db"));
        using var client = server.NewClient();
        for (var n = 0; n < Changes; n++)
        {
            await client.Plans.SetPlanAsync(new() { MerchantId = "m", Plan = Plan.Standard, BoughtPages = n % 2, RequestId = $"{n:d60}" });
        }

        using var handler = new SocketsHttpHandler { InitialHttp2StreamWindowSize = 1 << 20 };
        using var channel = GrpcChannel.ForAddress(server.Grpc, new GrpcChannelOptions { HttpHandler = handler });
        var pages = new PageService.PageServiceClient(channel);
        var request = new ListChangesRequest { MerchantId = "m", Limit = Changes };
        var reply = await pages.ListChangesAsync(request);
        log.WriteLine($"{reply.CalculateSize()} bytes each");
        Assert.True(reply.CalculateSize() > 64 * 1024);

        for (var call = 0; call < Calls; call++)
        {
            Assert.Equal(reply, await pages.ListChangesAsync(request, deadline: DateTime.UtcNow + Hang));
        }
    }
}
