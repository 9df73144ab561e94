using System.Diagnostics;
using System.Text.RegularExpressions;
using ConnectionStateService.SystemTests.Redis;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests.Servers;

/// <summary>The processes of a fleet share the deadlines: what they cost when nothing happens, and that nothing is lost when one goes.</summary>
public sealed class IdleFleetTests(ITestOutputHelper log) : IAsyncLifetime
{
    private const int MaxCommandsPerSecond = 50;
    private const int Merchants = 240;
    private static readonly TimeSpan Measured = TimeSpan.FromSeconds(LongRun.Of(all: 30, usual: 10));
    private static readonly TimeSpan MaxTakeover = TimeSpan.FromSeconds(10);

    // Generous: the machine may be busy.
    private static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    private RedisServer redis = null!;

    public static TheoryData<int> Fleets => LongRun.IsOn ? [1, 3, 10] : [1, 3];

    public async Task InitializeAsync() => redis = await RedisServer.StartAsync();

    public async Task DisposeAsync() => await redis.DisposeAsync();

    [Theory]
    [MemberData(nameof(Fleets))]
    public async Task An_idle_fleet_with_canaries_sends_at_most_50_commands_per_second_in_all(int processes)
    {
        // Metrics that are scraped start the canary.
        await using var fleet = await ServerGroup.StartAsync(processes, redis.Configuration, "--Telemetry:Prometheus=true");
        await new ApiMerchant(fleet.Clients[0], "shop-1").ConnectUntilAsync(ApiMerchant.A, DateTimeOffset.UtcNow.AddDays(60));
        await UntilFleetHasAsync(processes);

        var commands = await CountCommandsAsync(Measured);

        var rate = commands.Values.Sum() / Measured.TotalSeconds;
        log.WriteLine($"{processes} processes: {rate:F1} commands per second: "
            + string.Join(", ", commands.OrderByDescending(c => c.Value).Select(c => $"{c.Key} {c.Value / Measured.TotalSeconds:F2}")));
        Assert.True(rate <= MaxCommandsPerSecond, $"{rate:F1} commands per second");

        // Otherwise nothing was measured: each process has heartbeats.
        Assert.True(commands.Values.Sum() >= processes * Measured.TotalSeconds / 4);
        await Task.WhenAll(fleet.Servers.Select(UntilCanaryHasMeasuredAsync));
        await Task.WhenAll(fleet.Servers.Skip(1).Select(server => server.Process.TerminateAsync()));
        Assert.Equal(1, await FleetSizeAsync());
    }

    [Theory]
    [InlineData("no fault")]
    [InlineData("kill -9")]
    [InlineData("frozen")]
    [InlineData("stopped")]
    public async Task Each_deadline_of_a_process_that_goes_is_met_once_never_early_and_soon(string fault)
    {
        await using var fleet = await ServerGroup.StartAsync(3, redis.Configuration, "--Rules:OneHolderPerPage=false");
        await ForEachAsync(n => Shop(fleet, n).ConnectAsync(ApiMerchant.A));
        await UntilFleetHasAsync(3);
        var start = await redis.TimeAsync() + TimeSpan.FromSeconds(8);
        await ForEachAsync(n => Shop(fleet, n).RenewAsync(ApiMerchant.A, EndOf(n, start)));
        Assert.True(await redis.TimeAsync() < start, "Renewing took too long.");

        // Some tokens end before the fault, some during the takeover and some after it.
        await Task.Delay(start - await redis.TimeAsync() + TimeSpan.FromSeconds(2));
        var victim = fleet.Servers[2].Process;
        await (fault switch
        {
            "kill -9" => victim.KillAsync(),
            "frozen" => victim.FreezeAsync(),
            "stopped" => victim.TerminateAsync(),
            _ => Task.CompletedTask,
        });
        await Eventually.TrueAsync(async () => await redis.DueAsync() == 0);
        if (fault == "frozen")
        {
            Assert.Equal(2, await FleetSizeAsync());
            victim.Thaw();
            await UntilFleetHasAsync(3);
        }

        var delays = new List<double>();
        for (var n = 0; n < Merchants; n++)
        {
            var history = await Shop(fleet, n).HistoryAsync();
            var expiry = Assert.Single(history, change => change.Transition?.Trigger is Trigger.Expire).At.ToDateTimeOffset();
            Assert.True(expiry >= EndOf(n, start), $"shop-{n} expired early.");
            Assert.True(expiry <= EndOf(n, start) + MaxTakeover + Margin, $"shop-{n} expired {expiry - EndOf(n, start)} late.");
            delays.Add((expiry - EndOf(n, start)).TotalMilliseconds);
        }

        delays.Sort();
        // Without the notifications of commits, the re-checks of the partitions would find them after four seconds on average.
        Assert.True(delays[Merchants / 2] < 1_500, $"Half of the deadlines were met after {delays[Merchants / 2]:F0} ms or more.");
        log.WriteLine($"{fault}: expired after {delays[Merchants / 2]:F0} ms (p50), {delays[Merchants * 99 / 100]:F0} ms (p99), {delays[^1]:F0} ms at most");
    }

