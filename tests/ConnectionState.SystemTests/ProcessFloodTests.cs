using System.Diagnostics;
using System.Net;
using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Limits;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests;

/// <summary>
/// Floods from another process: others are served meanwhile, soon afterwards the service is idle, and it has logged next to nothing. FloodTests collects
/// garbage and finds what a flood leaves in memory; here each flood comes twice, and the second one must find the memory that the first one needed.
/// </summary>
public sealed class ProcessFloodTests(ITestOutputHelper output) : IDisposable
{
    private const string WatchPath = "/connectionstate.v1.WatchService/WatchPageList";
    private const double MiB = 1 << 20;

    // Of one processor. An idle service takes about a hundredth.
    private const double IdleShare = 0.1;

    // Of the working set, from the end of a flood to the end of the same flood again. Until the heap has reached its size, a flood may need more
    // than the one before; with a leak, each one does.
    private const double MaxGrowth = 32 * MiB;
    private const int MaxFloods = 5;

    private const int MaxLoggedLines = 20;

    private static readonly TimeSpan Recovery = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_service_is_idle_10_seconds_after_a_flood_and_the_same_flood_again_needs_no_more_memory()
    {
        await using var server = await ServerProcess.StartAsync(folder.File("cs.db"));
        var (grpc, http) = (IPEndPoint.Parse(server.Grpc.Authority), IPEndPoint.Parse(server.Http.Authority));
        (string What, Func<int, Task> SendAsync, int Count)[] floods =
        [
            ("calls that are reset", count => Floods.ResetAsync(grpc, WatchPath, count), LongRun.Of(400_000, 10_000)),
            ("tiny frames", count => Floods.SendTinyFramesAsync(grpc, WatchPath, count), LongRun.Of(4_000_000, 50_000)),
            ("watches that open and close", count => WatchAsync(server, count), LongRun.Of(20_000, 500)),
            ("bodies whose client goes away", count => Floods.AbandonBodiesAsync(http, WatchPath, count), LongRun.Of(10_000, 500)),
        ];
        if (LongRun.IsOn)
        {
            // The service closes such connections after ten seconds.
            floods =
            [
                .. floods,
                ("connections with slow headers over HTTP/2", count => Floods.SendSlowHttp2HeadersAsync(grpc, count), 2_000),
                ("connections with slow headers over HTTP/1.1", count => Floods.SendSlowHttp1HeadersAsync(http, WatchPath, count), 2_000),
            ];
        }

        foreach (var (what, sendAsync, count) in floods)
        {
            await SurviveAsync(server, $"{count:N0} {what}", () => sendAsync(count));
            var (sent, maxMemory) = (1, 0.0);
            do
            {
                maxMemory = server.Process.Memory + MaxGrowth;
                await SurviveAsync(server, "again", () => sendAsync(count));
            }
            while (++sent < MaxFloods && server.Process.Memory > maxMemory);

            Assert.InRange(server.Process.Memory, 0, maxMemory);
        }

        Assert.InRange(server.Process.Output.Count(character => character == '\n') + server.Process.Errors.Length, 1, MaxLoggedLines);
    }

    private async Task SurviveAsync(ServerProcess server, string what, Func<Task> flood)
    {
        using var quiet = server.NewClient();
        await CallAsync(quiet, 0);
        var (before, used, watch, slowest) = (server.Process.Memory, server.Process.ProcessorTime, Stopwatch.StartNew(), TimeSpan.Zero);

        var flooding = Task.Run(flood);
        for (var call = 1; !flooding.IsCompleted; call++)
        {
            var calling = Stopwatch.StartNew();
            await CallAsync(quiet, call);
            slowest = calling.Elapsed > slowest ? calling.Elapsed : slowest;
            await Task.Delay(5);
        }

        await flooding;
        var (took, share) = (watch.Elapsed, (server.Process.ProcessorTime - used) / watch.Elapsed);
        var (recovered, idle) = await UntilIdleAsync(server);
        output.WriteLine(
            $"{what}: {took.TotalSeconds:F1} s, {share:P0} of a processor, slowest call of another caller {slowest.TotalMilliseconds:F0} ms. "
            + $"After {recovered.TotalSeconds:F0} s: {idle:P1} of a processor, {before / MiB:F0} to {server.Process.Memory / MiB:F0} MiB.");
    }

    // Waits for a second in which the service is idle.
    private static async Task<(TimeSpan Took, double Share)> UntilIdleAsync(ServerProcess server)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var (used, begun) = (server.Process.ProcessorTime, watch.Elapsed);
            await Task.Delay(Window);
            var share = (server.Process.ProcessorTime - used) / (watch.Elapsed - begun);
            if (share <= IdleShare)
            {
                return (watch.Elapsed, share);
            }

            Assert.True(watch.Elapsed < Recovery, $"After {watch.Elapsed}: {share:P1} of a processor.");
        }
    }

    private static async Task CallAsync(ConnectionStateClient client, int number)
    {
        await Commits.MakeAsync(client, "quiet", number % 100);
        await client.Pages.GetPageListAsync(new() { MerchantId = "quiet" });
    }

    private static async Task WatchAsync(ServerProcess server, int count)
    {
        using var client = server.NewClient();
        await Parallel.ForEachAsync(Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (number, cancellation) =>
        {
            using var call = client.Watches.WatchPageList(new() { MerchantId = $"shop-{number % 100}" }, cancellationToken: cancellation);
            try
            {
                Assert.True(await call.ResponseStream.MoveNext(cancellation));
            }
            catch (RpcException e) when (e.GetConnectionStateError().Reason == ErrorReason.WatchLimitExceeded)
            {
                // Streams that were closed a moment ago may still count.
            }
        });
    }
}
