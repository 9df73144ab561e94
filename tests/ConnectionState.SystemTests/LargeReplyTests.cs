using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests;

/// <summary>
/// Replies that are larger than the 64 KiB which HTTP/2 lets a server send unasked. Kestrel 10.0.12 keeps about one in some thousands of
/// them for itself when it has to wait for the caller to ask for the rest; see docs/operations.md.
/// </summary>
public sealed class LargeReplyTests(ITestOutputHelper log) : IDisposable
{
    private const int Changes = 1_000;
    private static readonly int Calls = LongRun.Of(all: 30_000, usual: 1_500);
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(10);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("connectionstate-large-");

    public void Dispose() => folder.Delete(recursive: true);

    [Fact]
    public async Task Thousands_of_large_replies_arrive_one_after_another()
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
            Assert.Equal(reply, await client.Pages.ListChangesAsync(request, deadline: DateTime.UtcNow + Hang));
        }
    }
}
