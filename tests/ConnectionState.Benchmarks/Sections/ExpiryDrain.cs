using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.V1;

namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>
/// Measures how fast connections expire whose tokens all end within one second, and whether any expires early or twice, according to the
/// history.
/// </summary>
internal static class ExpiryDrain
{
    private const int Parallelism = 64;
    private static readonly TimeSpan HangLimit = TimeSpan.FromMinutes(3);

    public static async Task RunEmbeddedAsync(SectionRun run)
    {
        using var server = await run.StartServiceAsync();
        await MeasureAsync(run, server);
    }

    public static async Task RunOnRedisAsync(SectionRun run)
    {
        using var redis = await RedisServer.StartAsync(appendOnly: true);
        using var server = await run.StartServiceAsync(redis.StoreOptions);
        await MeasureAsync(run, server);
    }

    private static async Task MeasureAsync(SectionRun run, ServerUnderTest server)
    {
        using var client = server.CreateClient();
        var count = run.Merchants(full: 100_000, whenQuick: 5_000);
        run.Record("scale", count);
        var loading = Stopwatch.StartNew();
        await ForEachAsync(count, n => SeededMerchants.ConnectPageAsync(client, MerchantOf(n), PageOf(n)));

        // A renewal is one commit and connecting is four, so this leaves twice the time that the renewals should need.
        var firstEnd = DateTimeOffset.UtcNow + (loading.Elapsed / 2) + TimeSpan.FromSeconds(5);
        await ForEachAsync(count, n => SeededMerchants.RenewAsync(client, MerchantOf(n), PageOf(n), EndOf(n)));
        run.Record("seconds-left-after-loading", (firstEnd - DateTimeOffset.UtcNow).TotalSeconds);
        await Task.Delay(TimeSpan.FromSeconds(Math.Max(0, (firstEnd - DateTimeOffset.UtcNow).TotalSeconds)));
        await UntilExpiredAsync(client, count);

        var (early, twice, last) = (0, 0, firstEnd);
        await ForEachAsync(count, async n =>
        {
            var expiries = await ExpiriesAsync(client, n);
            lock (loading)
            {
                early += expiries.Any(at => at < EndOf(n)) ? 1 : 0;
                twice += expiries.Count > 1 ? 1 : 0;
                last = expiries.Max() > last ? expiries.Max() : last;
            }
        });
        run.Record("early", early);
        run.Record("twice", twice);
        run.Record("per-second", count / (last - firstEnd).TotalSeconds);

        // To the millisecond, as the store keeps it.
        DateTimeOffset EndOf(int n) => DateTimeOffset.FromUnixTimeMilliseconds(firstEnd.ToUnixTimeMilliseconds() + (1_000L * n / count));
    }

    // Looks at few merchants, so that the looking costs little.
    private static async Task UntilExpiredAsync(ConnectionStateClient client, int count)
    {
        var waiting = Stopwatch.StartNew();
        for (var n = 0; n < count;)
        {
            if ((await ExpiriesAsync(client, n)).Count > 0)
            {
                n += Math.Max(1, count / 1_000);
                continue;
            }

            if (waiting.Elapsed > HangLimit)
            {
                throw new TimeoutException($"{MerchantOf(n)} has not expired.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(250));
        }

        await ForEachAsync(count, async n =>
        {
            while ((await ExpiriesAsync(client, n)).Count == 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(250));
            }
        });
    }

    private static async Task<List<DateTimeOffset>> ExpiriesAsync(ConnectionStateClient client, int n)
    {
        var history = await client.Pages.ListChangesAsync(new() { MerchantId = MerchantOf(n), Limit = 100 });
        return [.. history.Changes.Where(change => change.Transition?.Trigger is Trigger.Expire).Select(change => change.At.ToDateTimeOffset())];
    }

    private static Task ForEachAsync(int count, Func<int, Task> action) => Parallel.ForEachAsync(
        Enumerable.Range(0, count), new ParallelOptions { MaxDegreeOfParallelism = Parallelism }, async (n, _) => await action(n));

    private static string MerchantOf(int n) => $"merchant-{n:000000}";

    private static string PageOf(int n) => $"{1_000_000_000_000_000 + n}";
}
