using System.Buffers.Binary;
using Google.Protobuf;
using Google.Rpc;
using Grpc.Core;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>A gRPC-Web response, read frame by frame.</summary>
internal sealed class WebReply : IDisposable
{
    private const byte TrailersFlag = 0x80;

    // Ends a test that would hang.
    private static readonly TimeSpan Hang = TimeSpan.FromMinutes(1);

    private readonly HttpResponseMessage response;
    private readonly Stream body;
    private readonly bool isText;

    private WebReply(HttpResponseMessage response, Stream body)
    {
        this.response = response;
        this.body = body;
        isText = ContentType.Contains("-text", StringComparison.Ordinal);
        Trailers = response.Headers.Where(header => header.Key.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase))
            .ToDictionary(header => header.Key, header => header.Value.Single(), StringComparer.OrdinalIgnoreCase);
    }

    public HttpResponseMessage Http => response;

    public string ContentType => response.Content.Headers.ContentType?.ToString() ?? "";

    /// <summary>The trailers: from the last frame, or from the headers of a response without messages.</summary>
    public Dictionary<string, string> Trailers { get; private set; }

    public StatusCode Status => (StatusCode)int.Parse(Trailers["grpc-status"]);

    public string? Reason
    {
        get
        {
            var details = Google.Rpc.Status.Parser.ParseFrom(Convert.FromBase64String(Trailers["grpc-status-details-bin"])).Details;
            return details.Single(detail => detail.Is(ErrorInfo.Descriptor)).Unpack<ErrorInfo>().Reason;
        }
    }

    public static async Task<WebReply> BeginAsync(HttpResponseMessage response) => new(response, await response.Content.ReadAsStreamAsync());

    /// <summary>Reads the next message, or null after the last one.</summary>
    public async Task<T?> NextAsync<T>(MessageParser<T> parser) where T : class, IMessage<T>
    {
        var header = await ReadAsync(5);
        if (header.Length == 0)
        {
            return null;
        }

        var payload = await ReadAsync(BinaryPrimitives.ReadInt32BigEndian(header.AsSpan(1)));
        if (header[0] != TrailersFlag)
        {
            return parser.ParseFrom(payload);
        }

        Trailers = System.Text.Encoding.ASCII.GetString(payload).Split("\r\n", StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(':', 2)).ToDictionary(pair => pair[0], pair => pair[1].Trim());
        Assert.Empty(await ReadAsync(1));
        return null;
    }

    public void Dispose() => response.Dispose();

    private readonly Queue<byte> buffered = [];

    // Returns no bytes at the end of the body.
    private async Task<byte[]> ReadAsync(int length)
    {
        var piece = new byte[isText ? 4 : Math.Max(length, 1)];
        while (buffered.Count < length)
        {
            var read = await body.ReadAtLeastAsync(piece, isText ? 4 : 1, throwOnEndOfStream: false).AsTask().WaitAsync(Hang);
            if (read == 0)
            {
                return [];
            }

            var bytes = isText ? Convert.FromBase64String(System.Text.Encoding.ASCII.GetString(piece, 0, read)) : piece[..read];
            bytes.ToList().ForEach(buffered.Enqueue);
        }

        return [.. Enumerable.Range(0, length).Select(_ => buffered.Dequeue())];
    }
}
