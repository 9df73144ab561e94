using System.Text.RegularExpressions;
using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>The server as a process of its own, on free loopback ports.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private ServerProcess(ChildProcess process, string announcement)
    {
        Process = process;
        Announcement = announcement;
        var addresses = Regex.Matches(announcement, @"http://127\.0\.0\.1:\d+");
        (Grpc, Http) = (new Uri(addresses[0].Value), new Uri(addresses[1].Value));
    }

    /// <summary>The server's assembly: of the build, unless <c>./test.sh</c> has published it.</summary>
    public static string Assembly { get; } =
        Environment.GetEnvironmentVariable("CONNECTIONSTATE_SERVER") is { Length: > 0 } published ? published : ChildProcess.Built("src/ConnectionState");

    public ChildProcess Process { get; }

    /// <summary>The line that the server prints when it is ready.</summary>
    public string Announcement { get; }

    public Uri Grpc { get; }

    public Uri Http { get; }

    /// <summary>The argument that makes another server listen on the gRPC port of this one.</summary>
    public string SamePort => $"--Listen:GrpcPort={Grpc.Port}";

    public static Task<ServerProcess> StartAsync(string database, params string[] arguments) => StartUnderAsync([], database, arguments);

    /// <summary>Starts the server through another program, such as env or strace, which gets the server's command line.</summary>
    public static Task<ServerProcess> StartUnderAsync(string[] parent, string database, params string[] arguments) =>
        StartWithAsync(parent, [$"--Store:Path={database}", .. arguments]);

    /// <summary>Starts a server on a Redis.</summary>
    public static Task<ServerProcess> StartOnRedisAsync(string configuration, params string[] arguments) =>
        StartWithAsync([], ["--Store:Kind=Redis", $"--Store:Redis:Configuration={configuration}", .. arguments]);

    /// <summary>
    /// Starts the server with exactly the given options, through another program unless <paramref name="parent"/> is empty, and from another build
    /// if <paramref name="program"/> is given.
    /// </summary>
    public static async Task<ServerProcess> StartWithAsync(string[] parent, string[] arguments, string? program = null)
    {
        string[] command =
        [
            .. parent, "dotnet", program ?? Assembly,
            "--Listen:GrpcPort=0", "--Listen:HttpPort=0", .. arguments,
        ];
        var process = ChildProcess.Start(command[0], Path.GetTempPath(), command[1..]);
        try
        {
            return new ServerProcess(process, await process.AnnouncementAsync());
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public ConnectionStateClient NewClient(int attempts = 1) =>
        new(new() { Address = Grpc, MaxAttempts = attempts, RetryBudget = 500, Deadline = Eventually.Patience });

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
