using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests;

/// <summary>
/// Responses that are larger than the default HTTP/2 window of 64 KiB: Kestrel can lose the response after such a response
/// (docs/kestrel-lost-responses.md), and the service works around it.
/// </summary>
public sealed class LargeReplyTests(ITestOutputHelper log) : IDisposable
{
    private const int Changes = 1_000;
    private static readonly int Calls = LongRun.Of(all: 30_000, usual: 1_500);

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

        var request = new ListChangesRequest { MerchantId = "m", Limit = Changes };
        var reply = await client.Pages.ListChangesAsync(request);
        log.WriteLine($"{reply.CalculateSize()} bytes each");
        Assert.True(reply.CalculateSize() > 64 * 1024);

        for (var call = 0; call < Calls; call++)
        {
            Assert.Equal(reply, await client.Pages.ListChangesAsync(request, deadline: DateTime.UtcNow + Eventually.Patience));
        }
    }
}
