using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Google.Protobuf;
using Grpc.Core;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>One process of the service.</summary>
/// <param name="Name">Its name in messages.</param>
/// <param name="Client">A client without retries: retries inside the client are not recorded.</param>
internal sealed record Replica(string Name, ConnectionStateClient Client);

/// <summary>One call as its caller saw it.</summary>
/// <param name="MerchantId">The merchant of the request.</param>
/// <param name="Invoked">When the call began, as a <see cref="System.Diagnostics.Stopwatch"/> timestamp.</param>
/// <param name="Returned">When the call ended.</param>
/// <param name="Replica">The replica that received the last attempt.</param>
internal abstract record Call(string MerchantId, long Invoked, long Returned, string Replica);

/// <summary>A request that changes something. All attempts with the same request id are one operation.</summary>
/// <param name="MerchantId">The merchant of the request.</param>
/// <param name="Invoked">When the first attempt was sent.</param>
/// <param name="Returned">When the last attempt ended.</param>
/// <param name="Replica">The replica that received the last attempt.</param>
/// <param name="Request">The request, with a unique request id.</param>
/// <param name="Attempts">How often the request was sent.</param>
/// <param name="Outcome">How the last attempt ended.</param>
internal sealed record Operation(
    string MerchantId, long Invoked, long Returned, string Replica, IMessage Request, int Attempts, Outcome Outcome)
    : Call(MerchantId, Invoked, Returned, Replica)
{
    public string RequestId { get; init; } = ApiCalls.RequestIdOf(Request);

    public override string ToString() => $"{Request.Descriptor.Name} '{RequestId}' by {Replica}";
}

/// <summary>A successful read of the page list.</summary>
internal sealed record Read(string MerchantId, long Invoked, long Returned, string Replica, PageList List)
    : Call(MerchantId, Invoked, Returned, Replica)
{
    public override string ToString() => $"a read by {Replica}";
}

/// <summary>A call that failed in a way that the API does not permit.</summary>
internal sealed record Failure(string MerchantId, long Invoked, long Returned, string Replica, string Message)
    : Call(MerchantId, Invoked, Returned, Replica);

/// <summary>How an operation ended. Closed: the nested records are all there are.</summary>
internal abstract record Outcome
{
    private Outcome()
    {
    }

    /// <summary>The service answered.</summary>
    public sealed record Answered(IMessage Reply) : Outcome;

    /// <summary>The service refused the request.</summary>
    public sealed record Refused(ErrorReason Reason, IReadOnlyDictionary<string, string> Metadata) : Outcome;

    /// <summary>The caller does not know whether the request was or will be committed.</summary>
    public sealed record Unknown(StatusCode Status) : Outcome;
}

/// <summary>All calls of a test run.</summary>
internal sealed record Recording(
    IReadOnlyCollection<Operation> Operations, IReadOnlyCollection<Read> Reads, IReadOnlyCollection<Failure> Failures);
