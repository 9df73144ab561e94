using System.Collections.Immutable;
using ConnectionStateService.Core;
using static ConnectionStateService.Store.Records.StoredValues;

namespace ConnectionStateService.Store.Records;

/// <summary>Maps the candidates of a session to the storage format and back.</summary>
internal static class CandidatesMapping
{
    public static StoredCandidates ToStored(ConnectSession session)
    {
        var stored = new StoredCandidates { SessionId = session.Id, Revision = session.CandidatesRevision };
        var tasks = new Dictionary<string, int>();
        foreach (var candidate in session.Candidates)
        {
            var added = new StoredCandidate
            {
                PageId = candidate.PageId,
                Name = candidate.Name,
                Role = (int)candidate.Role,
                Problem = (int)candidate.Problem,
            };
            foreach (var task in candidate.Tasks)
            {
                if (!tasks.TryGetValue(task, out var index))
                {
                    index = tasks.Count;
                    tasks.Add(task, index);
                    stored.Tasks.Add(task);
                }

                added.Tasks.Add(index);
            }

            stored.Candidates.Add(added);
        }

        return stored;
    }

    /// <summary>Returns the candidates, their session and the revision that last changed them.</summary>
    public static (string SessionId, long Revision, ImmutableArray<Candidate> Candidates) ToCore(StoredCandidates stored)
    {
        var candidates = ImmutableArray.CreateBuilder<Candidate>(stored.Candidates.Count);
        foreach (var candidate in stored.Candidates)
        {
            candidates.Add(new Candidate(
                candidate.PageId,
                candidate.Name,
                Known<PageRole>(candidate.Role),
                [.. candidate.Tasks.Select(index => stored.Tasks[index])],
                Known<CandidateProblem>(candidate.Problem)));
        }

        return (stored.SessionId, stored.Revision, candidates.MoveToImmutable());
    }
}
