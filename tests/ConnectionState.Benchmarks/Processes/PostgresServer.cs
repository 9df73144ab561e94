namespace ConnectionStateService.Benchmarks.Processes;

/// <summary>
/// One PostgreSQL process on a free port, with its own temporary folder and Debian's default settings: each commit is flushed to disk.
/// </summary>
internal sealed class PostgresServer : IDisposable
{
    private const string User = "postgres";
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("connectionstate-bench-");
    private ChildProcess? process;

    private PostgresServer(int port) => ConnectionString = $"Host=127.0.0.1;Port={port};Username={User};Database=postgres";

    public string ConnectionString { get; }

    public static async Task<PostgresServer> StartAsync()
    {
        var port = FreePorts.Next();
        var server = new PostgresServer(port);
        var (bin, data) = (BinFolder(), server.folder.FullName);
        await ChildProcess.RunAsync("chown", User, data);
        var (command, arguments) = AsPostgres($"{bin}/initdb", "--pgdata", data, "--username", User, "--auth", "trust");
        await ChildProcess.RunAsync(command, arguments);
        (command, arguments) = AsPostgres(
            $"{bin}/postgres", "-D", data, "-p", $"{port}", "-k", data, "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200");
        (server.process, _) = await ChildProcess.StartAsync(command, arguments, data, "database system is ready to accept connections");
        return server;
    }

    public void Dispose()
    {
        process?.Dispose();
        folder.Delete(recursive: true);
    }

    // PostgreSQL refuses to run as root. setpriv replaces itself with the command, so the process id is that of the server.
    private static (string Command, string[] Arguments) AsPostgres(string command, params string[] arguments) => Environment.IsPrivilegedProcess
        ? ("setpriv", [$"--reuid={User}", $"--regid={User}", "--init-groups", command, .. arguments])
        : (command, arguments);

    private static string BinFolder() =>
        Directory.Exists("/usr/lib/postgresql") && Directory.GetDirectories("/usr/lib/postgresql").Order().LastOrDefault() is { } version
            ? $"{version}/bin"
            : throw new InvalidOperationException("PostgreSQL is missing. Run tests/ConnectionState.Benchmarks/install-peers.sh as root.");
}
