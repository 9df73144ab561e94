using ConnectionStateService.Core;
using static ConnectionStateService.Store.Records.StoredValues;

namespace ConnectionStateService.Store.Records;

/// <summary>Maps connect sessions to the storage format and back.</summary>
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
            Candidates = { session.Candidates.Select(c => ToStored(c, strings)) },
            PageId = strings.Add(session.PageId),
            Deadline = session.Deadline.UtcTicks,
            GrantId = session.GrantId,
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

    public static ConnectSession ToCore(StoredSession stored, StringTableReader strings) => new()
    {
        Id = strings.Get(stored.Id),
        Provider = Known<Provider>(stored.Provider),
        ReconnectPageId = strings.Find(stored.ReconnectPageId),
        Account = strings.Find(stored.AccountId) is { } accountId
            ? new Account(accountId, strings.Get(stored.AccountName), stored.AccountPersonal)
            : null,
        SignedInAt = stored.HasSignedInAfter ? Time(stored.Deadline + stored.SignedInAfter) : null,
        Candidates = [.. stored.Candidates.Select(c => ToCore(c, strings))],
        PageId = strings.Find(stored.PageId),
        Deadline = Time(stored.Deadline),
        GrantId = stored.GrantId,
        Ended = stored.HasEnded ? Known<SessionEnd>(stored.Ended) : null,
    };

    private static StoredCandidate ToStored(Candidate candidate, StringTableWriter strings) => new()
    {
        PageId = strings.Add(candidate.PageId),
        Name = strings.Add(candidate.Name),
        Role = (int)candidate.Role,
        Tasks = { candidate.Tasks.Select(strings.Add) },
        Problem = (int)candidate.Problem,
    };

    private static Candidate ToCore(StoredCandidate stored, StringTableReader strings) => new(
        strings.Get(stored.PageId),
        strings.Get(stored.Name),
        Known<PageRole>(stored.Role),
        [.. stored.Tasks.Select(strings.Get)],
        Known<CandidateProblem>(stored.Problem));
}
