using System.Net;
using System.Net.Sockets;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>A TCP load balancer: each connection goes to the next server that accepts it.</summary>
internal sealed class Balancer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource ending = new();
    private readonly IReadOnlyList<int> ports;
    private readonly Task accepting;
    private int next;

    public Balancer(IEnumerable<Uri> servers)
    {
        ports = [.. servers.Select(server => server.Port)];
        listener.Start();
        accepting = AcceptAsync();
    }

    public Uri Address => new($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}");

    public async ValueTask DisposeAsync()
    {
        await ending.CancelAsync();
        listener.Dispose();
        await accepting;
        ending.Dispose();
    }

    private async Task AcceptAsync()
    {
        var links = new List<Task>();
        try
        {
            while (true)
            {
                var client = await listener.AcceptSocketAsync(ending.Token);
                links.Add(LinkAsync(client));
            }
        }
        catch (OperationCanceledException)
        {
            // The balancer is disposed.
        }

        await Task.WhenAll(links);
    }

    private async Task LinkAsync(Socket client)
    {
        using var server = await ConnectAsync();
        using (client)
        {
            if (server is not null)
            {
                await Task.WhenAny(CopyAsync(client, server), CopyAsync(server, client));
            }
        }
    }

    private async Task<Socket?> ConnectAsync()
    {
        for (var attempt = 0; attempt < ports.Count; attempt++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, ports[(int)((uint)Interlocked.Increment(ref next) % ports.Count)], ending.Token);
                return socket;
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException)
            {
                socket.Dispose();
            }
        }

        return null;
    }

    private async Task CopyAsync(Socket from, Socket to)
    {
        try
        {
            from.NoDelay = true;
            await using var source = new NetworkStream(from);
            await using var target = new NetworkStream(to);
            await source.CopyToAsync(target, ending.Token);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // One side closed the connection; the caller closes the other.
        }
    }
}
