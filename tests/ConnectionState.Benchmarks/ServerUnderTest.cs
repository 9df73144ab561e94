using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace ConnectionStateService.Benchmarks;

/// <summary>A server in a process of its own, on free ports and a database of its own.</summary>
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

    /// <summary>The memory that the process has of the machine, in bytes.</summary>
    public long Memory
    {
        get
        {
            process.Refresh();
            return process.WorkingSet64;
        }
    }

    public static ServerUnderTest StartProduct(params string[] arguments)
    {
        var configuration = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
        var product = Path.GetFullPath(Path.Combine(
            AppContext.BaseDirectory, $"../../../../../src/ConnectionState/bin/{configuration}/net10.0/ConnectionState.dll"));
        return new ServerUnderTest([product, "--Listen:GrpcPort=0", "--Listen:HttpPort=0", .. arguments]);
    }

    public static ServerUnderTest StartEcho() => new(typeof(ServerUnderTest).Assembly.Location, "echo-server");

    /// <summary>Asks the server to end, as <c>kill</c> does, and waits for it.</summary>
    public async Task TerminateAsync()
    {
        if (Signal(process.Id, SigTerm) != 0)
        {
            throw new InvalidOperationException("The server is gone already.");
        }

        await process.WaitForExitAsync();
    }

    /// <summary>Starts the server that has ended again, on its database, where it listened.</summary>
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
    private static extern int Signal(int process, int signal);

    private (Process Process, Uri Address) Start(string[] arguments)
    {
        var started = Process.Start(new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder.FullName,
            RedirectStandardOutput = true,
        })!;
        var line = started.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The server did not start.");

        // What it logs later is read as well: a full pipe would stop it.
        _ = started.StandardOutput.ReadToEndAsync();
        return (started, new Uri(Regex.Match(line, @"http://127\.0\.0\.1:\d+").Value));
    }
}
