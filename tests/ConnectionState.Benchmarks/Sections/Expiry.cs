using ConnectionStateService.Client;
using ConnectionStateService.V1;

namespace ConnectionStateService.Benchmarks.Sections;

/// <summary>Measures the delay from the end of a token to its expiry, according to the history. No call triggers the expiry.</summary>
internal static class Expiry
{
    private const int Tokens = 200;
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(2);

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
        var ends = new DateTimeOffset[Tokens];
        for (var n = 0; n < Tokens; n++)
        {
            ends[n] = DateTimeOffset.UtcNow + Lifetime;
            await SeededMerchants.ConnectPageAsync(client, $"merchant-{n}", $"page-{n}", ends[n]);

            // Spreads the token ends over the interval of the timer.
            await Task.Delay(TimeSpan.FromMilliseconds(17));
        }

        var delays = new List<double>();
        for (var n = 0; n < Tokens; n++)
        {
            delays.Add((await WaitForExpiryAsync(client, n) - ends[n]).TotalMilliseconds);
        }

        delays.Sort();
        run.Record("shortest-ms", delays[0]);
        run.Record("p50-ms", delays[Tokens / 2]);
        run.Record("p99-ms", delays[Tokens * 99 / 100]);
    }

    private static async Task<DateTimeOffset> WaitForExpiryAsync(ConnectionStateClient client, int n)
    {
        while (true)
        {
            var history = await client.Pages.ListChangesAsync(new() { MerchantId = $"merchant-{n}", Limit = 100 });
            if (history.Changes.FirstOrDefault(c => c.Transition?.Trigger is Trigger.Expire) is { } expired)
            {
                return expired.At.ToDateTimeOffset();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }
}
