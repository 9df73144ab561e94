using System.Collections.Immutable;
using ConnectionStateService.Core;

namespace ConnectionStateService.Tests.Support;

/// <summary>Pages, accounts and candidates to play with.</summary>
public static class Pages
{
    public static Account Owner { get; } = new("owner", "Owner", IsPersonal: true);

    public static PageRef Fanpage(int number) => new(Provider.Facebook, $"fan{number}");

    public static PageRef Oa(int number) => new(Provider.Zalo, $"oa{number}");

    /// <summary>The page as it is offered to an account with a role on it.</summary>
    public static Candidate Offered(this PageRef page, PageRole role = PageRole.Editor, params string[] tasks) =>
        new(page.PageId, $"Page {page.PageId}", role, [.. tasks]);

    public static ImmutableArray<Candidate> Offered(IEnumerable<PageRef> pages) => [.. pages.Select(p => p.Offered())];
}
