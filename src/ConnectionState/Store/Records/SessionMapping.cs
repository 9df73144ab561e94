using ConnectionStateService.Core;
using static ConnectionStateService.Store.Records.StoredValues;

namespace ConnectionStateService.Store.Records;

/// <summary>A connect session as it is stored.</summary>
internal static class SessionMapping
{
    public static StoredSession ToStored(ConnectSession session, StringTableWriter texts)
    {
        var stored = new StoredSession
        {
            Id = texts.Refer(session.Id),
            Provider = (int)session.Provider,
            ReconnectPageId = texts.Refer(session.ReconnectPageId),
            AccountId = texts.Refer(session.Account?.Id),
            AccountName = texts.Refer(session.Account?.Name),
            AccountPersonal = session.Account?.IsPersonal ?? false,
            Candidates = { session.Candidates.Select(c => ToStored(c, texts)) },
            PageId = texts.Refer(session.PageId),
            Deadline = session.Deadline.UtcTicks,
        };
        if (session.SignedInAt is { } signedInAt)
        {
            stored.SignedInAfter = signedInAt.UtcTicks - stored.Deadline;
        }

        if (session.Ended is { } ended)
        {
            stored.Ended = (int)ended;
        }

        return stored;
    }

    public static ConnectSession ToCore(StoredSession stored, StringTableReader texts) => new()
    {
        Id = texts.Get(stored.Id),
        Provider = Known<Provider>(stored.Provider),
        ReconnectPageId = texts.Find(stored.ReconnectPageId),
        Account = texts.Find(stored.AccountId) is { } accountId
            ? new Account(accountId, texts.Get(stored.AccountName), stored.AccountPersonal)
            : null,
        SignedInAt = stored.HasSignedInAfter ? Time(stored.Deadline + stored.SignedInAfter) : null,
        Candidates = [.. stored.Candidates.Select(c => ToCore(c, texts))],
        PageId = texts.Find(stored.PageId),
        Deadline = Time(stored.Deadline),
        Ended = stored.HasEnded ? Known<SessionEnd>(stored.Ended) : null,
    };

    private static StoredCandidate ToStored(Candidate candidate, StringTableWriter texts) => new()
    {
        PageId = texts.Refer(candidate.PageId),
        Name = texts.Refer(candidate.Name),
        Role = (int)candidate.Role,
        Tasks = { candidate.Tasks.Select(texts.Refer) },
    };

    private static Candidate ToCore(StoredCandidate stored, StringTableReader texts) =>
        new(texts.Get(stored.PageId), texts.Get(stored.Name), Known<PageRole>(stored.Role), [.. stored.Tasks.Select(texts.Get)]);
}
