using System.Diagnostics;
using System.Text.RegularExpressions;

namespace ConnectionState.Benchmarks;

/// <summary>A server in a process of its own, on free ports and a database of its own.</summary>
internal sealed class ServerUnderTest : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("connectionstate-bench-");
    private readonly Process process;

    private ServerUnderTest(params string[] arguments)
    {
        process = Process.Start(new ProcessStartInfo("dotnet", arguments)
        {
            WorkingDirectory = folder.FullName,
            RedirectStandardOutput = true,
        })!;
        var line = process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The server did not start.");
        Address = new Uri(Regex.Match(line, @"http://127\.0\.0\.1:\d+").Value);
    }

    public Uri Address { get; }

    public static ServerUnderTest StartProduct()
    {
        var configuration = AppContext.BaseDirectory.Contains("/Release/", StringComparison.Ordinal) ? "Release" : "Debug";
        var product = Path.GetFullPath(Path.Combine(
            AppContext.BaseDirectory, $"../../../../../src/ConnectionState/bin/{configuration}/net10.0/ConnectionState.dll"));
        return new ServerUnderTest(product, "--Listen:GrpcPort=0", "--Listen:HttpPort=0");
    }

    public static ServerUnderTest StartEcho() => new(typeof(ServerUnderTest).Assembly.Location, "echo-server");

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        folder.Delete(recursive: true);
    }
}
