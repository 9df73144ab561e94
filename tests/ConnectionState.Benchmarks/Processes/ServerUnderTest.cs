using System.Runtime.InteropServices;
using ConnectionStateService.Client;

namespace ConnectionStateService.Benchmarks.Processes;

/// <summary>A process of the service on free ports, with its own temporary working directory and database.</summary>
internal sealed class ServerUnderTest : IDisposable
{
    private const int SigTerm = 15;
    private const string ReadyPattern = @"gRPC on (http://\S+) and HTTP on (http://[^\s;]+)";

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("connectionstate-bench-");
    private readonly string[] command;
    private ChildProcess? process;

    // Some sections call one merchant as fast as they can. The limit is on, and so is its cost, but is never reached.
    private ServerUnderTest(string dll, string[] options) =>
        command = [dll, "--Listen:GrpcPort=0", "--Listen:HttpPort=0", "--Limits:CallsPerMerchant=1000000", .. options];

    /// <summary>Where the service listens for gRPC.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Where the service listens for health checks and browsers.</summary>
    public Uri HttpAddress { get; private set; } = null!;

    public int ProcessId => process!.Id;

    /// <summary>The working set of the process, in bytes.</summary>
    public long Memory => process!.Memory;

    public static async Task<ServerUnderTest> StartAsync(string dll, params string[] options)
    {
        var server = new ServerUnderTest(dll, options);
        await server.StartProcessAsync();
        return server;
    }

    /// <summary>Creates a client of the service. The caller disposes it.</summary>
    public ConnectionStateClient CreateClient() => new(new() { Address = Address });

    /// <summary>Sends SIGTERM and waits until the process has exited.</summary>
    public async Task TerminateAsync()
    {
        if (Kill(ProcessId, SigTerm) != 0)
        {
            throw new InvalidOperationException("The server has already exited.");
        }

        await process!.WaitForExitAsync();
    }

    /// <summary>Starts the exited server again, on the same database and gRPC port.</summary>
    public Task RestartAsync() => StartProcessAsync($"--Listen:GrpcPort={Address.Port}");

    public void Dispose()
    {
        process?.Dispose();
        folder.Delete(recursive: true);
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);

    private async Task StartProcessAsync(params string[] more)
    {
        process?.Dispose();
        (process, var ready) = await ChildProcess.StartAsync("dotnet", [.. command, .. more], folder.FullName, ReadyPattern);
        Address = new Uri(ready.Groups[1].Value);
        HttpAddress = new Uri(ready.Groups[2].Value);
    }
}
