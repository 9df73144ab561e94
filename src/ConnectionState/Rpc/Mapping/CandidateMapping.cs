using System.Collections.Immutable;
using ConnectionStateService.Core;
using ConnectionStateService.Rpc.Validation;
using Proto = ConnectionStateService.V1;

namespace ConnectionStateService.Rpc.Mapping;

/// <summary>
/// Maps candidates to the core, each by itself: what a provider says about one page must not keep a merchant from the others. So a candidate
/// is repaired, or marked as one that cannot be chosen, and never makes a request invalid.
/// </summary>
internal static class CandidateMapping
{
    private const int MaxTasks = 32;

    /// <summary>Maps candidates; those with the same page id are merged.</summary>
    public static ImmutableArray<Candidate> ToCore(this IEnumerable<Proto.Candidate> candidates) =>
    [
        .. candidates.GroupBy(c => Cut(c.PageId, RequestValidation.MaxIdLength), StringComparer.Ordinal)
            .Select(same => ToCore(same.Key, same.ToList())),
    ];

    private static Candidate ToCore(string pageId, List<Proto.Candidate> same) => new(
        pageId,
        same.Select(c => CleanName(c.Name)).FirstOrDefault(name => name.Length > 0, pageId),
        same.Max(c => Enum.IsDefined((PageRole)c.Role) ? (PageRole)c.Role : PageRole.Unspecified),
        [.. same.SelectMany(c => c.Tasks).Where(RequestValidation.IsId).Distinct(StringComparer.Ordinal).Take(MaxTasks)],
        same.TrueForAll(c => RequestValidation.IsId(c.PageId)) ? CandidateProblem.None : CandidateProblem.InvalidId);

    private static string CleanName(string name) =>
        Cut(string.Concat(name.EnumerateRunes().Where(RequestValidation.IsPrintable)).Trim(), RequestValidation.MaxTextLength);

    // Cuts between code points.
    private static string Cut(string text, int length) =>
        text.Length <= length ? text : string.Concat(text.EnumerateRunes().Take(length));
}
