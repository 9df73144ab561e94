using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>A minimal Redis client, for tests that inspect Redis without the client library of the product.</summary>
internal sealed class RedisCommands : IDisposable
{
    private readonly TcpClient client = new() { NoDelay = true };
    private Stream stream = Stream.Null;

    private RedisCommands()
    {
    }

    public static async Task<RedisCommands> ConnectAsync(int port)
    {
        var commands = new RedisCommands();
        try
        {
            await commands.client.ConnectAsync(IPAddress.Loopback, port).WaitAsync(Eventually.Patience);
            commands.stream = new BufferedStream(commands.client.GetStream());
            return commands;
        }
        catch
        {
            commands.Dispose();
            throw;
        }
    }

    /// <summary>Sends one command and waits for its reply. Arguments are strings, byte arrays or numbers.</summary>
    /// <exception cref="RedisErrorException">Redis replied with an error.</exception>
    /// <exception cref="IOException">The connection ended.</exception>
    public async Task<RedisReply> SendAsync(params object[] arguments)
    {
        await WriteAsync(arguments);
        return await ReceiveAsync();
    }

    /// <summary>Sends one command and does not wait for its reply.</summary>
    public async Task WriteAsync(params object[] arguments)
    {
        var request = new MemoryStream();
        request.Write(Encoding.ASCII.GetBytes($"*{arguments.Length}\r\n"));
        foreach (var argument in arguments)
        {
            var bytes = argument as byte[] ?? Encoding.UTF8.GetBytes(Convert.ToString(argument, CultureInfo.InvariantCulture)!);
            request.Write(Encoding.ASCII.GetBytes($"${bytes.Length}\r\n"));
            request.Write(bytes);
            request.Write("\r\n"u8);
        }

        await stream.WriteAsync(request.ToArray()).AsTask().WaitAsync(Eventually.Patience);
        await stream.FlushAsync().WaitAsync(Eventually.Patience);
    }

    /// <summary>Receives the next reply or message.</summary>
    /// <exception cref="RedisErrorException">It is an error reply.</exception>
    /// <exception cref="TimeoutException">Nothing arrives in time.</exception>
    public Task<RedisReply> ReceiveAsync(TimeSpan? timeout = null) => ReadAsync().WaitAsync(timeout ?? Eventually.Patience);

    public void Dispose()
    {
        stream.Dispose();
        client.Dispose();
    }

    private async Task<RedisReply> ReadAsync()
    {
        var line = await ReadLineAsync();
        var rest = line[1..];
        switch (line[0])
        {
            case '+' or ':' or ',' or '#' or '(':
                return new RedisReply(Encoding.UTF8.GetBytes(rest));
            case '-':
                throw new RedisErrorException(rest);
            case '_':
                return RedisReply.Null;
            case '$' or '=':
                return rest == "-1" ? RedisReply.Null : new RedisReply(await ReadBytesAsync(Count(rest)));
            case '*' or '~' or '>':
                return rest == "-1" ? RedisReply.Null : new RedisReply(List: await ReadListAsync(Count(rest)));
            case '%':
                return new RedisReply(List: await ReadListAsync(2 * Count(rest)));
            default:
                throw new IOException($"Not RESP: {line}");
        }
    }

    private static int Count(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    // An error inside a list fails the whole reply: no test needs more.
    private async Task<List<RedisReply>> ReadListAsync(int count)
    {
        var items = new List<RedisReply>(count);
        while (items.Count < count)
        {
            items.Add(await ReadAsync());
        }

        return items;
    }

    private async Task<byte[]> ReadBytesAsync(int count)
    {
        var bytes = new byte[count + 2];
        await stream.ReadExactlyAsync(bytes);
        return bytes[..count];
    }

    private async Task<string> ReadLineAsync()
    {
        var line = new List<byte>();
        var next = new byte[1];
        do
        {
            await stream.ReadExactlyAsync(next);
            line.Add(next[0]);
        }
        while (next[0] != '\n');
        return Encoding.UTF8.GetString([.. line]).TrimEnd('\r', '\n');
    }
}
