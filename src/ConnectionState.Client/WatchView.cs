using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>What one watch knows.</summary>
internal sealed class WatchView(string merchantId, string? resumeToken)
{
    private string? token = resumeToken;
    private PageList? list;
    private bool hasBegun;

    /// <summary>What the caller was told; none: nothing yet.</summary>
    public bool? IsLive { get; private set; }

    /// <summary>What to ask for to go on from here.</summary>
    public WatchPageListRequest Request()
    {
        var request = new WatchPageListRequest { MerchantId = merchantId };
        if (token is not null)
        {
            request.ResumeToken = token;
        }

        return request;
    }

    public PageListUpdate Update(WatchPageListResponse message)
    {
        (IsLive, hasBegun, token) = (true, true, message.ResumeToken);
        list = message.Snapshot?.PageList ?? message.Changes?.PageList ?? message.Checkpoint?.PageList ?? list;
        return message switch
        {
            { Snapshot: { } snapshot } => new(PageListUpdateKind.Snapshot, list, token) { Reason = snapshot.Reason },
            { Changes: { } changes } => new(PageListUpdateKind.Changes, list, token) { Changes = changes.Changes_ },
            _ => new(PageListUpdateKind.Confirmed, list, token),
        };
    }

    public PageListUpdate Lose(ConnectionStateException? failure)
    {
        IsLive = false;
        return new(PageListUpdateKind.Stale, list, token) { Failure = failure };
    }

    /// <summary>
    /// Throws what more tries would not mend. A watch that has begun was right once, and is tried again whatever happens, as is a token
    /// that only a newer process understands: there is one.
    /// </summary>
    public void ThrowIfHopeless(ConnectionStateException? failure)
    {
        var isHopeless = failure?.StatusCode is StatusCode.InvalidArgument or StatusCode.Unimplemented or StatusCode.Unauthenticated
            or StatusCode.PermissionDenied;
        if (isHopeless && !hasBegun && failure!.Metadata.GetValueOrDefault("problem") != "NEWER_VERSION")
        {
            throw failure;
        }
    }
}
