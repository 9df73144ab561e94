using ConnectionStateService.Core;
using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Rpc;

/// <summary>WatchService: one writer per stream, from the first message to the end.</summary>
internal sealed class WatchRpc(
    WatchHub hub, IOptions<Rules> rules, IOptions<WatchOptions> options, TimeProvider clock, IHostApplicationLifetime lifetime)
    : WatchService.WatchServiceBase
{
    public override async Task WatchPageList(
        WatchPageListRequest request, IServerStreamWriter<WatchPageListResponse> responseStream, ServerCallContext context)
    {
        if (hub.TryOpen(request.MerchantId, PlaceOrThrow(request), out var opened) is { } fault)
        {
            throw RpcErrors.ToException(fault);
        }

        using var stream = opened;
        using var outlived = new CancellationTokenSource(options.Value.StreamLifetime * (1 + Random.Shared.NextDouble()), clock);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken, lifetime.ApplicationStopping, outlived.Token);
        try
        {
            await WriteAsync(stream, responseStream, ending.Token, context.CancellationToken);
        }
        catch (OperationCanceledException) when (outlived.IsCancellationRequested && !lifetime.ApplicationStopping.IsCancellationRequested)
        {
            // Its time is over: it ends well, and its caller goes on elsewhere.
        }
    }

    // A write is never cut short by what ends the stream: that would reset it, and lose what is on its way. Who does not read is cut
    // off with the connection, by the end of the process.
    private async Task WriteAsync(
        WatchStream stream, IServerStreamWriter<WatchPageListResponse> responseStream, CancellationToken ending, CancellationToken gone)
    {
        var interval = Duration.FromTimeSpan(options.Value.CheckpointInterval);
        while (true)
        {
            var delivery = await stream.NextAsync(ending);
            var message = delivery.ToProto(stream.MerchantId, rules.Value);
            message.CheckpointInterval = interval;
            interval = null;
            await responseStream.WriteAsync(message, gone);
        }
    }

    private static HistoryPosition? PlaceOrThrow(WatchPageListRequest request)
    {
        if (!request.HasResumeToken)
        {
            return null;
        }

        return ResumeToken.Decode(request.ResumeToken, request.MerchantId, out var place) is { } problem
            ? throw RpcErrors.ToException(new WatchFault.ResumeTokenInvalid(problem))
            : place;
    }
}
