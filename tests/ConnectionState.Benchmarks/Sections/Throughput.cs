using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Grpc.Core;
using Grpc.Net.Client;
using StackExchange.Redis;

namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>
/// Measures calls per second with 64 callers, beside a bare gRPC echo and other databases in the same run. All of them, and the load
/// generator, share the machine.
/// </summary>
internal static class Throughput
{
    private const int ChangeBytes = 120;
    private const string HotMerchant = "hot";
    private const string HotPage = "page-of-hot";
    private const int FreshProcesses = 3;
    private static readonly TimeSpan FirstSeconds = TimeSpan.FromSeconds(10);

    public static Task RunEmbeddedAsync(SectionRun run) => RunAsync(run, [], []);

    public static async Task RunOnRedisAsync(SectionRun run)
    {
        using var redisServer = await RedisServer.StartAsync(appendOnly: true);
        await using var redis = await ConnectionMultiplexer.ConnectAsync(redisServer.Configuration);
        var database = redis.GetDatabase();
        await database.StringSetAsync("a key", new byte[300]);
        await RunAsync(run, redisServer.StoreOptions, [new("redis-get", _ => database.StringGetAsync("a key"))]);
    }

    private static async Task RunAsync(SectionRun run, string[] storeOptions, Work[] more)
    {
        using var server = await run.StartServiceAsync(storeOptions);
        using var client = server.CreateClient();
        await Task.WhenAll(Enumerable.Range(0, ClosedLoop.Callers).Select(
            caller => SeededMerchants.ConnectThreePagesAsync(client, MerchantOf(caller), page => PageOf(caller, page))));
        await SeededMerchants.ConnectPageAsync(client, HotMerchant, HotPage);
        var pageList = await client.Pages.GetPageListAsync(new() { MerchantId = MerchantOf(0) });
        run.Record("reply-bytes", pageList.CalculateSize());

        using var echoServer = await EchoServer.StartAsync(pageList);
        var (echoChannel, echo) = echoServer.CreateClientLikeOurs();
        using var fixedReply = new ConnectionStateClient(new() { Address = echoServer.Address });
        using var rawEchoChannel = GrpcChannel.ForAddress(echoServer.Address);
        var rawEcho = new Echo.EchoClient(rawEchoChannel);
        using var rawChannel = GrpcChannel.ForAddress(server.Address);
        var rawPages = new PageService.PageServiceClient(rawChannel);
        using var etcd = await EtcdPeer.StartAsync(ClosedLoop.Callers, pageList.CalculateSize());
        await using var postgres = await PostgresPeer.StartAsync(ClosedLoop.Callers, pageList.CalculateSize(), ChangeBytes);

        var aborted = 0;
        var rounds = run.Pick(Rounds.Full, Rounds.Quick);
        var rates = await rounds.MedianRatesAsync(
        [
            new("echo", _ => echo.SayAsync(new() { Text = "merchant-0" }).ResponseAsync),
            new("echo-raw-channel", _ => rawEcho.SayAsync(new() { Text = "merchant-0" }).ResponseAsync),
            new("fixed-reply", caller => ReadAsync(fixedReply, caller)),
            new("read", caller => ReadAsync(client, caller)),
            new("read-raw-channel", caller => rawPages.GetPageListAsync(new() { MerchantId = MerchantOf(caller) }).ResponseAsync),
            new("commit", caller => CommitAsync(client, caller)),
            new("commit-one-merchant", _ => CommitOnOneMerchantAsync(client, () => Interlocked.Increment(ref aborted))),
            new("etcd-put", etcd.CompareAndPutAsync),
            new("etcd-range", etcd.RangeAsync),
            new("postgres-commit", postgres.CommitAsync),
            new("postgres-select", postgres.SelectAsync),
            .. more,
        ]);
        foreach (var (figure, rate) in rates)
        {
            run.Record(figure, rate);
        }

        run.Record("commit-one-merchant-aborted", aborted);
        echoChannel.Dispose();
        await MeasureFreshProcessesAsync(run, server, [("read", ReadAsync), ("commit", CommitAsync)]);
    }

    // The load generator is warm; the server is not.
    private static async Task MeasureFreshProcessesAsync(
        SectionRun run, ServerUnderTest server, (string Figure, Func<ConnectionStateClient, int, Task> Call)[] kinds)
    {
        var rates = kinds.ToDictionary(kind => kind.Figure, _ => new List<double>());
        for (var n = 0; n < run.Pick(FreshProcesses, whenQuick: 1); n++)
        {
            foreach (var (figure, call) in kinds)
            {
                await server.TerminateAsync();
                await server.RestartAsync();
                using var client = server.CreateClient();
                rates[figure].Add(await ClosedLoop.RateAsync(caller => call(client, caller), FirstSeconds));
            }
        }

        foreach (var (figure, measured) in rates)
        {
            run.Record($"{figure}-first-10-s", Rounds.Median(measured));
        }
    }

    private static Task<GetPageListResponse> ReadAsync(ConnectionStateClient client, int caller) =>
        client.Pages.GetPageListAsync(new() { MerchantId = MerchantOf(caller) }).ResponseAsync;

    private static Task CommitAsync(ConnectionStateClient client, int caller) =>
        SeededMerchants.RenewAsync(client, MerchantOf(caller), PageOf(caller, 0));

    private static async Task CommitOnOneMerchantAsync(ConnectionStateClient client, Action aborted)
    {
        try
        {
            await SeededMerchants.RenewAsync(client, HotMerchant, HotPage);
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.Aborted)
        {
            aborted();
            throw;
        }
    }

    private static string MerchantOf(int caller) => $"merchant-{caller}";

    private static string PageOf(int caller, int page) => $"page-{caller}-{page}";
}
