using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.Rpc.Standard;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Grpc.Net.Client;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests;

public sealed class ShutdownTests(ITestOutputHelper log) : IDisposable
{
    private const int MerchantCount = 100;
    private const int StreamsPerMerchant = 10;
    private const int HealthStreams = 20;
    private const int StuckStreams = 10;

    // What a stream takes of the server before writing to it must wait: what the connection lets through unread, and what the server
    // keeps of it.
    private const int MoreThanFits = 1024 * 1024;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Asked_to_end_with_1_000_streams_open_it_tells_every_reader_and_ends()
    {
        await using var server = await ServerProcess.StartAsync(folder.File("cs.db"));
        using var client = server.NewClient();
        using var channel = GrpcChannel.ForAddress(server.Grpc);
        var stuck = await OpenStuckAsync(client);
        var streams = await OpenAsync(client);
        var health = await OpenHealthAsync(channel);

        var watch = Stopwatch.StartNew();
        var readers = streams.Select(stream => stream.ReadUntilFailureAsync()).ToList();
        var exit = server.Process.TerminateAsync();
        var failures = await Task.WhenAll(readers);
        var told = watch.Elapsed;
        var healthFailures = await Task.WhenAll(health.Select(call => Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(default))));
        await exit;

        log.WriteLine($"All readers told after {told.TotalMilliseconds:F0} ms, process gone after {watch.ElapsedMilliseconds} ms");
        Assert.All(failures, e => Assert.Equal((StatusCode.Unavailable, ErrorReason.ShuttingDown), (e.StatusCode, e.Reason)));
        Assert.All(healthFailures, e => Assert.Equal(StatusCode.Unavailable, e.StatusCode));
        Assert.Equal((0, ""), (server.Process.ExitCode, server.Process.Errors));
        streams.ForEach(stream => stream.Dispose());
        stuck.ForEach(stream => stream.Dispose());
    }

    // Streams that nobody reads, with more to tell than fits on the way.
    private static async Task<List<RawWatchStream>> OpenStuckAsync(ConnectionStateClient client)
    {
        var stuck = Enumerable.Range(0, StuckStreams).Select(_ => RawWatchStream.Open(client, "stuck")).ToList();
        await Commits.EnlargePageListAsync(client, "stuck");
        using var reader = RawWatchStream.Open(client, "stuck");
        var told = 0;
        for (var number = 1; told < MoreThanFits; number++)
        {
            await Commits.MakeAsync(client, "stuck", number);
            told += (await reader.NextAsync()).CalculateSize();
        }

        return stuck;
    }

    private static async Task<List<RawWatchStream>> OpenAsync(ConnectionStateClient client)
    {
        var streams = Enumerable.Range(0, MerchantCount * StreamsPerMerchant)
            .Select(n => RawWatchStream.Open(client, $"merchant-{n % MerchantCount}")).ToList();
        await Task.WhenAll(streams.Select(stream => stream.NextAsync()));
        return streams;
    }

    private static async Task<List<AsyncServerStreamingCall<HealthCheckResponse>>> OpenHealthAsync(GrpcChannel channel)
    {
        var health = new Health.HealthClient(channel);
        var calls = Enumerable.Range(0, HealthStreams).Select(_ => health.Watch(new HealthCheckRequest())).ToList();
        foreach (var call in calls)
        {
            Assert.True(await call.ResponseStream.MoveNext(default));
            Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, call.ResponseStream.Current.Status);
        }

        return calls;
    }
}
