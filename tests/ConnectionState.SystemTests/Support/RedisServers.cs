namespace ConnectionStateService.SystemTests.Support;

/// <summary>The servers of a deployment. Disposing of it stops all that were started, even if others failed to start.</summary>
internal sealed class RedisServers : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly List<RedisServer> servers = [];

    public async Task<IReadOnlyList<RedisServer>> StartAsync(int count, Func<RedisServer, IEnumerable<string>> settings) =>
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => StartAsync(settings)));

    public async ValueTask DisposeAsync() => await Task.WhenAll(servers.Select(server => server.DisposeAsync().AsTask()));

    private async Task<RedisServer> StartAsync(Func<RedisServer, IEnumerable<string>> settings)
    {
        var server = await RedisServer.StartAsync(settings);
        lock (gate)
        {
            servers.Add(server);
        }

        return server;
    }
}
