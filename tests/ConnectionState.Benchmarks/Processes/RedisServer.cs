using StackExchange.Redis;

namespace ConnectionStateService.Benchmarks.Processes;

/// <summary>A redis-server process on a free port, with its own temporary folder. Both are removed on dispose.</summary>
internal sealed class RedisServer : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("connectionstate-bench-");
    private ChildProcess? process;

    private RedisServer(int port) => Port = port;

    public int Port { get; }

    public int ProcessId => process!.Id;

    /// <summary>The configuration for StackExchange.Redis, with the right to administer.</summary>
    public string Configuration => $"127.0.0.1:{Port},allowAdmin=true";

    /// <summary>The options that make the service store its merchants on this server.</summary>
    public string[] StoreOptions => ["--Store:Kind=Redis", $"--Store:Redis:Configuration=127.0.0.1:{Port}"];

    /// <param name="appendOnly">Whether to write an append-only file with <c>appendfsync everysec</c>; otherwise nothing is persisted.</param>
    public static async Task<RedisServer> StartAsync(bool appendOnly = false)
    {
        var server = new RedisServer(FreePorts.Next());
        (server.process, _) = await ChildProcess.StartAsync(
            "redis-server",
            [
                "--port", $"{server.Port}", "--bind", "127.0.0.1", "--save", "", "--dir", server.folder.FullName,
                "--enable-debug-command", "local", "--appendonly", appendOnly ? "yes" : "no", "--appendfsync", "everysec",
            ],
            server.folder.FullName,
            "Ready to accept");
        return server;
    }

    /// <summary>Waits until the append-only file is not rewritten any more, which a large load sets off: it takes a core.</summary>
    public async Task UntilRewrittenAsync()
    {
        using var redis = await ConnectionMultiplexer.ConnectAsync(Configuration);
        while ((await redis.GetServers()[0].InfoAsync("persistence")).SelectMany(section => section)
            .Any(line => line.Key is "aof_rewrite_in_progress" or "aof_rewrite_scheduled" && line.Value != "0"))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200));
        }
    }

    public void Dispose()
    {
        process?.Dispose();
        folder.Delete(recursive: true);
    }
}
