using ConnectionStateService.Core;
using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Rpc;

/// <summary>Implements WatchService: writes the events of a stream until it ends.</summary>
internal sealed class WatchRpc(
    WatchHub hub, IOptions<Rules> rules, IOptions<WatchOptions> options, TimeProvider clock, IHostApplicationLifetime lifetime)
    : WatchService.WatchServiceBase
{
    // In place of the generated method: see RpcMethodProvider.
    public async Task WatchPageList(
        WatchPageListRequest request, IServerStreamWriter<Encoded<WatchPageListResponse>> responseStream, ServerCallContext context)
    {
        if (hub.TryOpen(request.MerchantId, GetPositionOrThrow(request), out var opened) is { } fault)
        {
            throw RpcErrors.ToException(fault);
        }

        using var stream = opened;
        using var expired = new CancellationTokenSource(options.Value.StreamLifetime * (1 + Random.Shared.NextDouble()), clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken, lifetime.ApplicationStopping, expired.Token);
        try
        {
            await WriteAsync(stream, responseStream, ending.Token, context.CancellationToken);
        }
        catch (OperationCanceledException) when (expired.IsCancellationRequested && !lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // The lifetime of the stream is over: it ends with OK, and the caller resumes elsewhere.
        }
    }

    // Only the caller's cancellation cancels a write. Canceling it when the stream ends would reset the HTTP/2 stream and lose messages
    // that are in flight. A write to a caller that does not read ends with its connection, at the latest at shutdown.
    private async Task WriteAsync(
        WatchStream stream,
        IServerStreamWriter<Encoded<WatchPageListResponse>> responseStream,
        CancellationToken ending,
        CancellationToken canceled)
    {
        // The first message also has the interval.
        var first = (await stream.ReadAsync(ending)).ToMessage(stream.MerchantId, rules.Value);
        var interval = new WatchPageListResponse { CheckpointInterval = Duration.FromTimeSpan(options.Value.CheckpointInterval) };
        await responseStream.WriteAsync(first.With(interval), canceled);
        while (true)
        {
            var watchEvent = await stream.ReadAsync(ending);
            await responseStream.WriteAsync(watchEvent.ToMessage(stream.MerchantId, rules.Value), canceled);
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
