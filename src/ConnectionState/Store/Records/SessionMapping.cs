using ConnectionStateService.Core;
using static ConnectionStateService.Store.Records.StoredValues;

namespace ConnectionStateService.Store.Records;

/// <summary>Maps connect sessions, without their candidates, to the storage format and back.</summary>
internal static class SessionMapping
{
    public static StoredSession ToStored(ConnectSession session, StringTableWriter strings)
    {
        var stored = new StoredSession
        {
            Id = strings.Add(session.Id),
            Provider = (int)session.Provider,
            ReconnectPageId = strings.Add(session.ReconnectPageId),
            AccountId = strings.Add(session.Account?.Id),
            AccountName = strings.Add(session.Account?.Name),
            AccountPersonal = session.Account?.IsPersonal ?? false,
            PageId = strings.Add(session.PageId),
            Deadline = session.Deadline.UtcTicks,
            GrantId = session.GrantId,
            OffersPages = session.OffersPages,
        };
        if (session.SignedInAt is { } signedInAt)
        {
            stored.SignedInAfter = signedInAt.UtcTicks - stored.Deadline;
        }

        if (!session.HasCandidates || !session.Candidates.IsEmpty)
        {
            stored.CandidatesRevision = session.CandidatesRevision;
            stored.CandidatesSize = session.CandidatesSize;
        }

        if (session.Ended is { } ended)
        {
            stored.Ended = (int)ended;
        }

        return stored.WithUnknown(session.NewerFields);
    }

    public static ConnectSession ToCore(StoredSession stored, StringTableReader strings) => new()
    {
        Id = strings.Get(stored.Id),
        Provider = Known<Provider>(stored.Provider),
        ReconnectPageId = strings.Find(stored.ReconnectPageId),
        Account = strings.Find(stored.AccountId) is { } accountId
            ? new Account(accountId, strings.Get(stored.AccountName), stored.AccountPersonal)
            : null,
        SignedInAt = stored.HasSignedInAfter ? Time(stored.Deadline + stored.SignedInAfter) : null,
        Candidates = stored.HasCandidatesRevision ? default : [],
        CandidatesRevision = stored.CandidatesRevision,
        CandidatesSize = stored.CandidatesSize,
        OffersPages = stored.OffersPages,
        PageId = strings.Find(stored.PageId),
        Deadline = Time(stored.Deadline),
        GrantId = stored.GrantId,
        NewerFields = stored.Unknown,
        Ended = stored.HasEnded ? Known<SessionEnd>(stored.Ended) : null,
    };
}
