using System.Collections.Immutable;

namespace ConnectionStateService.Core;

/// <summary>Whether a candidate can be chosen, and if not, why. The numbers are used in the API.</summary>
public enum Eligibility
{
    /// <summary>The page can be chosen.</summary>
    Eligible = 1,

    /// <summary>The account's role on the page is below Editor (R3, R7).</summary>
    RoleTooLow = 2,

    /// <summary>The merchant is already connected to the page. A session begun to reconnect it can choose it.</summary>
    AlreadyConnected = 3,

    /// <summary>The page was deleted at the provider after the account offered it (R19).</summary>
    Deleted = 4,

    /// <summary>The session was begun to reconnect another page.</summary>
    OtherPage = 5,

    /// <summary>The page id is not a valid id.</summary>
    InvalidId = 6,
}

/// <summary>Determines which candidates can be chosen.</summary>
public static class Candidates
{
    // Pages of Facebook's new page experience report the same tasks with this prefix.
    private const string NewPagesPrefix = "PROFILE_PLUS_";
    private static readonly ImmutableArray<string> DefaultTasks = ["CREATE_CONTENT+MODERATE+MESSAGING", "MANAGE", "FULL_CONTROL"];

    /// <summary>Whether the account's role is Editor or higher, or its tasks amount to that (R3, R7).</summary>
    public static bool HasSufficientRole(Candidate candidate, Rules rules)
    {
        var held = candidate.Tasks.Select(t => t.StartsWith(NewPagesPrefix, StringComparison.Ordinal) ? t[NewPagesPrefix.Length..] : t)
            .ToHashSet(StringComparer.Ordinal);
        return candidate.Role is PageRole.Editor or PageRole.Admin
            || SufficientTasks(rules).Any(needed => needed.Split('+').All(held.Contains));
    }

    /// <summary>The sets of tasks that are sufficient without a role. The tasks of a set are joined by <c>+</c>.</summary>
    public static ImmutableArray<string> SufficientTasks(Rules rules) =>
        rules.SufficientTasks.Count > 0 ? [.. rules.SufficientTasks] : DefaultTasks;

    /// <summary>Returns whether <paramref name="candidate"/> can be chosen in <paramref name="session"/>.</summary>
    public static Eligibility GetEligibility(Candidate candidate, ConnectSession session, MerchantRecord record, Rules rules)
    {
        if (candidate.Problem is CandidateProblem.InvalidId)
        {
            return Eligibility.InvalidId;
        }

        if (session.ReconnectPageId is { } expected && expected != candidate.PageId)
        {
            return Eligibility.OtherPage;
        }

        if (!HasSufficientRole(candidate, rules))
        {
            return Eligibility.RoleTooLow;
        }

        if (candidate.Problem is CandidateProblem.Deleted)
        {
            return Eligibility.Deleted;
        }

        return session.ReconnectPageId is null && record.Find(new PageRef(session.Provider, candidate.PageId)) is { State: State.Connected }
            ? Eligibility.AlreadyConnected
            : Eligibility.Eligible;
    }
}
