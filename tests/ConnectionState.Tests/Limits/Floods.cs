using System.Net;
using System.Net.Sockets;
using System.Text;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Limits;

/// <summary>What hostile clients of HTTP/2 send.</summary>
internal static class Floods
{
    /// <summary>Begins calls on two connections and resets each at once, until they are done or the service has closed the connections.</summary>
    /// <param name="address">The address of the gRPC port.</param>
    /// <param name="path">The method.</param>
    /// <param name="calls">How many.</param>
    public static async Task ResetAsync(IPEndPoint address, string path, int calls)
    {
        const int Connections = 2;
        const int StreamsPerBatch = 500;
        var headers = RawHttp2.CallHeaders(path);
        await Task.WhenAll(Enumerable.Range(0, Connections).Select(async _ =>
        {
            using var connection = await RawHttp2.ConnectAsync(address);
            var streamId = 1;
            do
            {
                for (var i = 0; i < StreamsPerBatch; i++, streamId += 2)
                {
                    connection.Add(RawHttp2.Headers, RawHttp2.EndHeaders, streamId, headers);
                    connection.Add(RawHttp2.Reset, 0, streamId, [0, 0, 0, 8]);
                }
            }
            while (await connection.SendAsync() && streamId < 2 * calls / Connections);
        }));
    }

    /// <summary>Begins a call and sends frames of at most eight bytes, until they are done or the service has closed the connection.</summary>
    /// <param name="address">The address of the gRPC port.</param>
    /// <param name="path">The method.</param>
    /// <param name="frames">How many.</param>
    public static async Task SendTinyFramesAsync(IPEndPoint address, string path, int frames)
    {
        const int FramesPerRound = 5;
        const int RoundsPerBatch = 1_000;
        using var connection = await RawHttp2.ConnectAsync(address);
        connection.Add(RawHttp2.Headers, RawHttp2.EndHeaders, 1, RawHttp2.CallHeaders(path));
        var sent = 0;
        do
        {
            for (var round = 0; round < RoundsPerBatch; round++, sent += FramesPerRound)
            {
                connection.Add(RawHttp2.Data, 0, 1, []);
                connection.Add(RawHttp2.Data, 0, 1, [0]);
                connection.Add(RawHttp2.Ping, 0, 0, new byte[8]);
                connection.Add(RawHttp2.Settings, 0, 0, []);
                connection.Add(RawHttp2.WindowUpdate, 0, 0, [0, 0, 0, 1]);
            }
        }
        while (await connection.SendAsync() && sent < frames);
    }

    /// <summary>Sends requests over HTTP/1.1 that end within their body, and closes or resets their connections, several at a time.</summary>
    /// <param name="address">The address of the HTTP port.</param>
    /// <param name="path">The method.</param>
    /// <param name="requests">How many.</param>
    public static Task AbandonBodiesAsync(IPEndPoint address, string path, int requests)
    {
        // The header of a message of 16 bytes, and 3 bytes of it.
        byte[] request =
        [
            .. Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/grpc-web+proto\r\nContent-Length: 21\r\n\r\n"),
            0, 0, 0, 0, 16, 10, 1, (byte)'m',
        ];
        return Parallel.ForEachAsync(Enumerable.Range(0, requests), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (number, cancellation) =>
        {
            using var client = new TcpClient { LingerState = new LingerOption(number % 2 == 0, 0) };
            await client.ConnectAsync(address, cancellation);
            await client.GetStream().WriteAsync(request, cancellation);

            // Some go away before the service reads the body, the others while it does.
            await Task.Delay(number / 2 % 2 * 5, cancellation);
        });
    }

    /// <summary>Opens connections that send empty settings and headers without their end, until the service has closed them.</summary>
    /// <param name="address">The address of the gRPC port.</param>
    /// <param name="connections">How many.</param>
    public static Task SendSlowHttp2HeadersAsync(IPEndPoint address, int connections) => BeginRequestsAsync(
        address,
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + "\0\0\0\u0004\0\0\0\0\0" + "\0\0\u0005\u0001\0\0\0\0\u0001" + "\0\u0001x\u0001y",
        connections);

    /// <summary>Opens connections that send headers without their end, until the service has closed them.</summary>
    /// <param name="address">The address of the HTTP port.</param>
    /// <param name="path">The method.</param>
    /// <param name="connections">How many.</param>
    public static Task SendSlowHttp1HeadersAsync(IPEndPoint address, string path, int connections) =>
        BeginRequestsAsync(address, $"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ", connections);

    private static async Task BeginRequestsAsync(IPEndPoint address, string start, int connections)
    {
        var clients = new List<TcpClient>();
        for (var i = 0; i < connections; i++)
        {
            var client = new TcpClient();
            await client.ConnectAsync(address);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(start));
            clients.Add(client);
        }

        await Task.WhenAll(clients.Select(IsClosedAsync)).WaitAsync(Eventually.Patience);
        clients.ForEach(client => client.Dispose());
    }

    private static async Task IsClosedAsync(TcpClient client)
    {
        var buffer = new byte[1024];
        try
        {
            while (await client.GetStream().ReadAsync(buffer) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Reset.
        }
    }
}
