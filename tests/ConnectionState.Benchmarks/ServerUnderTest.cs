using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using ConnectionStateService.Client;

namespace ConnectionStateService.Benchmarks;

/// <summary>A server process on free ports, with its own temporary working directory and database.</summary>
internal sealed class ServerUnderTest : IDisposable
{
    private const int SigTerm = 15;

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("connectionstate-bench-");
    private readonly string[] command;
    private Process process;

    private ServerUnderTest(params string[] command)
    {
        this.command = command;
        (process, Address) = Start(command);
    }

    public Uri Address { get; }

    /// <summary>The working set of the process, in bytes.</summary>
    public long Memory
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    /// <summary>Whether the benchmarks, and with them the server, were built with <c>-c Release</c>.</summary>
    public static bool IsRelease => AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal);

    public static ServerUnderTest StartService(params string[] options)
    {
        var configuration = IsRelease ? "Release" : "Debug";
        var service = Path.GetFullPath(Path.Combine(
            AppContext.BaseDirectory, $"../../../../../src/ConnectionState/bin/{configuration}/net10.0/ConnectionState.dll"));
        return new ServerUnderTest([service, "--Listen:GrpcPort=0", "--Listen:HttpPort=0", .. options]);
    }

    public static ServerUnderTest StartEcho() => new(typeof(ServerUnderTest).Assembly.Location, "echo-server");

    /// <summary>Creates a client of the service. The caller disposes it.</summary>
    public ConnectionStateClient CreateClient() => new(new() { Address = Address });

    /// <summary>Sends SIGTERM and waits until the process has exited.</summary>
    public async Task TerminateAsync()
    {
        if (Kill(process.Id, SigTerm) != 0)
        {
            throw new InvalidOperationException("The server has already exited.");
        }

        await process.WaitForExitAsync();
    }

    /// <summary>Starts the exited server again, on the same database and gRPC port.</summary>
    public void Restart()
    {
        process.Dispose();
        (process, _) = Start([.. command, $"--Listen:GrpcPort={Address.Port}"]);
    }

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        folder.Delete(recursive: true);
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);

    private (Process Process, Uri Address) Start(string[] arguments)
    {
        var started = Process.Start(new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder.FullName,
            RedirectStandardOutput = true,
        })!;
        Match address;
        do
        {
            var line = started.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The server did not start.");
            address = Regex.Match(line, @"http://127\.0\.0\.1:\d+");
        }
        while (!address.Success);

        // Keep reading: the server would block on a full pipe.
        _ = started.StandardOutput.ReadToEndAsync();
        return (started, new Uri(address.Value));
    }
}
