using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Grpc.Net.Client;

namespace ConnectionStateService.Benchmarks;

/// <summary>Calls per second with 64 callers, the load generator on the same cores, as ratios to a bare echo in the same run.</summary>
internal static class CallsBenchmark
{
    private const int Callers = 64;
    private const int Rounds = 3;
    private static readonly TimeSpan Warmup = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(4);

    public static async Task<int> RunOnRedisAsync()
    {
        using var redis = new RedisServer(keepsLog: true);
        return await RunAsync(redis.Arguments);
    }

    public static async Task<int> RunAsync(params string[] arguments)
    {
        using var echoServer = ServerUnderTest.StartEcho();
        using var channel = GrpcChannel.ForAddress(echoServer.Address);
        var echo = new Echo.EchoClient(channel);
        using var server = ServerUnderTest.StartProduct(arguments);
        using var client = new ConnectionStateClient(new() { Address = server.Address });
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => PrepareAsync(client, caller)));

        // Taken in turns, so that what else the machine does falls on all alike.
        var rates = new Dictionary<string, List<double>>();
        for (var round = 0; round <= Rounds; round++)
        {
            var time = round == 0 ? Warmup : Round;
            await MeasureAsync("bare echo", time, _ => echo.SayAsync(new() { Text = "hello" }).ResponseAsync);
            await MeasureAsync("GetPageList", time, caller => client.Pages.GetPageListAsync(new() { MerchantId = $"m{caller}" }).ResponseAsync);
            await MeasureAsync("committed change", time, caller => CommitAsync(client, caller));
            if (round == 0)
            {
                rates.Clear();
            }
        }

        var yardstick = Median(rates["bare echo"]);
        foreach (var (name, measured) in rates)
        {
            Console.WriteLine($"{name,-18} {Median(measured),9:F0} /s   {Median(measured) / yardstick:F2} of the echo");
        }

        return 0;

        async Task MeasureAsync(string name, TimeSpan time, Func<int, Task> call)
        {
            if (!rates.TryGetValue(name, out var measured))
            {
                rates[name] = measured = [];
            }

            measured.Add(await RateAsync(time, call));
        }
    }

    private static async Task<double> RateAsync(TimeSpan time, Func<int, Task> call)
    {
        var calls = 0L;
        var watch = Stopwatch.StartNew();
        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(async () =>
        {
            while (watch.Elapsed < time)
            {
                await call(caller);
                Interlocked.Increment(ref calls);
            }
        })));
        return calls / watch.Elapsed.TotalSeconds;
    }

    // Each caller has a merchant of its own with three pages.
    private static async Task PrepareAsync(ConnectionStateClient client, int caller)
    {
        for (var page = 0; page < 3; page++)
        {
            var begun = await client.Connect.BeginConnectAsync(new() { MerchantId = $"m{caller}", Provider = Provider.Facebook });
            var (merchantId, sessionId, pageId) = ($"m{caller}", begun.Session.SessionId, $"page-{caller}-{page}");
            await client.Connect.SubmitAccountAsync(new()
            {
                MerchantId = merchantId,
                SessionId = sessionId,
                Account = new() { AccountId = "person", Name = "A Person", Personal = true },
                Candidates = { new Candidate { PageId = pageId, Name = "A Page", Role = PageRole.Editor } },
            });
            await client.Connect.ChoosePageAsync(new() { MerchantId = merchantId, SessionId = sessionId, PageId = pageId });
            await client.Connect.GrantAsync(new() { MerchantId = merchantId, SessionId = sessionId });
        }
    }

    private static Task<RenewGrantResponse> CommitAsync(ConnectionStateClient client, int caller) => client.Signals.RenewGrantAsync(new()
    {
        MerchantId = $"m{caller}",
        Page = new() { Provider = Provider.Facebook, PageId = $"page-{caller}-0" },
    }).ResponseAsync;

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(values.Count() / 2);
}
