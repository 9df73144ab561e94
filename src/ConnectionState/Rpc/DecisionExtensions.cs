using System.Diagnostics;
using ConnectionStateService.Core;
using Grpc.Core;

namespace ConnectionStateService.Rpc;

/// <summary>Turns refused decisions and missing connections into exceptions.</summary>
internal static class DecisionExtensions
{
    /// <summary>Returns the record to build the response from.</summary>
    /// <exception cref="RpcException">The command was refused.</exception>
    public static MerchantRecord RecordOrThrow(this Decision decision) => decision switch
    {
        Decision.Changed d => d.Record,
        Decision.Unchanged d => d.Record,
        Decision.Repeated d => d.Record,
        Decision.Refused d => throw RpcErrors.ToException(d.Fault),
        _ => throw new UnreachableException(),
    };

    /// <summary>Returns the merchant's connection to a page.</summary>
    /// <exception cref="RpcException">The merchant has no connection to the page.</exception>
    public static Connection ConnectionOrThrow(this MerchantRecord record, PageRef page) =>
        record.Find(page) ?? throw RpcErrors.ToException(new Fault.ConnectionNotFound(page));
}
