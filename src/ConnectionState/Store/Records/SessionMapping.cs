using ConnectionState.Core;
using static ConnectionState.Store.Records.StoredValues;

namespace ConnectionState.Store.Records;

/// <summary>A connect session as it is stored.</summary>
internal static class SessionMapping
{
    public static StoredSession ToStored(ConnectSession session)
    {
        var stored = new StoredSession
        {
            Id = session.Id,
            Provider = (int)session.Provider,
            SignedInAt = StoredValues.ToStored(session.SignedInAt),
            Candidates = { session.Candidates.Select(ToStored) },
            Deadline = StoredValues.ToStored(session.Deadline),
        };
        if (session.ReconnectPageId is { } reconnectPageId)
        {
            stored.ReconnectPageId = reconnectPageId;
        }

        if (session.Account is { } account)
        {
            stored.Account = new StoredAccount { Id = account.Id, Name = account.Name, Personal = account.IsPersonal };
        }

        if (session.PageId is { } pageId)
        {
            stored.PageId = pageId;
        }

        if (session.Ended is { } ended)
        {
            stored.Ended = (int)ended;
        }

        return stored;
    }

    public static ConnectSession ToCore(StoredSession stored) => new()
    {
        Id = stored.Id,
        Provider = Known<Provider>(stored.Provider),
        ReconnectPageId = stored.HasReconnectPageId ? stored.ReconnectPageId : null,
        Account = stored.Account is { } account ? new Account(account.Id, account.Name, account.Personal) : null,
        SignedInAt = ToCoreOrNull(stored.SignedInAt),
        Candidates = [.. stored.Candidates.Select(ToCore)],
        PageId = stored.HasPageId ? stored.PageId : null,
        Deadline = StoredValues.ToCore(stored.Deadline),
        Ended = stored.HasEnded ? Known<SessionEnd>(stored.Ended) : null,
    };

    private static StoredCandidate ToStored(Candidate candidate) => new()
    {
        PageId = candidate.PageId,
        Name = candidate.Name,
        Role = (int)candidate.Role,
        Tasks = { candidate.Tasks },
    };

    private static Candidate ToCore(StoredCandidate stored) =>
        new(stored.PageId, stored.Name, Known<PageRole>(stored.Role), [.. stored.Tasks]);
}
