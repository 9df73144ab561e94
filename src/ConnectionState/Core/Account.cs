using System.Collections.Immutable;

namespace ConnectionStateService.Core;

/// <summary>A provider account: the person whose grant a connection uses.</summary>
/// <param name="Id">The provider's id of the account.</param>
/// <param name="Name">The account's name as the provider tells it.</param>
/// <param name="IsPersonal">A personal account; only such may connect a page (R7).</param>
public sealed record Account(string Id, string Name, bool IsPersonal);

/// <summary>A page that the signed-in account offers.</summary>
/// <param name="PageId">The provider's id of the page.</param>
/// <param name="Name">The page's name.</param>
/// <param name="Role">The account's role on the page, where the provider speaks of roles.</param>
/// <param name="Tasks">What the account may do on the page, where the provider speaks of tasks.</param>
public sealed record Candidate(string PageId, string Name, PageRole Role, ImmutableArray<string> Tasks);

/// <summary>An account's role on a page. The numbers are the wire's and the store's.</summary>
public enum PageRole
{
    /// <summary>The provider told tasks instead, or nothing.</summary>
    Unspecified = 0,

    /// <summary>May look at figures.</summary>
    Analyst = 1,

    /// <summary>May advertise.</summary>
    Advertiser = 2,

    /// <summary>May answer and moderate.</summary>
    Moderator = 3,

    /// <summary>May also publish; the least that suffices (R3, R7).</summary>
    Editor = 4,

    /// <summary>May do everything.</summary>
    Admin = 5,
}
