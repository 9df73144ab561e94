using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Client;

/// <summary>The state of one watch across its streams.</summary>
internal sealed class WatchState(string merchantId, string? resumeToken)
{
    // A rolled-back server cannot read a newer token. During a deployment another replica can.
    private const int NewerTokenAttempts = 5;

    private string? token = resumeToken;
    private PageList? list;
    private bool hasBegun;
    private int newerTokenFailures;

    public string MerchantId => merchantId;

    /// <summary>What the caller was told last, or null if nothing yet.</summary>
    public bool? IsLive { get; private set; }

    /// <summary>When the caller was told that the watch is stale; a timestamp of the clock.</summary>
    public long StaleSince { get; private set; }

    public WatchPageListRequest CreateRequest()
    {
        var request = new WatchPageListRequest { MerchantId = merchantId };
        if (token is not null)
        {
            request.ResumeToken = token;
        }

        return request;
    }

    public PageListUpdate Apply(WatchPageListResponse message)
    {
        (IsLive, hasBegun, newerTokenFailures, token) = (true, true, 0, message.ResumeToken);
        list = message.Snapshot?.PageList ?? message.Changes?.PageList ?? message.Checkpoint?.PageList ?? list ?? Empty();
        return message switch
        {
            { Snapshot: { } snapshot } => PageListUpdate.FromSnapshot(list, snapshot.Reason, token),
            { Changes: { } changes } => PageListUpdate.FromChanges(list, changes.Changes_, token),
            _ => PageListUpdate.FromCheckpoint(list, token),
        };
    }

    public PageListUpdate MarkStale(RpcException? failure, long now)
    {
        (IsLive, StaleSince) = (false, now);
        return PageListUpdate.FromFailure(list, failure, token);
    }

    /// <summary>
    /// Decides whether the watch can go on after a failure. A watch that has begun always can; it drops a resume token that the server
    /// rejects and starts again with a snapshot.
    /// </summary>
    /// <returns>True if another attempt cannot succeed.</returns>
    public bool IsPermanent(ConnectionStateError? error)
    {
        if (error?.Reason is ErrorReason.ResumeTokenInvalid)
        {
            if (error.Metadata.GetValueOrDefault("problem") is "NEWER_VERSION" && ++newerTokenFailures < NewerTokenAttempts)
            {
                return false;
            }

            if (hasBegun)
            {
                token = null;
            }
        }

        return !hasBegun && error?.StatusCode is (StatusCode.InvalidArgument or StatusCode.Unimplemented or StatusCode.Unauthenticated
            or StatusCode.PermissionDenied);
    }

    private PageList Empty() => new() { MerchantId = merchantId, Quota = new() };
}
