using ConnectionStateService.Client;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>Several servers of the service on one Redis, each with a client of its own. A restarted server keeps its port.</summary>
internal sealed class ServerGroup : IAsyncDisposable
{
    private readonly Func<int, string[]> command;
    private readonly ServerProcess[] servers;

    private ServerGroup(ServerProcess[] servers, Func<int, string[]> command, int attempts)
    {
        (this.servers, this.command) = (servers, command);
        Clients = [.. servers.Select(server => server.NewClient(attempts))];
    }

    public IReadOnlyList<ConnectionStateClient> Clients { get; }

    public IReadOnlyList<ServerProcess> Servers => servers;

    /// <summary>Starts servers.</summary>
    /// <param name="count">The number of servers.</param>
    /// <param name="configuration">Returns the Redis connection string of the n-th server, from 0.</param>
    /// <param name="attempts">How often the clients try a call.</param>
    /// <param name="arguments">Options for all servers.</param>
    public static async Task<ServerGroup> StartAsync(int count, Func<int, string> configuration, int attempts, params string[] arguments)
    {
        string[] Command(int n) => ["--Store:Kind=Redis", $"--Store:Redis:Configuration={configuration(n)}", .. arguments];
        var servers = await Task.WhenAll(Enumerable.Range(0, count).Select(n => ServerProcess.StartWithAsync([], Command(n))));
        return new ServerGroup(servers, Command, attempts);
    }

    public static Task<ServerGroup> StartAsync(int count, string configuration, params string[] arguments) =>
        StartAsync(count, _ => configuration, attempts: 1, arguments);

    public Task KillAsync(int n) => servers[n].Process.KillAsync();

    /// <summary>Restarts a server that was killed.</summary>
    public async Task RestartAsync(int n)
    {
        await servers[n].DisposeAsync();
        servers[n] = await ServerProcess.StartWithAsync([], [.. command(n), servers[n].SamePort]);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in Clients)
        {
            client.Dispose();
        }

        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }
    }
}
