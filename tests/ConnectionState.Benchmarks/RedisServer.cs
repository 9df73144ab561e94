using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ConnectionStateService.Benchmarks;

/// <summary>A redis-server of its own on a free port. Nothing of it is left afterwards.</summary>
internal sealed class RedisServer : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("connectionstate-bench-");
    private readonly Process process;

    /// <param name="keepsLog">Whether it writes to disk, once a second; otherwise it stores nothing.</param>
    public RedisServer(bool keepsLog = false)
    {
        Port = FreePort();
        process = Process.Start(new ProcessStartInfo("redis-server",
        [
            "--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--dir", folder.FullName, "--enable-debug-command", "local",
            "--appendonly", keepsLog ? "yes" : "no", "--appendfsync", "everysec",
        ])
        {
            RedirectStandardOutput = true,
        })!;

        for (var line = process.StandardOutput.ReadLine();
            !(line ?? throw new InvalidOperationException("redis-server did not start.")).Contains("Ready to accept", StringComparison.Ordinal);
            line = process.StandardOutput.ReadLine())
        {
        }

        // What it logs later is read as well: a full pipe would stop it.
        _ = process.StandardOutput.ReadToEndAsync();
    }

    public int Port { get; }

    /// <summary>What makes the product keep its merchants here.</summary>
    public string[] Arguments => ["--Store:Kind=Redis", $"--Store:Redis:Configuration=127.0.0.1:{Port}"];

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
