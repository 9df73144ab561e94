using ConnectionStateService.Client;
using ConnectionStateService.V1;
using Google.Protobuf;
using Grpc.Core;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>One process of the service, and the way to it.</summary>
/// <param name="Name">What to call it.</param>
/// <param name="Client">The way to it. It should try once only: what it tries again by itself is not seen.</param>
internal sealed record Replica(string Name, ConnectionStateClient Client);

/// <summary>One call as its caller saw it.</summary>
/// <param name="MerchantId">The merchant that it was about.</param>
/// <param name="Invoked">When it began; a timestamp of the stopwatch of the one process that calls.</param>
/// <param name="Returned">When it ended.</param>
/// <param name="Replica">Who answered it, or was the last to be asked.</param>
internal abstract record Call(string MerchantId, long Invoked, long Returned, string Replica);

/// <summary>A request to change something. However often it was sent, with the same request id, it is one operation.</summary>
/// <param name="MerchantId">The merchant that it was about.</param>
/// <param name="Invoked">When it was first sent.</param>
/// <param name="Returned">When the last attempt ended.</param>
/// <param name="Replica">Who was the last to be asked.</param>
/// <param name="Request">The request of the API, with a request id of its own.</param>
/// <param name="Attempts">How often it was sent.</param>
/// <param name="Outcome">How the last attempt ended.</param>
internal sealed record Operation(
    string MerchantId, long Invoked, long Returned, string Replica, IMessage Request, int Attempts, Outcome Outcome)
    : Call(MerchantId, Invoked, Returned, Replica)
{
    public string RequestId { get; init; } = ApiCalls.RequestIdOf(Request);

    public override string ToString() => $"{Request.Descriptor.Name} '{RequestId}' by {Replica}";
}

/// <summary>A reading of the page list that was answered.</summary>
internal sealed record Read(string MerchantId, long Invoked, long Returned, string Replica, PageList List)
    : Call(MerchantId, Invoked, Returned, Replica)
{
    public override string ToString() => $"a read by {Replica}";
}

/// <summary>A call that failed as no call may; <paramref name="What"/> says which, and how.</summary>
internal sealed record Failure(string MerchantId, long Invoked, long Returned, string Replica, string What)
    : Call(MerchantId, Invoked, Returned, Replica);

/// <summary>How an operation ended. Closed: the nested records are all there are.</summary>
internal abstract record Outcome
{
    private Outcome()
    {
    }

    /// <summary>It was answered.</summary>
    public sealed record Answered(IMessage Reply) : Outcome;

    /// <summary>It was refused.</summary>
    public sealed record Refused(ErrorReason Reason, IReadOnlyDictionary<string, string> Metadata) : Outcome;

    /// <summary>Nobody told whether it was carried out, or will be.</summary>
    public sealed record Unknown(StatusCode Status) : Outcome;
}

/// <summary>All that was called while something was tried.</summary>
internal sealed record Recording(
    IReadOnlyCollection<Operation> Operations, IReadOnlyCollection<Read> Reads, IReadOnlyCollection<Failure> Failures);
