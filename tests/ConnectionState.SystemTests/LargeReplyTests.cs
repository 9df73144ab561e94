using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Net.Client;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests;

/// <summary>
/// Responses that are larger than the initial HTTP/2 window of 64 KiB, so that the server has to wait for window updates. The channel is a
/// plain one: the client library's larger window would hide a response that gets stuck.
/// </summary>
public sealed class LargeReplyTests(ITestOutputHelper log) : IDisposable
{
    private const int Changes = 1_000;
    private static readonly int Calls = LongRun.Of(all: 30_000, usual: 1_500);
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(1);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("connectionstate-large-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Responses_larger_than_the_HTTP2_window_arrive_one_after_another()
    {
        await using var server = await ServerProcess.StartAsync(Path.Combine(folder.FullName, "connectionstate.db"));
        using var client = server.NewClient();
        for (var n = 0; n < Changes; n++)
        {
            await client.Plans.SetPlanAsync(new() { MerchantId = "m", Plan = Plan.Standard, BoughtPages = n % 2, RequestId = $"{n:d60}" });
        }

        using var channel = GrpcChannel.ForAddress(server.Grpc);
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
