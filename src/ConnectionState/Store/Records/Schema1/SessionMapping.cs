using ConnectionStateService.Core;
using static ConnectionStateService.Store.Records.Schema1.Schema1Values;
using static ConnectionStateService.Store.Records.StoredValues;

namespace ConnectionStateService.Store.Records.Schema1;

/// <summary>A connect session as it was stored with schema 1.</summary>
internal static class SessionMapping
{
    public static ConnectSession ToCore(StoredSession stored) => new()
    {
        Id = stored.Id,
        Provider = Known<Provider>(stored.Provider),
        ReconnectPageId = stored.HasReconnectPageId ? stored.ReconnectPageId : null,
        Account = stored.Account is { } account ? new Account(account.Id, account.Name, account.Personal) : null,
        SignedInAt = ToCoreOrNull(stored.SignedInAt),
        Candidates = [.. stored.Candidates.Select(ToCore)],
        PageId = stored.HasPageId ? stored.PageId : null,
        Deadline = Schema1Values.ToCore(stored.Deadline),
        Ended = stored.HasEnded ? Known<SessionEnd>(stored.Ended) : null,
    };

    private static Candidate ToCore(StoredCandidate stored) =>
        new(stored.PageId, stored.Name, Known<PageRole>(stored.Role), [.. stored.Tasks]);
}
