using System.ComponentModel.DataAnnotations;

namespace ConnectionStateService.Core;

/// <summary>How much of the past a merchant's record keeps. The oldest entries are dropped. Configuration section <c>Rules:Retention</c>.</summary>
public sealed class RetentionOptions
{
    /// <summary>Open connect sessions per merchant, and ended ones that are kept. At the limit, a new session ends the oldest open one that does not
    /// wait for the provider's answer; if all wait, it is refused.</summary>
    /// <value>1 to 100. The default is 20.</value>
    [Range(1, 100)]
    public int Sessions { get; init; } = 20;

    /// <summary>Connections kept per merchant after they left the page list.</summary>
    /// <value>1 to 100. The default is 50.</value>
    [Range(1, 100)]
    public int Tombstones { get; init; } = 50;

    /// <summary>
    /// Among how many of a merchant's newest commits requests are remembered, whatever <see cref="Requests"/> allows. The history keeps these commits,
    /// and a process that does not have the merchant cached reads them.
    /// </summary>
    public const int RequestCommits = 1_000;

    /// <summary>Executed request ids kept per merchant, among its newest 1,000 commits. A repeat of an older request is executed again.</summary>
    /// <value>1 to 1,000. The default is 64.</value>
    [Range(1, 1_000)]
    public int Requests { get; init; } = 64;
}
