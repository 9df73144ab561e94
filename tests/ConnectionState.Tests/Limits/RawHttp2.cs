using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ConnectionStateService.Tests.Limits;

/// <summary>An HTTP/2 connection that sends whatever frames a test wants, as a hostile client does.</summary>
internal sealed class RawHttp2 : IDisposable
{
    public const byte Data = 0;
    public const byte Headers = 1;
    public const byte Reset = 3;
    public const byte Settings = 4;
    public const byte Ping = 6;
    public const byte GoAway = 7;
    public const byte WindowUpdate = 8;
    public const byte Continuation = 9;
    public const byte EndStream = 1;
    public const byte EndHeaders = 4;

    private const int HeaderLength = 9;

    // The largest that a server may send to a client without settings of its own.
    private const int MaxPayload = 1 << 14;

    private static readonly byte[] Preface = Encoding.ASCII.GetBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

    private readonly TcpClient tcp = new();
    private readonly MemoryStream pending = new();
    private NetworkStream stream = null!;
    private Task reading = Task.CompletedTask;

    private RawHttp2()
    {
    }

    /// <summary>Whether the server has closed the connection.</summary>
    public bool IsClosed => reading.IsCompleted;

    /// <summary>The settings that the server has sent.</summary>
    public ConcurrentDictionary<int, int> ServerSettings { get; } = new();

    /// <summary>The streams of which the server has sent headers.</summary>
    public ConcurrentDictionary<int, bool> Answered { get; } = new();

    /// <summary>The streams that the server has reset, each with the error code.</summary>
    public ConcurrentDictionary<int, int> ServerResets { get; } = new();

    /// <summary>The error code with which the server has ended the connection; null if it has sent none.</summary>
    public int? EndedWith { get; private set; }

    /// <param name="address">The address of the gRPC port.</param>
    public static async Task<RawHttp2> ConnectAsync(IPEndPoint address)
    {
        var connection = new RawHttp2();
        await connection.tcp.ConnectAsync(address);
        connection.stream = connection.tcp.GetStream();
        connection.reading = connection.ReceiveAsync();
        connection.pending.Write(Preface);
        connection.Add(Settings, 0, 0, []);
        return connection;
    }

    /// <summary>The headers of a call, as literals of HPACK.</summary>
    public static byte[] CallHeaders(string path)
    {
        using var block = new MemoryStream();
        foreach (var (name, value) in ((string, string)[])[
            (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "127.0.0.1"), ("content-type", "application/grpc"), ("te", "trailers")])
        {
            block.WriteByte(0);
            block.WriteByte((byte)name.Length);
            block.Write(Encoding.ASCII.GetBytes(name));
            block.WriteByte((byte)value.Length);
            block.Write(Encoding.ASCII.GetBytes(value));
        }

        return block.ToArray();
    }

    /// <summary>Adds a frame to what is sent next.</summary>
    public void Add(byte type, byte flags, int streamId, ReadOnlySpan<byte> payload)
    {
        Span<byte> header = stackalloc byte[9];
        BinaryPrimitives.WriteInt32BigEndian(header, payload.Length << 8);
        header[3] = type;
        header[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(header[5..], streamId);
        pending.Write(header);
        pending.Write(payload);
    }

    /// <summary>Sends the frames. False if the server has closed the connection.</summary>
    public async Task<bool> SendAsync()
    {
        try
        {
            await stream.WriteAsync(pending.GetBuffer().AsMemory(0, (int)pending.Length));
            return !IsClosed;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return false;
        }
        finally
        {
            pending.SetLength(0);
        }
    }

    public void Dispose()
    {
        tcp.Dispose();
        pending.Dispose();
    }

    private async Task ReceiveAsync()
    {
        using var buffered = new BufferedStream(stream, 4 * MaxPayload);
        var header = new byte[HeaderLength];
        var payload = new byte[MaxPayload];
        try
        {
            while (true)
            {
                await buffered.ReadExactlyAsync(header);
                var length = BinaryPrimitives.ReadInt32BigEndian(header) >> 8;
                await buffered.ReadExactlyAsync(payload.AsMemory(0, length));
                Note(header[3], BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(5)), payload.AsSpan(0, length));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // Closed by either side.
        }
    }

    private void Note(byte type, int streamId, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case Headers:
                Answered[streamId] = true;
                break;
            case Reset:
                ServerResets[streamId] = BinaryPrimitives.ReadInt32BigEndian(payload);
                break;
            case Settings:
                for (var rest = payload; rest.Length > 0; rest = rest[6..])
                {
                    ServerSettings[BinaryPrimitives.ReadInt16BigEndian(rest)] = BinaryPrimitives.ReadInt32BigEndian(rest[2..]);
                }

                break;
            case GoAway:
                EndedWith = BinaryPrimitives.ReadInt32BigEndian(payload[4..]);
                break;
        }
    }
}
