using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>
/// Whatever keeps Redis from serving, callers are told that the store does not answer, nothing is done by halves, and the service is
/// back by itself once the cause is gone.
/// </summary>
public sealed class RedisErrorsTests(ITestOutputHelper log)
{
    [Theory]
    [InlineData("maxmemory", "1", "0")]
    [InlineData("min-replicas-to-write", "1", "0")]
    public async Task A_setting_under_which_Redis_takes_no_writes(string setting, string wrong, string right) => await CheckAsync(
        outage => outage.Admin.SendAsync("CONFIG", "SET", setting, wrong),
        outage => outage.Admin.SendAsync("CONFIG", "SET", setting, right));

    [Fact]
    public async Task A_primary_that_becomes_a_replica_and_comes_back() => await CheckAsync(
        outage => outage.Admin.SendAsync("REPLICAOF", "127.0.0.1", "1"),
        outage => outage.Admin.SendAsync("REPLICAOF", "NO", "ONE"));

    [Theory]
    [InlineData("-@write", "+@write")]
    [InlineData("-xadd", "+xadd")]
    [InlineData("-set", "+set")]
    [InlineData("-zadd", "+zadd")]
    [InlineData("-evalsha", "+evalsha")]
    [InlineData("resetchannels", "&*")]
    public async Task A_user_that_may_not_do_something_any_more(string taken, string given) => await CheckAsync(
        outage => outage.Admin.SendAsync("ACL", "SETUSER", "default", taken),
        outage => outage.Admin.SendAsync("ACL", "SETUSER", "default", given));

    [Fact]
    public async Task Another_clients_script_that_does_not_end() => await CheckAsync(
        async outage =>
        {
            await outage.Admin.SendAsync("CONFIG", "SET", "busy-reply-threshold", 1);
            var other = await outage.Redis.ConnectAsync();
            await other.WriteAsync("EVAL", "while true do end", 0);
        },
        outage => outage.Admin.SendAsync("SCRIPT", "KILL"));

    [Fact]
    public async Task Writes_that_stop_because_Redis_cannot_save() => await CheckAsync(
        async outage =>
        {
            Directory.CreateDirectory(Path.Combine(outage.Redis.Folder, "dump.rdb"));
            await outage.Admin.SendAsync("CONFIG", "SET", "save", "3600 1000");
            await SaveAsync(outage, "err");
        },
        async outage =>
        {
            Directory.Delete(Path.Combine(outage.Redis.Folder, "dump.rdb"));
            await SaveAsync(outage, "ok");
        });

    [Fact]
    public async Task Writes_that_are_paused_for_longer_than_the_time_out() => await CheckAsync(
        outage => outage.Admin.SendAsync("CLIENT", "PAUSE", 600_000, "WRITE"),
        outage => outage.Admin.SendAsync("CLIENT", "UNPAUSE"));

    [Fact]
    public async Task Everything_paused_for_longer_than_the_time_out() => await CheckAsync(
        outage => outage.Admin.SendAsync("CLIENT", "PAUSE", 7_000, "ALL"),
        // Nobody can end this one: it answers when it is over.
        outage => outage.Admin.SendAsync("PING"));

    [Fact]
    public async Task No_more_clients_let_in_after_all_were_thrown_out() => await CheckAsync(
        async outage =>
        {
            await outage.Admin.SendAsync("CONFIG", "SET", "maxclients", 1);
            await outage.Admin.SendAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
            await outage.Admin.SendAsync("CLIENT", "KILL", "TYPE", "pubsub", "SKIPME", "yes");
        },
        outage => outage.Admin.SendAsync("CONFIG", "SET", "maxclients", 10_000));

    [Fact]
    public async Task A_frozen_server() => await CheckAsync(
        outage => outage.Redis.FreezeAsync(),
        outage =>
        {
            outage.Redis.Thaw();
            return Task.CompletedTask;
        });

    [Fact]
    public async Task A_restart_that_takes_long_to_load()
    {
        Task restarting = Task.CompletedTask;
        await CheckAsync(
            async outage =>
            {
                await outage.Admin.SendAsync("EVAL", "for i = 1, 8000 do redis.call('SET', 'other:' .. i, '') end", 0);
                await outage.Redis.KillAsync();
                restarting = outage.Redis.RestartAsync();
                await Eventually.TrueAsync(() => SaysAsync(outage.Redis, "LOADING"));
            },
            _ => restarting,
            "--appendonly", "yes", "--appendfsync", "always", "--key-load-delay", "500");
    }

    [Fact]
    public async Task Forgotten_scripts_go_unnoticed()
    {
        await using var outage = await OutageInTest.StartAsync();

        for (var i = 0; i < 20; i++)
        {
            await outage.Admin.SendAsync("SCRIPT", "FLUSH");
            await Task.WhenAll(Enumerable.Range(0, 5).Select(n => Commits.MakeAsync(outage.Client, $"merchant-{n}", i)));
        }

        await outage.Admin.SendAsync("SCRIPT", "FLUSH");
        Assert.True(await outage.IsReadyAsync());
        log.WriteLine($"back after {(await outage.AssertRecoversAsync()).TotalMilliseconds:N0} ms");
    }

    private async Task CheckAsync(
        Func<OutageInTest, Task> cause, Func<OutageInTest, Task> end, params string[] settings)
    {
        await using var outage = await OutageInTest.StartAsync(settings);
        await cause(outage);
        await outage.AssertUnavailableAsync();

        await end(outage);

        log.WriteLine($"back after {(await outage.AssertRecoversAsync()).TotalMilliseconds:N0} ms");
    }

    private static async Task SaveAsync(OutageInTest outage, string result)
    {
        await outage.Admin.SendAsync("BGSAVE");
        await Eventually.TrueAsync(async () => (await outage.Admin.SendAsync("INFO", "persistence")).Text is var about
            && about.Contains("rdb_bgsave_in_progress:0", StringComparison.Ordinal)
            && about.Contains($"rdb_last_bgsave_status:{result}", StringComparison.Ordinal));
    }

    private static async Task<bool> SaysAsync(RedisServer redis, string error)
    {
        try
        {
            await redis.CommandAsync("GET", "key");
            return false;
        }
        catch (Exception e) when (e is RedisErrorException or IOException or System.Net.Sockets.SocketException)
        {
            return e.Message.StartsWith(error, StringComparison.Ordinal);
        }
    }
}
