using ConnectionStateService.Client;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>Several servers over one Redis, each with a client of its own. Whoever is killed comes back where it listened.</summary>
internal sealed class Replicas : IAsyncDisposable
{
    private readonly Func<int, string[]> command;
    private readonly ServerProcess[] servers;

    private Replicas(ServerProcess[] servers, Func<int, string[]> command, int attempts)
    {
        (this.servers, this.command) = (servers, command);
        Clients = [.. servers.Select(server => server.NewClient(attempts))];
    }

    public IReadOnlyList<ConnectionStateClient> Clients { get; }

    public IReadOnlyList<ServerProcess> Servers => servers;

    /// <summary>Starts servers.</summary>
    /// <param name="count">How many.</param>
    /// <param name="configuration">How each of them, counted from 0, reaches Redis.</param>
    /// <param name="attempts">How often their clients try.</param>
    /// <param name="arguments">Options for all.</param>
    public static async Task<Replicas> StartAsync(int count, Func<int, string> configuration, int attempts, params string[] arguments)
    {
        string[] Command(int n) => ["--Store:Kind=Redis", $"--Store:Redis:Configuration={configuration(n)}", .. arguments];
        var servers = await Task.WhenAll(Enumerable.Range(0, count).Select(n => ServerProcess.StartWithAsync([], Command(n))));
        return new Replicas(servers, Command, attempts);
    }

    public static Task<Replicas> StartAsync(int count, string configuration, params string[] arguments) =>
        StartAsync(count, _ => configuration, attempts: 1, arguments);

    public Task KillAsync(int n) => servers[n].Process.KillAsync();

    /// <summary>Starts one that was killed again.</summary>
    public async Task StartAgainAsync(int n)
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
