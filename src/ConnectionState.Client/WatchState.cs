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

    /// <summary>Whether the last update was live, or null before the first update.</summary>
    public bool? IsLive { get; private set; }

    /// <summary>The timestamp of the last <see cref="PageListUpdateKind.Stale"/> update.</summary>
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
    /// Handles RESUME_TOKEN_INVALID; ignores other errors. A watch that has received a list drops the token and continues with a snapshot.
    /// A token of a newer server is kept for some attempts.
    /// </summary>
    public void HandleRefusedToken(ConnectionStateError? error)
    {
        if (error?.Reason is not ErrorReason.ResumeTokenInvalid)
        {
            return;
        }

        newerTokenFailures += IsNewerToken(error) ? 1 : 0;
        if (hasBegun && !MayRetryToken(error))
        {
            token = null;
        }
    }

    /// <summary>True if another attempt cannot succeed. Never true once the watch has received a list.</summary>
    public bool IsPermanent(ConnectionStateError? error) => !hasBegun && !MayRetryToken(error) && error?.StatusCode is
        StatusCode.InvalidArgument or StatusCode.Unimplemented or StatusCode.Unauthenticated or StatusCode.PermissionDenied;

    private bool MayRetryToken(ConnectionStateError? error) => IsNewerToken(error) && newerTokenFailures < NewerTokenAttempts;

    private static bool IsNewerToken(ConnectionStateError? error) =>
        error?.Reason is ErrorReason.ResumeTokenInvalid && error.Metadata.GetValueOrDefault("problem") is "NEWER_VERSION";

    private PageList Empty() => new() { MerchantId = merchantId, Quota = new() };
}
