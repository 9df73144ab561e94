using System.Collections.Concurrent;
using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Google.Protobuf;
using Grpc.Core;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>Sends calls and records them with their outcome. Thread-safe.</summary>
internal sealed class CallRecorder
{
    private readonly ConcurrentQueue<Operation> operations = new();
    private readonly ConcurrentQueue<Read> reads = new();
    private readonly ConcurrentQueue<Failure> failures = new();

    /// <summary>All calls so far.</summary>
    public Recording Recording => new([.. operations], [.. reads], [.. failures]);

    /// <summary>Sends a request to the first replica and, while its outcome is unknown, the same request to the next one.</summary>
    /// <returns>The operation, or null if it failed in a way that the API does not permit.</returns>
    public async Task<Operation?> SendAsync(IMessage request, params IReadOnlyList<Replica> replicas)
    {
        var (merchantId, invoked) = (ApiCalls.MerchantOf(request), Stopwatch.GetTimestamp());
        var (outcome, attempts) = (await TryAsync(replicas[0], request, merchantId), 1);
        while (outcome is Outcome.Unknown && attempts < replicas.Count)
        {
            outcome = await TryAsync(replicas[attempts++], request, merchantId);
        }

        // A request that failed may have been committed.
        var operation = new Operation(
            merchantId, invoked, Stopwatch.GetTimestamp(), replicas[attempts - 1].Name, request, attempts,
            outcome ?? new Outcome.Unknown(StatusCode.Internal));
        operations.Enqueue(operation);
        return outcome is null ? null : operation;
    }

    /// <summary>Reads the page list of a merchant.</summary>
    /// <returns>The list, or null if there was no answer.</returns>
    public async Task<PageList?> ReadAsync(string merchantId, Replica replica)
    {
        var invoked = Stopwatch.GetTimestamp();
        PageList? list = null;
        var request = new GetPageListRequest { MerchantId = merchantId };
        var outcome = await TryAsync(
            replica, request, merchantId, async () => list = (await replica.Client.Pages.GetPageListAsync(request)).PageList);
        if (list is not null)
        {
            reads.Enqueue(new Read(merchantId, invoked, Stopwatch.GetTimestamp(), replica.Name, list));
        }
        else if (outcome is Outcome.Refused refused)
        {
            Fail(merchantId, invoked, replica, $"GetPageList was refused with {refused.Reason}");
        }

        return list;
    }

    private Task<Outcome?> TryAsync(Replica replica, IMessage request, string merchantId) =>
        TryAsync(replica, request, merchantId, () => ApiCalls.SendAsync(replica.Client, request));

    private async Task<Outcome?> TryAsync<T>(Replica replica, IMessage request, string merchantId, Func<Task<T>> send) where T : IMessage
    {
        var invoked = Stopwatch.GetTimestamp();
        try
        {
            var reply = await send();
            return ApiCalls.OutcomeIn(reply) is { Result: SignalOutcome.Types.Result.Failed }
                ? new Outcome.Unknown(StatusCode.OK)
                : new Outcome.Answered(reply);
        }
        catch (OperationCanceledException)
        {
            return new Outcome.Unknown(StatusCode.Cancelled);
        }
        catch (RpcException e) when (IsUnknown(e))
        {
            return new Outcome.Unknown(e.StatusCode);
        }
        catch (RpcException e) when (e.GetConnectionStateError().Reason is not (ErrorReason.Unspecified or ErrorReason.RecordUnreadable))
        {
            return new Outcome.Refused(e.GetConnectionStateError().Reason, e.GetConnectionStateError().Metadata);
        }
        catch (RpcException e)
        {
            Fail(merchantId, invoked, replica, $"{request.Descriptor.Name} failed with {e.StatusCode}: {e.Message}");
            return null;
        }
    }

    private void Fail(string merchantId, long invoked, Replica replica, string message) =>
        failures.Enqueue(new Failure(merchantId, invoked, Stopwatch.GetTimestamp(), replica.Name, message));

    // INTERNAL with a DebugException comes from the client: the connection broke, not the service.
    private static bool IsUnknown(RpcException e) =>
        e.StatusCode is StatusCode.Unavailable or StatusCode.Aborted or StatusCode.Cancelled or StatusCode.DeadlineExceeded
        || (e.StatusCode is StatusCode.Internal && e.InnerException is RpcException { Status.DebugException: not null });
}
