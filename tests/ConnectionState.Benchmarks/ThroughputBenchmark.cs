using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Grpc.Net.Client;

namespace ConnectionStateService.Benchmarks;

/// <summary>
/// Measures calls per second with 64 callers as ratios of a bare gRPC echo in the same run. The load generator runs on the same machine.
/// </summary>
internal static class ThroughputBenchmark
{
    private const int Callers = 64;
    private const int Rounds = 3;
    private static readonly TimeSpan RoundLength = TimeSpan.FromSeconds(4);

    public static Task RunEmbeddedAsync() => RunAsync("embedded store");

    public static async Task RunOnRedisAsync()
    {
        using var redis = new RedisServer(appendOnly: true);
        await RunAsync("Redis, appendfsync everysec", redis.StoreOptions);
    }

    private static async Task RunAsync(string store, params string[] options)
    {
        using var echoServer = ServerUnderTest.StartEcho();
        using var channel = GrpcChannel.ForAddress(echoServer.Address);
        var echo = new Echo.EchoClient(channel);
        using var server = ServerUnderTest.StartService(options);
        using var client = server.CreateClient();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => PacedCommits.ConnectThreePagesAsync(client, MerchantOf(caller), PageOf(caller))));

        var echoRates = new List<double>();
        var readRates = new List<double>();
        var commitRates = new List<double>();

        // The three are measured in turn, so that other load on the machine affects all alike. Round 0 is the warm-up.
        for (var round = 0; round <= Rounds; round++)
        {
            var echoRate = await CallsPerSecondAsync(_ => echo.SayAsync(new() { Text = "hello" }).ResponseAsync);
            var readRate = await CallsPerSecondAsync(caller => client.Pages.GetPageListAsync(new() { MerchantId = MerchantOf(caller) }).ResponseAsync);
            var commitRate = await CallsPerSecondAsync(caller => CommitAsync(client, caller));
            if (round > 0)
            {
                echoRates.Add(echoRate);
                readRates.Add(readRate);
                commitRates.Add(commitRate);
            }
        }

        var (echoMedian, readMedian, commitMedian) = (Median(echoRates), Median(readRates), Median(commitRates));
        Report.Row($"Bare gRPC echo, {Callers} callers", $"{echoMedian:N0} calls/s");
        Report.Row($"`GetPageList`, {Callers} callers ({store}): rate; ratio of the echo", $"{readMedian:N0} calls/s; {readMedian / echoMedian:F2}");
        Report.Row($"Committed change, {Callers} callers ({store}): rate; ratio of the echo", $"{commitMedian:N0} calls/s; {commitMedian / echoMedian:F2}");
    }

    private static async Task<double> CallsPerSecondAsync(Func<int, Task> call)
    {
        var calls = 0L;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            while (watch.Elapsed < RoundLength)
            {
                await call(caller);
                Interlocked.Increment(ref calls);
            }
        })));
        return calls / watch.Elapsed.TotalSeconds;
    }

    private static Task<RenewGrantResponse> CommitAsync(ConnectionStateClient client, int caller) => client.Signals.RenewGrantAsync(new()
    {
        MerchantId = MerchantOf(caller),
        Page = new() { Provider = Provider.Facebook, PageId = PageOf(caller)(0) },
    }).ResponseAsync;

    private static string MerchantOf(int caller) => $"merchant-{caller}";

    private static Func<int, string> PageOf(int caller) => page => $"page-{caller}-{page}";

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(values.Count() / 2);
}
