using ConnectionStateService.Client;
using ConnectionStateService.V1;

namespace ConnectionStateService.Samples.LostPageMailer;

/// <summary>Writes a mail for each page that was lost. It writes to the console in place of a mail service.</summary>
internal sealed class Mailer(TextWriter output) : IFeedHandler
{
    private const int MaxAttempts = 5;

    public async Task OnCommitAsync(WatchFeedResponse.Types.Commit commit, CancellationToken cancellationToken)
    {
        foreach (var lost in commit.Changes.Select(change => change.Transition).Where(IsLoss))
        {
            // A commit may come again. A mail service that is given the same key twice sends one mail.
            var key = $"{commit.CommitId}-{lost.Page.PageId}";
            await output.WriteLineAsync(
                $"To: {commit.MerchantId}  Key: {key}\n  {lost.Page.Provider} page {lost.Page.PageId} was lost at {commit.At.ToDateTime():u}: {ReasonOf(lost.Cause)}".AsMemory(),
                cancellationToken);
        }
    }

    // One mail that cannot be sent must not hold up those of other merchants for ever.
    public bool OnFailure(WatchFeedResponse.Types.Commit commit, Exception failure, int attempts) => attempts >= MaxAttempts;

    // A merchant who disconnects a page needs no mail.
    private static bool IsLoss(Change.Types.Transition? transition) => transition is not null
        && transition.To is Connection.Types.State.Expired or Connection.Types.State.Revoked or Connection.Types.State.Deleted
            or Connection.Types.State.Disconnected
        && transition.Cause is not Cause.MerchantDisconnected;

    private static string ReasonOf(Cause cause) => cause switch
    {
        Cause.TokenExpired => "its token expired. Sign in again.",
        Cause.PermissionRevoked => "the permission of the app was removed. Sign in and grant it again.",
        Cause.RoleLost => "the account no longer has a sufficient role. Ask an administrator of the page.",
        Cause.PageDeleted => "it was deleted at the provider.",
        Cause.SignedInElsewhere => "another account has connected it.",
        _ => $"{cause}.",
    };
}
