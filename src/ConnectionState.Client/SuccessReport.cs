using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;

namespace ConnectionStateService.Client;

/// <summary>A merchant's page.</summary>
internal readonly record struct PageKey(string MerchantId, Provider Provider, string PageId);

/// <summary>What successes are sampled by.</summary>
internal readonly record struct SuccessKey(PageKey Page, string GrantId);

/// <summary>A success that waits to be sent.</summary>
/// <param name="Key">What it is about.</param>
/// <param name="Number">Counts successes and errors in the order in which they were reported.</param>
/// <param name="ObservedAt">When the call succeeded.</param>
internal readonly record struct SuccessReport(SuccessKey Key, long Number, DateTimeOffset ObservedAt)
{
    public ReportSuccessRequest.Types.Success ToProto()
    {
        var success = new ReportSuccessRequest.Types.Success
        {
            MerchantId = Key.Page.MerchantId,
            Page = new() { Provider = Key.Page.Provider, PageId = Key.Page.PageId },
            ObservedAt = Timestamp.FromDateTimeOffset(ObservedAt),
        };
        if (Key.GrantId.Length > 0)
        {
            success.GrantId = Key.GrantId;
        }

        return success;
    }
}
