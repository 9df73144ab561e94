using System.Net.Sockets;
using Google.Protobuf;

namespace ConnectionState.SystemTests.Support;

/// <summary>Calls by gRPC-Web as they are on the wire.</summary>
internal sealed class WebCaller(Uri address) : IDisposable
{
    public const string Binary = "application/grpc-web+proto";
    public const string Text = "application/grpc-web-text";

    // Who has enough of a reply hangs up at once.
    private readonly HttpClient http = new(new SocketsHttpHandler { ConnectCallback = ConnectAsync, ResponseDrainTimeout = TimeSpan.Zero })
    {
        BaseAddress = address,
        Timeout = TimeSpan.FromMinutes(1),
    };

    public void Dispose() => http.Dispose();

    /// <summary>Makes a call; done when the reply begins.</summary>
    public async Task<WebReply> CallAsync(string method, IMessage request, string contentType = Binary, string? origin = null)
    {
        var message = request.ToByteArray();
        byte[] frame = [0, .. BitConverter.GetBytes(message.Length).Reverse(), .. message];
        using var call = new HttpRequestMessage(HttpMethod.Post, $"connectionstate.v1.{method}")
        {
            Content = contentType.Contains("-text", StringComparison.Ordinal)
                ? new StringContent(Convert.ToBase64String(frame))
                : new ByteArrayContent(frame),
        };
        call.Content.Headers.ContentType = new(contentType);
        call.Headers.Add("Accept", contentType);
        call.Headers.Add("X-Grpc-Web", "1");
        if (origin is not null)
        {
            call.Headers.Add("Origin", origin);
        }

        return await WebReply.BeginAsync(await http.SendAsync(call, HttpCompletionOption.ResponseHeadersRead));
    }

    /// <summary>Asks, as a browser does before a call, whether a page may make it.</summary>
    public async Task<HttpResponseMessage> AskAsync(string method, string origin)
    {
        using var question = new HttpRequestMessage(HttpMethod.Options, $"connectionstate.v1.{method}");
        question.Headers.Add("Origin", origin);
        question.Headers.Add("Access-Control-Request-Method", "POST");
        question.Headers.Add("Access-Control-Request-Headers", "content-type,grpc-timeout,x-grpc-web,x-user-agent");
        return await http.SendAsync(question);
    }

    // Little fits on the way to a caller that does not read.
    private static async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveBufferSize = 16 * 1024 };
        try
        {
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