    [Fact]
    public async Task A_deadline_that_no_process_was_notified_of_is_found_soon()
    {
        await using var fleet = await ServerGroup.StartAsync(3, redis.Configuration);
        var shop = new ApiMerchant(fleet.Clients[0], "shop-1");
        await shop.ConnectUntilAsync(ApiMerchant.A, DateTimeOffset.UtcNow.AddDays(60));
        await UntilFleetHasAsync(3);

        var waiting = Stopwatch.StartNew();
        await redis.CommandAsync("ZADD", StoredMerchants.DueKey(shop.Id), 1, shop.Id);
        await Eventually.TrueAsync(async () => (await redis.CommandAsync("ZSCORE", StoredMerchants.DueKey(shop.Id), shop.Id)).Text != "1");

        log.WriteLine($"found after {waiting.Elapsed.TotalSeconds:F1} s");
        Assert.True(waiting.Elapsed < MaxTakeover + Margin, $"It took {waiting.Elapsed}.");
    }

    // The first change of a canary is ten seconds after the start.
    private async Task UntilCanaryHasMeasuredAsync(ServerProcess server)
    {
        using var http = new HttpClient { BaseAddress = server.Http };
        Match last = Match.Empty;
        await Eventually.TrueAsync(async () =>
        {
            var scraped = await http.GetStringAsync(new Uri("/metrics", UriKind.Relative));
            last = Regex.Match(scraped, @"^connectionstate_canary_last_delay_seconds\{[^}]*\} (\S+)", RegexOptions.Multiline);
            return last.Success;
        });
        log.WriteLine($"The canary saw its change after {last.Groups[1].Value} s");
    }

    private static ApiMerchant Shop(ServerGroup fleet, int n) => new(fleet.Clients[n % 2], $"shop-{n}");

    private static DateTimeOffset EndOf(int n, DateTimeOffset start) => start + TimeSpan.FromMilliseconds(n * 50);

    private static Task ForEachAsync(Func<int, Task> action) => Parallel.ForEachAsync(
        Enumerable.Range(0, Merchants), new ParallelOptions { MaxDegreeOfParallelism = 32 }, async (n, _) => await action(n));

    private async Task<long> FleetSizeAsync() => (await redis.CommandAsync("ZCARD", "cs:fleet")).Number;

    private Task UntilFleetHasAsync(int processes) => Eventually.TrueAsync(async () => await FleetSizeAsync() == processes);

    // As clients send them, without the commands inside scripts.
    private async Task<Dictionary<string, int>> CountCommandsAsync(TimeSpan time)
    {
        using var monitor = await redis.ConnectAsync();
        await monitor.SendAsync("MONITOR");
        var commands = new Dictionary<string, int>();
        var measuring = Stopwatch.StartNew();
        while (measuring.Elapsed < time)
        {
            try
            {
                // 1764370000.000000 [0 127.0.0.1:50000] "PING", or [0 lua] for a command inside a script.
                var line = (await monitor.ReceiveAsync(time - measuring.Elapsed + TimeSpan.FromMilliseconds(1))).Text.Split(' ', 4);
                if (line[2] != "lua]")
                {
                    var command = line[3].Split('"')[1].ToUpperInvariant();
                    commands[command] = commands.GetValueOrDefault(command) + 1;
                }
            }
            catch (TimeoutException)
            {
                // The time is over.
            }
        }

        return commands;
    }
}
