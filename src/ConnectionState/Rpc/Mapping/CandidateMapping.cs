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
        .. candidates.GroupBy(c => c.PageId, StringComparer.Ordinal).Select(same => ToCore(same.Key, [.. same]))
            // An invalid id, once it is cleaned, may be that of another page, which can be chosen nevertheless.
            .GroupBy(c => c.PageId, StringComparer.Ordinal).Select(same => same.MinBy(c => c.Problem)!),
    ];

    private static Candidate ToCore(string pageId, List<Proto.Candidate> same) => new(
        RequestValidation.IsId(pageId) ? pageId : Clean(pageId, RequestValidation.MaxIdLength),
        same.Select(c => Clean(c.Name, RequestValidation.MaxTextLength)).FirstOrDefault(name => name.Length > 0, ""),
        same.Max(c => Enum.IsDefined((PageRole)c.Role) ? (PageRole)c.Role : PageRole.Unspecified),
        [.. same.SelectMany(c => c.Tasks).Where(RequestValidation.IsId).Distinct(StringComparer.Ordinal).Take(MaxTasks)],
        RequestValidation.IsId(pageId) ? CandidateProblem.None : CandidateProblem.InvalidId);

    /// <summary>Removes control characters and cuts a text to a number of code points.</summary>
    public static string Clean(string text, int length) => RequestValidation.IsText(text, length) && text.AsSpan().Trim().Length == text.Length
        ? text
        : string.Concat(string.Concat(text.EnumerateRunes().Where(RequestValidation.IsPrintable)).Trim().EnumerateRunes().Take(length));
}
