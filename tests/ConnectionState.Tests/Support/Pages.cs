using System.Collections.Immutable;
using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Support;

/// <summary>Sample pages, accounts and candidates.</summary>
public static class Pages
{
    public static Account Owner { get; } = new("owner", "Owner", IsPersonal: true);

    public static PageRef Fanpage(int number) => new(Provider.Facebook, $"fan{number}");

    public static PageRef Oa(int number) => new(Provider.Zalo, $"oa{number}");

    /// <summary>The page as a candidate of an account with the given role.</summary>
    public static Candidate Offered(this PageRef page, PageRole role = PageRole.Editor, params string[] tasks) =>
        new(page.PageId, $"Page {page.PageId}", role, [.. tasks]);

    public static ImmutableArray<Candidate> Offered(IEnumerable<PageRef> pages) => [.. pages.Select(p => p.Offered())];
}
