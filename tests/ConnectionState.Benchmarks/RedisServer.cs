using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ConnectionStateService.Benchmarks;

/// <summary>A redis-server process on a free port, with its own temporary folder. Both are removed on dispose.</summary>
internal sealed class RedisServer : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("connectionstate-bench-");
    private readonly Process process;

    /// <param name="appendOnly">Whether to write an append-only file with <c>appendfsync everysec</c>; otherwise nothing is persisted.</param>
    public RedisServer(bool appendOnly = false)
    {
        Port = FreePort();
        process = Process.Start(new ProcessStartInfo("redis-server",
        [
            "--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--dir", folder.FullName, "--enable-debug-command", "local",
            "--appendonly", appendOnly ? "yes" : "no", "--appendfsync", "everysec",
        ])
        {
            RedirectStandardOutput = true,
        })!;

        for (var line = process.StandardOutput.ReadLine();
            !(line ?? throw new InvalidOperationException("redis-server did not start.")).Contains("Ready to accept", StringComparison.Ordinal);
            line = process.StandardOutput.ReadLine())
        {
        }

        // Keep reading: the server would block on a full pipe.
        _ = process.StandardOutput.ReadToEndAsync();
    }

    public int Port { get; }

    /// <summary>The options that make the service store its merchants on this server.</summary>
    public string[] StoreOptions => ["--Store:Kind=Redis", $"--Store:Redis:Configuration=127.0.0.1:{Port}"];

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        folder.Delete(recursive: true);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
