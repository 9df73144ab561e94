using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>A stream of one merchant.</summary>
internal sealed class PageListStream(
    WatchService.WatchServiceClient client,
    WatchPageListRequest request,
    ConnectionStateClientOptions options,
    TokenCache? tokens,
    TimeProvider clock,
    ClientMetrics metrics)
    : WatchStream<WatchPageListResponse>(options, tokens, clock, metrics)
{
    private AsyncServerStreamingCall<WatchPageListResponse>? call;

    protected override IAsyncStreamReader<WatchPageListResponse> OpenCall(Metadata? headers)
    {
        call = client.WatchPageList(request, headers);
        return call.ResponseStream;
    }

    protected override void CloseCall() => call!.Dispose();

    protected override Duration? IntervalOf(WatchPageListResponse message) => message.CheckpointInterval;
}
