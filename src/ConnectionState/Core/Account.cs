using System.Collections.Immutable;

namespace ConnectionStateService.Core;

/// <summary>A provider account: the person whose grant a connection uses.</summary>
/// <param name="Id">The provider's id of the account.</param>
/// <param name="Name">The display name reported by the provider.</param>
/// <param name="IsPersonal">Whether this is a personal account. Only personal accounts can connect pages (R7).</param>
public sealed record Account(string Id, string Name, bool IsPersonal);

/// <summary>A page that the signed-in account offers.</summary>
/// <param name="PageId">The provider's id of the page.</param>
/// <param name="Name">The page's name, or empty if the provider gave no usable one.</param>
/// <param name="Role">The account's role on the page, if the provider reports roles.</param>
/// <param name="Tasks">The tasks the account can do on the page, if the provider reports tasks.</param>
/// <param name="Problem">Why the page cannot be chosen whatever the account's role is.</param>
public sealed record Candidate(
    string PageId, string Name, PageRole Role, ImmutableArray<string> Tasks, CandidateProblem Problem = CandidateProblem.None);

/// <summary>Why a candidate cannot be chosen whatever the account's role is. The numbers are used in the store.</summary>
public enum CandidateProblem
{
    /// <summary>There is no problem.</summary>
    None = 0,

    /// <summary>The page id is not a valid id.</summary>
    InvalidId = 1,

    /// <summary>The page was reported as deleted after the account offered it (R19).</summary>
    Deleted = 2,
}

/// <summary>An account's role on a page. The numbers are used in the API and in the store.</summary>
public enum PageRole
{
    /// <summary>The provider reported tasks instead of a role, or nothing.</summary>
    Unspecified = 0,

    /// <summary>Can view statistics.</summary>
    Analyst = 1,

    /// <summary>Can also manage ads.</summary>
    Advertiser = 2,

    /// <summary>Can also answer messages and moderate comments.</summary>
    Moderator = 3,

    /// <summary>Can also publish. The lowest role that can connect the page (R3, R7).</summary>
    Editor = 4,

    /// <summary>Can do everything.</summary>
    Admin = 5,
}
