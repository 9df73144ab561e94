using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using ConnectionStateService.V1;
using Google.Protobuf;
using Grpc.Core;

namespace ConnectionStateService.Tests.Client;

/// <summary>An HTTP handler that answers gRPC calls with scripted statuses; the last one repeats.</summary>
internal sealed class ScriptedServer(params StatusCode[] statuses) : HttpMessageHandler
{
    private readonly ConcurrentQueue<string> requestIds = new();
    private int next;

    /// <summary>The request id of each attempt, in order.</summary>
    public IReadOnlyList<string> RequestIds => [.. requestIds];

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var body = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
        requestIds.Enqueue(DisconnectRequest.Parser.ParseFrom(body, 5, body.Length - 5).RequestId);
        var status = statuses[Math.Min(Interlocked.Increment(ref next) - 1, statuses.Length - 1)];
        var message = status is StatusCode.OK ? new DisconnectResponse().ToByteArray() : [];
        var response = new HttpResponseMessage(HttpStatusCode.OK)
        {
            Version = HttpVersion.Version20,
            RequestMessage = request,
            Content = new ByteArrayContent(status is StatusCode.OK ? [0, 0, 0, 0, (byte)message.Length, .. message] : []),
        };
        response.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        if (status is StatusCode.OK)
        {
            response.TrailingHeaders.Add("grpc-status", "0");
        }
        else
        {
            // A response of trailers only, as servers send a failure.
            response.Headers.Add("grpc-status", $"{(int)status}");
        }

        return response;
    }
}
