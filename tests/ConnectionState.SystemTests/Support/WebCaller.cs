using System.Net.Sockets;
using System.Text;
using Google.Protobuf;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>Calls by gRPC-Web as they are on the wire.</summary>
internal sealed class WebCaller(Uri address) : IDisposable
{
    public const string Binary = "application/grpc-web+proto";
    public const string Text = "application/grpc-web-text";

    // Who has enough of a reply hangs up at once.
    private readonly HttpClient http = new(new SocketsHttpHandler
    {
        ConnectCallback = ConnectAsync,
        ResponseDrainTimeout = TimeSpan.Zero,
        RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
    })
    {
        BaseAddress = address,
        Timeout = TimeSpan.FromMinutes(1),
    };

    public void Dispose() => http.Dispose();

    /// <summary>Makes a call; done when the reply begins.</summary>
    /// <param name="method">The method, with its service.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="contentType">The format of the request, and of the reply too if there is no other header for that.</param>
    /// <param name="headers">More headers.</param>
    public async Task<WebReply> CallAsync(
        string method, IMessage request, string contentType = Binary, params (string Name, string Value)[] headers)
    {
        var message = request.ToByteArray();
        byte[] frame = [0, .. BitConverter.GetBytes(message.Length).Reverse(), .. message];
        return await SendAsync(method, IsText(contentType) ? Encoding.ASCII.GetBytes(Convert.ToBase64String(frame)) : frame, contentType, headers);
    }

    /// <summary>Sends a body as it is; done when the reply begins.</summary>
    public async Task<WebReply> SendAsync(string method, byte[] body, string contentType, params (string Name, string Value)[] headers)
    {
        using var call = new HttpRequestMessage(HttpMethod.Post, $"connectionstate.v1.{method}") { Content = new ByteArrayContent(body) };
        call.Content.Headers.ContentType = new(contentType);
        foreach (var (name, value) in headers.Append(("X-Grpc-Web", "1")))
        {
            call.Headers.TryAddWithoutValidation(name, value);
        }

        if (!call.Headers.Contains("Accept"))
        {
            call.Headers.Add("Accept", contentType);
        }

        return await WebReply.BeginAsync(await http.SendAsync(call, HttpCompletionOption.ResponseHeadersRead));
    }

    /// <summary>Asks, as a browser does before a call, whether a page may make it.</summary>
    public async Task<HttpResponseMessage> AskAsync(string method, string origin, string verb = "POST")
    {
        using var question = new HttpRequestMessage(HttpMethod.Options, $"connectionstate.v1.{method}");
        question.Headers.Add("Origin", origin);
        question.Headers.Add("Access-Control-Request-Method", verb);
        question.Headers.Add("Access-Control-Request-Headers", "content-type,grpc-timeout,x-grpc-web,x-user-agent");
        return await http.SendAsync(question);
    }

    private static bool IsText(string contentType) => contentType.Contains("-text", StringComparison.Ordinal);

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
