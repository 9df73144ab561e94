using System.Net.Sockets;
using System.Text;
using Google.Protobuf;

namespace ConnectionStateService.SystemTests.Support;

/// <summary>Makes gRPC-Web calls and gives access to the raw HTTP request and response.</summary>
internal sealed class WebCaller(Uri address) : IDisposable
{
    public const string Binary = "application/grpc-web+proto";
    public const string Text = "application/grpc-web-text";

    // Disposing a reply early closes the connection at once.
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

    /// <summary>Makes a call and returns when the response headers arrive.</summary>
    /// <param name="method">Service and method, separated by a slash.</param>
    /// <param name="request">The request message.</param>
    /// <param name="contentType">The format of the request, and of the reply unless an Accept header says otherwise.</param>
    /// <param name="headers">More headers.</param>
    public async Task<WebReply> CallAsync(
        string method, IMessage request, string contentType = Binary, params (string Name, string Value)[] headers)
    {
        var message = request.ToByteArray();
        byte[] frame = [0, .. BitConverter.GetBytes(message.Length).Reverse(), .. message];
        return await SendAsync(method, IsText(contentType) ? Encoding.ASCII.GetBytes(Convert.ToBase64String(frame)) : frame, contentType, headers);
    }

    /// <summary>Sends a body unchanged and returns when the response headers arrive.</summary>
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

    /// <summary>Sends a CORS preflight request.</summary>
    public async Task<HttpResponseMessage> PreflightAsync(string method, string origin, string verb = "POST")
    {
        using var preflight = new HttpRequestMessage(HttpMethod.Options, $"connectionstate.v1.{method}");
        preflight.Headers.Add("Origin", origin);
        preflight.Headers.Add("Access-Control-Request-Method", verb);
        preflight.Headers.Add("Access-Control-Request-Headers", "content-type,grpc-timeout,x-grpc-web,x-user-agent");
        return await http.SendAsync(preflight);
    }

    private static bool IsText(string contentType) => contentType.Contains("-text", StringComparison.Ordinal);

    // A small receive buffer, so that the server notices soon that a caller does not read.
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
