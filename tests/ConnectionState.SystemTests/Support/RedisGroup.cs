namespace ConnectionStateService.SystemTests.Support;

/// <summary>Servers that belong together; gone when the test is done with them, even if not all of them could be started.</summary>
internal sealed class RedisGroup : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly List<RedisServer> servers = [];

    public async Task<IReadOnlyList<RedisServer>> AddAsync(int count, Func<RedisServer, IEnumerable<string>> settings) =>
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => AddAsync(settings)));

    public async ValueTask DisposeAsync() => await Task.WhenAll(servers.Select(server => server.DisposeAsync().AsTask()));

    private async Task<RedisServer> AddAsync(Func<RedisServer, IEnumerable<string>> settings)
    {
        var server = await RedisServer.StartAsync(settings);
        lock (gate)
        {
            servers.Add(server);
        }

        return server;
    }
}
