using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>A stream of many merchants. Write requests once the first message was read: before that, it may be opened twice.</summary>
internal sealed class PageListsStream(
    WatchService.WatchServiceClient client, ConnectionStateClientOptions options, TokenCache? tokens, TimeProvider clock, ClientMetrics metrics)
    : WatchStream<WatchPageListsResponse>(options, tokens, clock, metrics)
{
    private AsyncDuplexStreamingCall<WatchPageListsRequest, WatchPageListsResponse>? call;

    /// <summary>Writes a request. Must not be called concurrently.</summary>
    public Task WriteAsync(WatchPageListsRequest request, CancellationToken cancellationToken) =>
        call!.RequestStream.WriteAsync(request, cancellationToken);

    protected override IAsyncStreamReader<WatchPageListsResponse> OpenCall(Metadata? headers)
    {
        call = client.WatchPageLists(headers);
        return call.ResponseStream;
    }

    protected override void CloseCall() => call!.Dispose();

    protected override Duration? IntervalOf(WatchPageListsResponse message) => message.CheckpointInterval;
}
