using System.Diagnostics;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Xunit.Abstractions;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.SystemTests.Servers;

/// <summary>Many tokens expire within one second on three servers, of which one is killed half-way and one has a wrong clock.</summary>
public sealed class ServerDeadlineTests(ITestOutputHelper log)
{
    private const int Together = 64;
    private static readonly int MerchantCount = LongRun.Of(all: 100_000, usual: 2_000);
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(5);

    // Multiples of the time that connecting took. Renewing takes a quarter of its calls, but a busy machine can stand still meanwhile.
    private static readonly int[] LeadTimes = [1, 4, 16];

    [Fact]
    public async Task Each_token_expires_once_and_never_early()
    {
        var attempt = 0;
        while (!await AllExpireTogetherAsync(LeadTimes[attempt]))
        {
            attempt++;
        }
    }

    // False if a token would have ended before all were renewed: then nothing can be said.
    private async Task<bool> AllExpireTogetherAsync(int leadTime)
    {
        await using var redis = await RedisServer.StartAsync();
        string[] store = ["--Store:Kind=Redis", $"--Store:Redis:Configuration={redis.Configuration}", "--Rules:OneHolderPerPage=false"];
        await using var first = await ServerProcess.StartWithAsync([], store);
        await using var ahead = await ServerProcess.StartWithAsync(["faketime", "-f", "+1h"], store);
        using var client = first.NewClient(attempts: 10);
        using var clientAhead = ahead.NewClient(attempts: 10);
        var connecting = Stopwatch.StartNew();
        await ForEachMerchantAsync(n => new ApiMerchant(n % 2 == 0 ? client : clientAhead, $"shop-{n}").ConnectAsync(ApiMerchant.A));

        var second = await redis.TimeAsync() + (leadTime * connecting.Elapsed) + TimeSpan.FromSeconds(5);
        var renewing = ForEachMerchantAsync(
            n => new ApiMerchant(n % 2 == 0 ? client : clientAhead, $"shop-{n}").RenewAsync(ApiMerchant.A, EndOf(n, second)));
        await renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (await redis.TimeAsync() >= second && leadTime != LeadTimes[^1])
        {
            log.WriteLine($"renewing took longer than {leadTime} times connecting ({connecting.Elapsed.TotalSeconds:F1} s): {renewing.Exception}");
            return false;
        }

        Assert.True(await redis.TimeAsync() < second, $"Renewing took longer than {leadTime} times connecting.");
        await renewing;
        await using var victim = await ServerProcess.StartWithAsync([], store);
        await UntilExpiredAsync(redis, MerchantCount / 2, second + Hang);
        await victim.Process.KillAsync();
        await UntilExpiredAsync(redis, MerchantCount, second + Hang);

        var drained = await redis.TimeAsync() - second;
        for (var n = 0; n < MerchantCount; n++)
        {
            await AssertExpiredOnceAsync(new ApiMerchant(client, $"shop-{n}"), EndOf(n, second));
        }

        log.WriteLine($"{MerchantCount} tokens that ended within one second were expired {drained.TotalSeconds:F1} s after its start");
        return true;
    }

    private static Task ForEachMerchantAsync(Func<int, Task> action) => Parallel.ForEachAsync(
        Enumerable.Range(0, MerchantCount),
        new ParallelOptions { MaxDegreeOfParallelism = Together },
        async (n, _) => await action(n));

    private static DateTimeOffset EndOf(int merchant, DateTimeOffset second) => second + TimeSpan.FromMilliseconds(merchant % 1_000);

    private static async Task AssertExpiredOnceAsync(ApiMerchant shop, DateTimeOffset end)
    {
        var history = await shop.HistoryAsync();
        var expiries = history.Where(c => c.Transition?.Trigger is Trigger.Expire).ToList();

        var expiry = Assert.Single(expiries);
        Assert.Equal(State.Expired, expiry.Transition.To);
        Assert.True(expiry.At.ToDateTimeOffset() >= end, $"{shop.Id} expired early.");
        Assert.Same(expiry, history.MaxBy(change => change.At));
    }

    // A merchant whose token has expired has no deadline: its expiry warning was given long before.
    private static async Task UntilExpiredAsync(RedisServer redis, int count, DateTimeOffset hang)
    {
        while (await redis.DueAsync() > MerchantCount - count)
        {
            Assert.True(await redis.TimeAsync() < hang, "The tokens have not expired in time.");
            await Task.Delay(TimeSpan.FromMilliseconds(20));
        }
    }
}
