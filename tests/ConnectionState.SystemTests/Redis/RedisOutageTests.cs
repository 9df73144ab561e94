using System.Diagnostics;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Xunit.Abstractions;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>
/// Whatever stops Redis from serving: calls fail with STORE_UNAVAILABLE, nothing is stored partially, and the service recovers by itself.
/// </summary>
public sealed class RedisOutageTests(ITestOutputHelper log)
{
    [Theory]
    [InlineData("maxmemory", "1", "0")]
    [InlineData("min-replicas-to-write", "1", "0")]
    public async Task Calls_fail_as_unavailable_and_recover_after_a_setting_that_rejects_writes(string setting, string wrong, string right) => await CheckAsync(
        outage => outage.Admin.SendAsync("CONFIG", "SET", setting, wrong),
        outage => outage.Admin.SendAsync("CONFIG", "SET", setting, right));

    [Fact]
    public async Task Calls_fail_as_unavailable_and_recover_after_a_primary_is_demoted_and_promoted() => await CheckAsync(
        outage => outage.Admin.SendAsync("REPLICAOF", "127.0.0.1", "1"),
        outage => outage.Admin.SendAsync("REPLICAOF", "NO", "ONE"));

    [Theory]
    [InlineData("-@write", "+@write")]
    [InlineData("-xadd", "+xadd")]
    [InlineData("-set", "+set")]
    [InlineData("-zadd", "+zadd")]
    [InlineData("-evalsha", "+evalsha")]
    [InlineData("resetchannels", "&*")]
    public async Task Calls_fail_as_unavailable_and_recover_after_the_user_loses_a_permission(string taken, string given) => await CheckAsync(
        outage => outage.Admin.SendAsync("ACL", "SETUSER", "default", taken),
        outage => outage.Admin.SendAsync("ACL", "SETUSER", "default", given));

    [Fact]
    public async Task Calls_fail_as_unavailable_and_recover_after_an_endless_script_of_another_client() => await CheckAsync(
        async outage =>
        {
            await outage.Admin.SendAsync("CONFIG", "SET", "busy-reply-threshold", 1);
            var other = await outage.Redis.ConnectAsync();
            await other.WriteAsync("EVAL", "while true do end", 0);
        },
        outage => outage.Admin.SendAsync("SCRIPT", "KILL"));

    [Fact]
    public async Task Calls_fail_as_unavailable_and_recover_after_Redis_cannot_save() => await CheckAsync(
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
    public async Task Calls_fail_as_unavailable_and_recover_after_a_pause_of_writes() => await CheckAsync(
        outage => outage.Admin.SendAsync("CLIENT", "PAUSE", 600_000, "WRITE"),
        outage => outage.Admin.SendAsync("CLIENT", "UNPAUSE"));

    [Fact]
    public async Task Calls_fail_as_unavailable_and_recover_after_a_pause_of_all_commands() => await CheckAsync(
        outage => outage.Admin.SendAsync("CLIENT", "PAUSE", 7_000, "ALL"),
        // A pause of all commands cannot be ended early; the reply comes when it is over.
        outage => outage.Admin.SendAsync("PING"));

    [Fact]
    public async Task Calls_fail_as_unavailable_and_recover_after_the_limit_of_clients_is_reached() => await CheckAsync(
        async outage =>
        {
            await outage.Admin.SendAsync("CONFIG", "SET", "maxclients", 1);
            await outage.Admin.SendAsync("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
            await outage.Admin.SendAsync("CLIENT", "KILL", "TYPE", "pubsub", "SKIPME", "yes");
        },
        outage => outage.Admin.SendAsync("CONFIG", "SET", "maxclients", 10_000));

    [Fact]
    public async Task Calls_fail_as_unavailable_and_recover_after_the_server_process_is_suspended() => await CheckAsync(
        outage => outage.Redis.FreezeAsync(),
        outage =>
        {
            outage.Redis.Thaw();
            return Task.CompletedTask;
        });

    [Fact]
    public async Task Calls_fail_as_unavailable_and_recover_after_a_restart_with_slow_loading()
    {
        Task restarting = Task.CompletedTask;
        await CheckAsync(
            async outage =>
            {
                await outage.Admin.SendAsync("EVAL", "for i = 1, 60000 do redis.call('SET', 'other:' .. i, '') end", 0);
                await outage.Redis.KillAsync();
                restarting = outage.Redis.RestartAsync();
                await Eventually.TrueAsync(() => RepliesAsync(outage.Redis, "LOADING"));
            },
            // It loads for longer than any test takes, until it is told to load at full speed.
            async outage =>
            {
                await outage.Redis.CommandAsync("CONFIG", "SET", "key-load-delay", "0");
                await restarting;
            },
            "--appendonly", "yes", "--appendfsync", "always", "--key-load-delay", "500");
    }

    [Fact]
    public async Task Calls_succeed_after_SCRIPT_FLUSH()
    {
        await using var outage = await RedisOutage.StartAsync();

        for (var i = 0; i < 20; i++)
        {
            await outage.Admin.SendAsync("SCRIPT", "FLUSH");

            // Several merchants, and several commits of one, which are sent before those ahead of them are answered.
            await Task.WhenAll(Enumerable.Range(0, 25).Select(n => Commits.MakeAsync(outage.Client, $"merchant-{Math.Min(n, 5)}", (25 * i) + n)));
        }

        await outage.Admin.SendAsync("SCRIPT", "FLUSH");
        Assert.True(await outage.IsReadyAsync());
        log.WriteLine($"recovered after {(await outage.AssertRecoversAsync()).TotalMilliseconds:N0} ms");
    }

    [Fact]
    public async Task Commits_resume_after_a_manual_failover_between_two_servers_of_the_connection_string()
    {
        await using var first = await RedisServer.StartAsync("--repl-diskless-sync-delay", "0");
        await using var second = await RedisServer.StartAsync("--replicaof", "127.0.0.1", $"{first.Port}");
        await Poll.UntilAsync("the replica is connected", async () => (await second.InfoAsync("replication"))["master_link_status"] == "up");
        await using var store = RedisStartTests.NewStore($"{first.Configuration},{second.Configuration}", timeoutSeconds: 60);
        await store.OpenAsync(CancellationToken.None);

        await second.CommandAsync("REPLICAOF", "NO", "ONE");
        await first.CommandAsync("REPLICAOF", "127.0.0.1", second.Port);

        var waiting = Stopwatch.StartNew();
        await Eventually.TrueAsync(async () => await Record.ExceptionAsync(() => store.CheckAsync(CancellationToken.None)) is null);
        log.WriteLine($"recovered after {waiting.Elapsed.TotalMilliseconds:N0} ms");
    }

    private async Task CheckAsync(
        Func<RedisOutage, Task> cause, Func<RedisOutage, Task> end, params string[] settings)
    {
        await using var outage = await RedisOutage.StartAsync(settings);
        await cause(outage);
        await outage.AssertUnavailableAsync();

        await end(outage);

        log.WriteLine($"recovered after {(await outage.AssertRecoversAsync()).TotalMilliseconds:N0} ms");
    }

    private static async Task SaveAsync(RedisOutage outage, string result)
    {
        await outage.Admin.SendAsync("BGSAVE");
        await Eventually.TrueAsync(async () => (await outage.Admin.SendAsync("INFO", "persistence")).Text is var about
            && about.Contains("rdb_bgsave_in_progress:0", StringComparison.Ordinal)
            && about.Contains($"rdb_last_bgsave_status:{result}", StringComparison.Ordinal));
    }

    private static async Task<bool> RepliesAsync(RedisServer redis, string error)
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
