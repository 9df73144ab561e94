using System.Diagnostics.Tracing;
using ConnectionStateService.V1;
using Grpc.Net.Client;
using Microsoft.Diagnostics.NETCore.Client;
using Microsoft.Diagnostics.Tracing;

namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>Measures the bytes that the server allocates per <c>GetPageList</c>, by the runtime's event counters, beside those of the echo.</summary>
internal static class Garbage
{
    private const string Provider = "System.Runtime";

    public static async Task RunAsync(SectionRun run)
    {
        await MeasureAsync(run, "embedded");
        using var redis = await RedisServer.StartAsync(appendOnly: true);
        await MeasureAsync(run, "redis", redis.StoreOptions);
    }

    private static async Task MeasureAsync(SectionRun run, string store, params string[] options)
    {
        using var server = await run.StartServiceAsync(options);
        using var client = server.CreateClient();
        await Task.WhenAll(Enumerable.Range(0, ClosedLoop.Callers).Select(n => SeededMerchants.ConnectThreePagesAsync(client, $"merchant-{n}")));
        // Commits come first, so that the records have all the remembered requests that they have in the long run.
        run.Record($"bytes-per-commit-{store}", await BytesPerCallAsync(
            run, server.ProcessId, caller => SeededMerchants.RenewAsync(client, $"merchant-{caller}", $"page-0-of-merchant-{caller}")));
        run.Record($"bytes-per-read-{store}", await BytesPerCallAsync(
            run, server.ProcessId, caller => client.Pages.GetPageListAsync(new() { MerchantId = $"merchant-{caller}" }).ResponseAsync));
        if (options.Length > 0)
        {
            return;
        }

        var pageList = await client.Pages.GetPageListAsync(new() { MerchantId = "merchant-0" });
        using var echo = await EchoServer.StartAsync(pageList);
        using var channel = GrpcChannel.ForAddress(echo.Address);
        var pages = new PageService.PageServiceClient(channel);
        run.Record("bytes-per-fixed-reply", await BytesPerCallAsync(
            run, echo.ProcessId, _ => pages.GetPageListAsync(new() { MerchantId = "merchant-0" }).ResponseAsync));
    }

    // The counter tells each second what was allocated in that second. Calls are counted from the first of these reports to the last.
    private static async Task<double> BytesPerCallAsync(SectionRun run, int process, Func<int, Task> call)
    {
        var length = run.Pick(TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(4));
        await ClosedLoop.RateAsync(call, length);
        var calls = 0L;
        var reports = new List<(double Bytes, long Calls)>();
        using var session = new DiagnosticsClient(process).StartEventPipeSession(new EventPipeProvider(
            Provider, EventLevel.Informational, (long)EventKeywords.None, new Dictionary<string, string> { ["EventCounterIntervalSec"] = "1" }));
        var reading = Task.Run(() =>
        {
            using var events = new EventPipeEventSource(session.EventStream);
            events.Dynamic.All += counter =>
            {
                if (AllocatedBytes(counter) is { } bytes)
                {
                    reports.Add((bytes, Interlocked.Read(ref calls)));
                }
            };
            events.Process();
        });
        await ClosedLoop.RateAsync(
            async caller =>
            {
                await call(caller);
                Interlocked.Increment(ref calls);
            },
            length);
        await session.StopAsync(CancellationToken.None);
        await reading;
        var counted = reports.Where(report => report.Calls > 0 && report.Calls < calls).ToList();
        return counted.Skip(1).Sum(report => report.Bytes) / (counted[^1].Calls - counted[0].Calls);
    }

    private static double? AllocatedBytes(TraceEvent counter) =>
        counter.EventName == "EventCounters"
        && ((IDictionary<string, object>)counter.PayloadValue(0))["Payload"] is IDictionary<string, object> payload
        && (string)payload["Name"] == "alloc-rate"
            ? Convert.ToDouble(payload["Increment"], System.Globalization.CultureInfo.InvariantCulture)
            : null;
}
