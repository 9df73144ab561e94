using ConnectionStateService.Auth;
using ConnectionStateService.Core;
using ConnectionStateService.Limits;
using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.Telemetry;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Rpc;

/// <summary>Implements WatchService: writes the events of a stream until it ends. WatchListsCall does so for a stream of many merchants.</summary>
internal sealed class WatchRpc(
    WatchHub hub,
    StreamEnding endings,
    CallerStreams callers,
    IOptions<Rules> rules,
    IOptions<WatchOptions> options,
    DeliveryMeasurement deliveries,
    WatchListsCall lists)
    : WatchService.WatchServiceBase
{
    // In place of the generated method: see RpcMethodProvider.
    public async Task WatchPageList(
        WatchPageListRequest request, IServerStreamWriter<Encoded<WatchPageListResponse>> responseStream, ServerCallContext context)
    {
        var caller = Caller.Of(context.GetHttpContext());
        ThrowIf(callers.TryOpen(caller, out var counted));
        using var place = counted;
        ThrowIf(hub.TryOpen(request.MerchantId, GetPositionOrThrow(request), out var opened));
        using var stream = opened;
        await endings.RunAsync(
            context, options.Value.StreamLifetime, stop => WriteAsync(stream, responseStream, stop, context.CancellationToken));
    }

    public async Task WatchPageLists(
        IAsyncStreamReader<WatchPageListsRequest> requestStream,
        IServerStreamWriter<Encoded<WatchPageListsResponse>> responseStream,
        ServerCallContext context)
    {
        ThrowIf(callers.TryOpen(Caller.Of(context.GetHttpContext()), out var counted));
        using var place = counted;
        ThrowIf(hub.TryOpenSet(out var opened));
        using var set = opened;
        await endings.RunAsync(context, options.Value.StreamLifetime, stop => lists.RunAsync(set, requestStream, responseStream, context, stop));
    }

    private static void ThrowIf(WatchFault? fault)
    {
        if (fault is not null)
        {
            throw RpcErrors.ToException(fault);
        }
    }

    // Only the end of the call cancels a write. Canceling it when the stream ends would reset the HTTP/2 stream and lose messages that are in
    // flight. A write to a caller that does not read ends with its connection, or when AuthorizedStreams aborts the call, at the latest at shutdown.
    private async Task WriteAsync(
        WatchStream stream,
        IServerStreamWriter<Encoded<WatchPageListResponse>> responseStream,
        CancellationToken ending,
        CancellationToken canceled)
    {
        var interval = new WatchPageListResponse { CheckpointInterval = Duration.FromTimeSpan(options.Value.CheckpointInterval) };
        for (var isFirst = true; ; isFirst = false)
        {
            var watchEvent = await stream.ReadAsync(ending);
            var message = watchEvent.ToMessage(stream.MerchantId, rules.Value);
            var commits = (watchEvent as WatchEvent.Changes)?.Commits ?? [];
            using (Tracing.StartDelivery(commits, stream.MerchantId))
            {
                // The first message also has the interval.
                await responseStream.WriteAsync(isFirst ? message.With(interval) : message, canceled);
            }

            // What a resumed stream has missed is in the first message: it was not late.
            if (!isFirst)
            {
                deliveries.Record(commits);
            }
        }
    }

    private static HistoryPosition? GetPositionOrThrow(WatchPageListRequest request)
    {
        if (!request.HasResumeToken)
        {
            return null;
        }

        return ResumeToken.Decode(request.ResumeToken, request.MerchantId, out var position) is { } problem
            ? throw RpcErrors.ToException(new WatchFault.ResumeTokenInvalid(problem))
            : position;
    }
}
