using System.Collections.Frozen;
using System.Globalization;
using System.IO.Hashing;
using ConnectionStateService.Core;
using ConnectionStateService.Merchants;
using ConnectionStateService.Store;
using ConnectionStateService.V1;
using Google.Protobuf;

namespace ConnectionStateService.Rpc.Mapping;

/// <summary>Maps the requests and the responses of FleetService.</summary>
internal static class FleetMapping
{
    public static ConnectionFilter ToFilter(this ListConnectionsRequest request) => new(
        request.Provider is V1.Provider.Unspecified ? null : (Core.Provider)request.Provider,
        request.States.Select(state => (State)state).ToFrozenSet(),
        request.Causes.Select(cause => (Core.Cause)cause).ToFrozenSet(),
        request.Since.ToCore(),
        request.ExpiresBefore.ToCore());

    /// <summary>Returns the hash of everything that the pages of one list have in common.</summary>
    public static uint ListHash(this ListConnectionsRequest request)
    {
        var list = request.Clone();
        (list.PageSize, list.PageToken) = (0, "");
        return XxHash32.HashToUInt32(list.ToByteArray());
    }

    /// <summary>Returns the hash of everything that the pages of one list have in common.</summary>
    public static uint ListHash(this ListMerchantsRequest request) => XxHash32.HashToUInt32(new ListMerchantsRequest { Prefix = request.Prefix }.ToByteArray(), seed: 1);

    public static CountLossesResponse.Types.Count ToProto(LossDay loss, long count) => new()
    {
        Day = loss.Day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        Provider = (V1.Provider)loss.Kind.Provider,
        State = (V1.Connection.Types.State)loss.Kind.State,
        Cause = (V1.Cause)loss.Kind.Cause,
        Count_ = count,
    };

    /// <summary>Returns the hash of everything that the pages of one export have in common.</summary>
    public static uint ListHash(this ExportMerchantsRequest request) =>
        XxHash32.HashToUInt32(new ExportMerchantsRequest { Partitions = { request.Partitions } }.ToByteArray(), seed: 2);

    public static Command.Import ToCommand(this ImportMerchantsRequest.Types.Item item, ImportMerchantsRequest request) => new(
        new Origin(request.Actor), item.Merchant.ToCore(), item.HasIfRevision ? item.IfRevision : 0, request.Source);

    public static ImportMerchantsResponse.Types.Outcome ToProto(this ImportOutcome outcome, string merchantId) => new()
    {
        MerchantId = merchantId,
        Result = (ImportMerchantsResponse.Types.Result)outcome.Result,
        Revision = outcome.Revision,
        Reason = outcome switch
        {
            { Result: not ImportResult.Failed } => ErrorReason.Unspecified,
            { Fault: { } fault } => RpcErrors.ReasonOf(fault),
            { IsUnreadable: true } => ErrorReason.RecordUnreadable,
            _ => ErrorReason.StoreUnavailable,
        },
    };

    public static MerchantConnection ToProto(this ListedConnection listed) => new()
    {
        MerchantId = listed.Merchant.MerchantId,
        Revision = listed.Merchant.Revision,
        Connection = listed.Connection.ToProto(),
    };

    public static CountConnectionsResponse.Types.Count ToProto(ListedKind kind, long count) => new()
    {
        Provider = (V1.Provider)kind.Provider,
        State = (V1.Connection.Types.State)kind.State,
        Cause = (V1.Cause)kind.Cause,
        Count_ = count,
    };
}
