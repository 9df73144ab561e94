using ConnectionStateService.Client;

namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>
/// Measures reads and commits of this build beside those of another one, in turn, on both stores: what a change costs, without the difference that
/// two runs have.
/// </summary>
internal static class Builds
{
    public static async Task RunAsync(SectionRun run)
    {
        var opened = new Stack<IDisposable>();
        try
        {
            foreach (var store in new[] { "embedded", "redis" })
            {
                var work = new List<(Work Work, IReadOnlyList<(string, int)> Processes)>();
                foreach (var (build, path) in new[] { ("this", run.ServerPath), ("other", run.OtherServerPath) })
                {
                    var (client, processes) = await StartAsync(path, store, opened);
                    work.Add((
                        new($"{store}-read-{build}", caller => client.Pages.GetPageListAsync(new() { MerchantId = MerchantOf(caller) }).ResponseAsync),
                        processes));
                    work.Add((new($"{store}-commit-{build}", caller => SeededMerchants.RenewAsync(client, MerchantOf(caller), PageOf(caller))), processes));
                }

                var rounds = run.Pick(Rounds.Full with { Slices = 8 }, Rounds.Quick);
                foreach (var (figure, rate) in await rounds.MedianRatesAsync([.. work.Select(w => w.Work)]))
                {
                    run.Record(figure, rate);
                }

                await ProcessorTime.MeasureAsync(run, work);
            }
        }
        finally
        {
            while (opened.TryPop(out var open))
            {
                open.Dispose();
            }
        }
    }

    private static async Task<(ConnectionStateClient Client, IReadOnlyList<(string Name, int Id)> Processes)> StartAsync(
        string serverPath, string store, Stack<IDisposable> opened)
    {
        string[] options = [];
        var processes = new List<(string, int)>();
        if (store == "redis")
        {
            var redis = await RedisServer.StartAsync(appendOnly: true);
            opened.Push(redis);
            options = redis.StoreOptions;
            processes.Add(("redis", redis.ProcessId));
        }

        var server = await ServerUnderTest.StartAsync(serverPath, options);
        opened.Push(server);
        processes.Add(("server", server.ProcessId));
        var client = server.CreateClient();
        opened.Push(client);
        await Task.WhenAll(Enumerable.Range(0, ClosedLoop.Callers).Select(n => SeededMerchants.ConnectThreePagesAsync(client, MerchantOf(n))));
        return (client, processes);
    }

    private static string MerchantOf(int caller) => $"merchant-{caller}";

    private static string PageOf(int caller) => $"page-0-of-merchant-{caller}";
}
