using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ConnectionState.Benchmarks;

/// <summary>A redis-server of its own on a free port, which stores nothing.</summary>
internal sealed class RedisServer : IDisposable
{
    private readonly Process process;

    public RedisServer()
    {
        Port = FreePort();
        process = Process.Start(new ProcessStartInfo("redis-server",
            ["--port", $"{Port}", "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", Path.GetTempPath()])
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

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
