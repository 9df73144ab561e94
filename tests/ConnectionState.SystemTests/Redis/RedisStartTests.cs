using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>Which Redis deployments are accepted at start, the wait for Redis, and the start line.</summary>
public sealed class RedisStartTests
{
    [Fact]
    public async Task A_Redis_that_may_evict_keys_is_refused()
    {
        await using var redis = await RedisServer.StartAsync();
        string[] evicting =
        [
            "allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
        ];

        foreach (var policy in evicting)
        {
            await redis.CommandAsync("CONFIG", "SET", "maxmemory-policy", policy);
            Assert.Equal(
                $"Redis at 127.0.0.1:{redis.Port} may evict merchants (maxmemory-policy {policy}); set it to noeviction.",
                await RefusedAsync(redis.Configuration));
        }

        await redis.CommandAsync("CONFIG", "SET", "maxmemory-policy", "noeviction");
        await OpenAsync(redis.Configuration);
    }

    [Fact]
    public async Task The_number_of_partitions_is_stored_on_first_use_and_a_different_one_is_refused()
    {
        await using var redis = await RedisServer.StartAsync();
        await OpenAsync(redis.Configuration);
        Assert.Equal("256", (await redis.CommandAsync("GET", "cs:partitions")).Text);

        await redis.CommandAsync("SET", "cs:partitions", "128");

        Assert.Equal(
            "This Redis was filled by a version with 128 partitions; this version has 256.", await RefusedAsync(redis.Configuration));
        Assert.Equal("128", (await redis.CommandAsync("GET", "cs:partitions")).Text);
    }

    [Theory]
    [InlineData("127.0.0.1:6379,nonsense=1")]
    [InlineData("127.0.0.1:6379,ssl=perhaps")]
    [InlineData("127.0.0.1:99999")]
    [InlineData("password=secret")]
    [InlineData(",")]
    public void An_invalid_connection_string_is_refused_without_its_password(string configuration)
    {
        var refused = Assert.Throws<StoreUnusableException>(() => NewStore(configuration));

        Assert.StartsWith("Store:Redis:Configuration is not a valid connection string: ", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1:6379,nonsense=1", "Store:Redis:Configuration is not a valid connection string: ")]
    [InlineData("127.0.0.1:1", "Redis does not serve after 00:00:01: ")]
    public async Task A_server_that_cannot_start_prints_the_reason(string configuration, string why)
    {
        string[] arguments =
        [
            "--Listen:GrpcPort=0", "--Listen:HttpPort=0", "--Store:Kind=Redis", $"--Store:Redis:Configuration={configuration}",
            "--Store:Redis:StartTimeout=00:00:01", "--Logging:LogLevel:Default=None",
        ];
        await using var server = ChildProcess.Start("dotnet", Path.GetTempPath(), [ServerProcess.Assembly, .. arguments]);

        await server.WaitForExitAsync();

        Assert.Equal(1, server.ExitCode);
        Assert.StartsWith($"ConnectionState does not start: {why}", server.Errors, StringComparison.Ordinal);
        Assert.Single(server.Errors.TrimEnd().Split('\n'));
        Assert.Empty(server.Output);
    }

    [Fact]
    public async Task The_store_waits_for_a_Redis_that_starts_later()
    {
        await using var redis = await RedisServer.StartAsync();
        await redis.KillAsync();
        var log = new FakeLogger<RedisStore>();
        await using var store = NewStore(redis.Configuration, timeoutSeconds: 60, log);

        var opening = store.OpenAsync(CancellationToken.None);
        await WaitsAsync(log);
        Assert.False(opening.IsCompleted);
        await redis.RestartAsync();

        await opening.WaitAsync(Eventually.Patience);
        await store.CheckAsync(CancellationToken.None);
    }

    [Fact]
    public async Task The_store_waits_for_a_primary_and_leaks_no_connections()
    {
        await using var redis = await RedisServer.StartAsync();
        await redis.CommandAsync("REPLICAOF", "127.0.0.1", "1");
        var log = new FakeLogger<RedisStore>();
        await using var store = NewStore(redis.Configuration, timeoutSeconds: 60, log);

        var opening = store.OpenAsync(CancellationToken.None);
        await WaitsAsync(log, times: 3);
        await redis.CommandAsync("REPLICAOF", "NO", "ONE");
        await opening.WaitAsync(Eventually.Patience);

        // Two multiplexers of two connections each.
        await Eventually.TrueAsync(async () => await ClientsAsync(redis) <= 4);
    }

    [Theory]
    [InlineData("appendonly no, appendfsync everysec", "all commits since the last snapshot, if any, are lost")]
    [InlineData("appendonly yes, appendfsync no", "what the operating system had not written to disk is lost, about 30 seconds")]
    [InlineData("appendonly yes, appendfsync everysec", "up to two seconds of acknowledged commits are lost")]
    [InlineData("appendonly yes, appendfsync always", "no acknowledged commit is lost")]
    public async Task The_start_line_describes_durability(string settings, string lost)
    {
        var given = settings.Split(", ").SelectMany(setting => setting.Split(' ')).ToArray();
        await using var redis = await RedisServer.StartAsync($"--{given[0]}", given[1], $"--{given[2]}", given[3]);

        await using var server = await ServerProcess.StartOnRedisAsync(redis.Configuration);

        Assert.EndsWith(
            $"; store: Redis, primary 127.0.0.1:{redis.Port}; durability: {settings}, replicas 0, min-replicas-to-write 0: if the server "
            + $"crashes, {lost}; if a replica takes over, not applicable: there is no replica",
            server.Announcement,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_start_line_has_the_number_of_replicas_and_min_replicas_to_write()
    {
        await using var redis = await RedisServer.StartAsync("--repl-diskless-sync-delay", "0", "--min-replicas-to-write", "1");
        await using var replica = await RedisServer.StartAsync("--replicaof", "127.0.0.1", $"{redis.Port}");

        // Opening succeeds once the replica is connected.
        var description = await OpenAsync(redis.Configuration, timeoutSeconds: 60);

        Assert.EndsWith(
            "replicas 1, min-replicas-to-write 1: if the server crashes, all commits since the last snapshot, if any, are lost; "
            + "if a replica takes over, commits that had not reached it are lost, at most a few seconds",
            description,
            StringComparison.Ordinal);
    }

    internal static RedisStore NewStore(string configuration, int timeoutSeconds = 1, FakeLogger<RedisStore>? log = null) => new(
        Options.Create(new StoreOptions
        {
            Redis = { Configuration = configuration, StartTimeout = TimeSpan.FromSeconds(timeoutSeconds) },
        }),
        TimeProvider.System,
        log);

    internal static async Task<string> OpenAsync(string configuration, int timeoutSeconds = 1)
    {
        await using var store = NewStore(configuration, timeoutSeconds);
        await store.OpenAsync(CancellationToken.None).WaitAsync(Eventually.Patience);
        return store.Description;
    }

    internal static async Task<string> RefusedAsync(string configuration) =>
        (await Assert.ThrowsAsync<StoreUnusableException>(() => OpenAsync(configuration))).Message;

    private static Task WaitsAsync(FakeLogger<RedisStore> log, int times = 1) => Eventually.TrueAsync(() =>
        Task.FromResult(log.Collector.GetSnapshot().Count(entry => entry.Message.Contains("Waiting for Redis: ", StringComparison.Ordinal)) >= times));

    private static async Task<int> ClientsAsync(RedisServer redis) => (await redis.CommandAsync("CLIENT", "LIST")).Text.Split('\n')
        .Count(line => line.Contains("name=ConnectionState", StringComparison.Ordinal));
}
