using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Net.Client;
using Xunit.Abstractions;
using Health = Grpc.Health.V1.Health;

namespace ConnectionStateService.SystemTests;

public sealed class ShutdownTests(ITestOutputHelper log) : IDisposable
{
    private const int MerchantCount = 100;
    private const int StreamsPerMerchant = 10;
    private const int HealthStreams = 20;
    private const int StuckStreams = 10;

    // More than the HTTP/2 window and the server's buffers of one stream take, so that the next write waits.
    private const int MoreThanFits = 1024 * 1024;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task SIGTERM_ends_1_000_watch_streams_with_SHUTTING_DOWN_and_health_streams_with_NOT_SERVING()
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
        var ended = watch.Elapsed;
        var lastStatuses = await Task.WhenAll(health.Select(ReadLastAsync));
        await exit;

        log.WriteLine($"All streams ended after {ended.TotalMilliseconds:F0} ms, the process after {watch.ElapsedMilliseconds} ms");
        Assert.All(failures, e => Assert.Equal((StatusCode.Unavailable, ErrorReason.ShuttingDown), (e.StatusCode, e.Reason)));
        Assert.All(lastStatuses, status => Assert.Equal(HealthCheckResponse.Types.ServingStatus.NotServing, status));
        Assert.Equal((0, ""), (server.Process.ExitCode, server.Process.Errors));
        streams.ForEach(stream => stream.Dispose());
        stuck.ForEach(stream => stream.Dispose());
    }

    // Streams that nobody reads, with more pending than fits into the buffers.
    private static async Task<List<RawWatchStream>> OpenStuckAsync(ConnectionStateClient client)
    {
        var stuck = Enumerable.Range(0, StuckStreams).Select(_ => RawWatchStream.Open(client, "stuck")).ToList();
        await Commits.EnlargePageListAsync(client, "stuck");
        using var reader = RawWatchStream.Open(client, "stuck");
        var sent = 0;
        for (var number = 1; sent < MoreThanFits; number++)
        {
            await Commits.MakeAsync(client, "stuck", number);
            sent += (await reader.NextAsync()).CalculateSize();
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

    private static async Task<HealthCheckResponse.Types.ServingStatus> ReadLastAsync(AsyncServerStreamingCall<HealthCheckResponse> call)
    {
        var last = HealthCheckResponse.Types.ServingStatus.Unknown;
        while (await call.ResponseStream.MoveNext(default))
        {
            last = call.ResponseStream.Current.Status;
        }

        return last;
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
