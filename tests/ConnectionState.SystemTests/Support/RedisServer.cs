using System.ComponentModel;
using System.Diagnostics;
using System.Net.Sockets;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>A redis-server process on a free port of the loopback, in a temporary folder. Without persistence unless settings enable it.</summary>
internal sealed class RedisServer : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Func<RedisServer, IEnumerable<string>> arguments;
    private readonly FakeClock? clock;
    private ChildProcess? process;

    private RedisServer(Func<RedisServer, IEnumerable<string>> arguments, DateTimeOffset? now)
    {
        this.arguments = arguments;
        clock = now is { } start ? new FakeClock(Folder, start) : null;
    }

    public int Port { get; private set; }

    /// <summary>The connection string for clients.</summary>
    public string Configuration => $"127.0.0.1:{Port}";

    public string Folder => folder.Path;

    public ChildProcess Process => process ?? throw new InvalidOperationException("The server was not started.");

    /// <summary>Options of a store on this server. It waits as long as the tests do, not the default of two seconds, which a busy machine may take.</summary>
    public StoreOptions NewStoreOptions(string credentials = "") =>
        new() { Redis = { Configuration = Configuration + credentials, Timeout = Eventually.Patience } };

    /// <summary>Settings are as on the command line: <c>"--appendonly", "yes"</c>.</summary>
    public static Task<RedisServer> StartAsync(params string[] settings) => StartAsync(_ => settings);

    /// <summary>Starts a server whose clock only <see cref="SetClock"/> moves.</summary>
    public static Task<RedisServer> StartWithClockAsync(DateTimeOffset now, params string[] settings) => StartAsync(_ => settings, now);

    /// <summary>Settings that depend on the server's port or folder. The first may be the name of a configuration file.</summary>
    public static async Task<RedisServer> StartAsync(Func<RedisServer, IEnumerable<string>> settings, DateTimeOffset? now = null)
    {
        var server = new RedisServer(settings, now);
        try
        {
            do
            {
                server.Port = FreePort.Find();
            }
            while (!await server.TryStartAsync());
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends one command on a new connection.</summary>
    /// <exception cref="RedisErrorException">Redis replied with an error.</exception>
    public async Task<RedisReply> CommandAsync(params object[] command)
    {
        using var connection = await ConnectAsync();
        return await connection.SendAsync(command);
    }

    /// <summary>Returns one section of INFO.</summary>
    public async Task<IReadOnlyDictionary<string, string>> InfoAsync(string section) =>
        (await CommandAsync("INFO", section)).Text
            .Split("\r\n")
            .Select(line => line.Split(':', 2))
            .Where(field => field.Length == 2)
            .ToDictionary(field => field[0], field => field[1]);

    public Task<RedisCommands> ConnectAsync() => RedisCommands.ConnectAsync(Port);

    public void SetClock(DateTimeOffset now) =>
        (clock ?? throw new InvalidOperationException("This server uses the clock of the machine.")).Set(now);

    /// <summary>As <c>kill -9</c>.</summary>
    public Task KillAsync() => Process.KillAsync();

    /// <summary>As <c>kill</c>: the server shuts down in order.</summary>
    public Task TerminateAsync() => Process.TerminateAsync();

    /// <summary>Starts it again on its port and in its folder; if it still runs, shuts it down first.</summary>
    public async Task RestartAsync()
    {
        if (!Process.HasEnded)
        {
            await TerminateAsync();
        }

        Assert.True(await TryStartAsync(), $"Port {Port} is in use by another process.");
    }

    /// <summary>Suspends the process: connections stay open, without replies.</summary>
    public Task FreezeAsync() => Process.FreezeAsync();

    public void Thaw() => Process.Thaw();

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        folder.Dispose();
    }

    private async Task EndAsync()
    {
        if (process is not null)
        {
            var id = process.Id;
            await process.DisposeAsync();
            process = null;
            FakeClock.RemoveSharedMemory(id);
        }
    }

    // Returns false if the port is in use.
    private async Task<bool> TryStartAsync()
    {
        await EndAsync();

        // The last one of repeated settings wins.
        var given = arguments(this).ToList();
        var file = given.TakeWhile(argument => !argument.StartsWith('-')).ToList();
        string[] command =
        [
            .. file, "--port", $"{Port}", "--bind", "127.0.0.1", "--dir", Folder, "--save", "", .. given.Skip(file.Count),
        ];
        process = Launch(command);
        var waiting = Stopwatch.StartNew();
        while (!await ServesAsync())
        {
            if (process.HasEnded)
            {
                await process.WaitForExitAsync();
                return process.Output.Contains("Failed listening on port", StringComparison.Ordinal)
                    ? false
                    : throw new InvalidOperationException($"redis-server ended: {process.Output}{process.Errors}");
            }

            Assert.True(waiting.Elapsed < Eventually.Patience, $"redis-server does not answer: {process.Output}{process.Errors}");
            await Task.Delay(TimeSpan.FromMilliseconds(5));
        }

        return true;
    }

    private ChildProcess Launch(string[] command)
    {
        try
        {
            return ChildProcess.Start("redis-server", Folder, command, clock?.Environment);
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException("redis-server is missing: sudo apt-get install -y redis-server", e);
        }
    }

    // Another server may have taken the port first, so the process id must match.
    private async Task<bool> ServesAsync()
    {
        try
        {
            using var connection = await ConnectAsync();
            var about = await connection.SendAsync("INFO", "server");
            return about.Text.Contains($"process_id:{Process.Id}\r\n", StringComparison.Ordinal)
                && (await connection.SendAsync("PING")).Text == "PONG";
        }
        catch (Exception e) when (e is SocketException or IOException or RedisErrorException)
        {
            return false;
        }
    }
}
