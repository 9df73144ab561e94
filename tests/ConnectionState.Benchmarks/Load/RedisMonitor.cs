using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ConnectionStateService.Benchmarks.Load;

/// <summary>Counts the commands that Redis executes, as MONITOR shows them: those that clients send, and those that their scripts call.</summary>
internal sealed class RedisMonitor : IDisposable
{
    private readonly TcpClient connection;
    private readonly StreamReader lines;
    private long sent;
    private long calledByScripts;

    private RedisMonitor(TcpClient connection)
    {
        this.connection = connection;
        lines = new StreamReader(connection.GetStream(), Encoding.Latin1);
    }

    public long Sent => Interlocked.Read(ref sent);

    public long CalledByScripts => Interlocked.Read(ref calledByScripts);

    public static async Task<RedisMonitor> StartAsync(int port)
    {
        var connection = new TcpClient();
        await connection.ConnectAsync(IPAddress.Loopback, port);
        await connection.GetStream().WriteAsync("MONITOR\r\n"u8.ToArray());
        var monitor = new RedisMonitor(connection);
        if (await monitor.lines.ReadLineAsync() != "+OK")
        {
            throw new InvalidOperationException("Redis refused MONITOR.");
        }

        _ = monitor.CountAsync();
        return monitor;
    }

    public void Dispose() => connection.Dispose();

    // A line is: +time [database address] "command" ... The address of a script is "lua".
    private async Task CountAsync()
    {
        try
        {
            while (await lines.ReadLineAsync() is { } line)
            {
                var isInScript = line.AsSpan(0, Math.Min(line.Length, 40)).Contains(" lua]", StringComparison.Ordinal);
                Interlocked.Increment(ref (isInScript ? ref calledByScripts : ref sent));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The end of the measurement.
        }
    }
}
