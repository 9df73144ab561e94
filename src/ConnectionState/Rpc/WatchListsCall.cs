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

/// <summary>Reads the requests of a stream of many merchants, and writes what their caller gets.</summary>
internal sealed class WatchListsCall(
    CallFailures failures,
    CallLimits limits,
    IOptions<Rules> rules,
    IOptions<WatchOptions> options,
    DeliveryMeasurement deliveries,
    Instruments instruments)
{
    // More events go into another message.
    private const int MessageSize = 64 * 1024;

    /// <summary>Reads and writes until the token is canceled, the caller has gone, or the last merchant is gone and no other one can be added.</summary>
    public async Task RunAsync(
        WatchSet set,
        IAsyncStreamReader<WatchPageListsRequest> requests,
        IServerStreamWriter<Encoded<WatchPageListsResponse>> responses,
        ServerCallContext context,
        CancellationToken ending)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(ending);
        var reading = ReadAsync(set, requests, context, either.Token);
        var writing = WriteAsync(set, responses, context, either.Token);
        if (await Task.WhenAny(reading, writing) == reading && reading.IsCompletedSuccessfully)
        {
            await Task.WhenAny(writing);
        }

        await either.CancelAsync();
        await ((Task)Task.WhenAll(reading, writing)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

        // What ended the other one, if both failed.
        ending.ThrowIfCancellationRequested();
        await (writing.IsCompletedSuccessfully ? writing : reading.IsFaulted ? reading : writing);
    }

    private async Task ReadAsync(
        WatchSet set, IAsyncStreamReader<WatchPageListsRequest> requests, ServerCallContext context, CancellationToken ending)
    {
        var caller = Caller.Of(context.GetHttpContext());
        while (await requests.MoveNext(ending))
        {
            foreach (var remove in requests.Current.Removes)
            {
                await (FindFault(caller, remove.MerchantId) is { } fault
                    ? set.RefuseAsync(remove.MerchantId, fault, ending)
                    : set.RemoveAsync(remove.MerchantId, ending));
            }

            foreach (var add in requests.Current.Adds)
            {
                if (await AddAsync(set, caller, add, ending) is { } fault)
                {
                    await set.RefuseAsync(add.MerchantId, fault, ending);
                }
            }

            set.Resume();
        }

        set.Complete();
    }

    private async ValueTask<RpcException?> AddAsync(WatchSet set, Caller caller, WatchPageListsRequest.Types.Add add, CancellationToken ending)
    {
        if (FindFault(caller, add.MerchantId) is { } notAllowed)
        {
            return notAllowed;
        }

        if (limits.Add(add.MerchantId) is { } limited)
        {
            return RpcErrors.ToException(limited);
        }

        HistoryPosition position = default;
        if (add.HasResumeToken && ResumeToken.Decode(add.ResumeToken, add.MerchantId, out position) is { } problem)
        {
            return RpcErrors.ToException(new WatchFault.ResumeTokenInvalid(problem));
        }

        return await set.AddAsync(add.MerchantId, add.HasResumeToken ? position : null, ending) is { } fault ? RpcErrors.ToException(fault) : null;
    }

    private RpcException? FindFault(Caller caller, string merchantId)
    {
        if (!caller.IsLimitedToMerchants || caller.MayActFor(merchantId))
        {
            return null;
        }

        var fault = new AuthFault.MerchantNotAllowed();
        instruments.CountAuthenticationFailure(RpcErrors.ToWireName(RpcErrors.ReasonOf(fault)));
        return RpcErrors.ToException(fault);
    }

    // Only the end of the call cancels a write, as in WatchRpc.
    private async Task WriteAsync(
        WatchSet set, IServerStreamWriter<Encoded<WatchPageListsResponse>> responses, ServerCallContext context, CancellationToken ending)
    {
        var first = new WatchPageListsResponse { CheckpointInterval = Duration.FromTimeSpan(options.Value.CheckpointInterval) };
        await responses.WriteAsync(first.ToEncoded(), context.CancellationToken);
        var message = new WatchSetMessage(rules.Value);
        var sent = new List<WatchSetEvent.Update>();
        while (await set.WaitAsync(ending))
        {
            while (message.Size < MessageSize && set.TryTake() is { } next)
            {
                message.Add(next, failure => failures.Of(failure, context));
                if (next is WatchSetEvent.Update { Event: WatchEvent.Changes } update)
                {
                    sent.Add(update);
                }
            }

            await WriteAsync(responses, message, sent, context.CancellationToken);
            sent.Clear();
        }
    }

    private async Task WriteAsync(
        IServerStreamWriter<Encoded<WatchPageListsResponse>> responses,
        WatchSetMessage message,
        List<WatchSetEvent.Update> sent,
        CancellationToken canceled)
    {
        if (message.Size > 0)
        {
            await responses.WriteAsync(message.Complete(), canceled);
        }

        foreach (var update in sent)
        {
            var commits = ((WatchEvent.Changes)update.Event).Commits;
            using (Tracing.StartDelivery(commits, update.MerchantId))
            {
                // One message has the commits of many merchants: the span says when, not how long.
            }

            // What a resumed merchant has missed was not late.
            if (!update.IsFirst)
            {
                deliveries.Record(commits);
            }
        }
    }
}
