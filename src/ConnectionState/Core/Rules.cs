using System.ComponentModel.DataAnnotations;
using System.Diagnostics;

namespace ConnectionStateService.Core;

/// <summary>The numbers in the rules. Configuration section <c>Rules</c>.</summary>
public sealed class Rules : IValidatableObject
{
    /// <summary>Pages on the free trial (R10).</summary>
    /// <value>0 to 1,000. The default is 1.</value>
    [Range(0, 1_000)]
    public int TrialPages { get; init; } = 1;

    /// <summary>Pages on the standard plan, before what was bought on top (R9).</summary>
    /// <value>0 to 1,000. The default is 3.</value>
    [Range(0, 1_000)]
    public int StandardPages { get; init; } = 3;

    /// <summary>How long a trial lasts from when it was set (R10).</summary>
    /// <value>1 minute to 10 years. The default is 15 days.</value>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan TrialLength { get; init; } = TimeSpan.FromDays(15);

    /// <summary>The plan of a merchant that billing has said nothing about.</summary>
    /// <value>Standard or Trial. The default is Standard.</value>
    [EnumDataType(typeof(Plan))]
    public Plan DefaultPlan { get; init; } = Plan.Standard;

    /// <summary>How long a connect session waits before it ends by itself.</summary>
    /// <value>1 second to 1 day. The default is 15 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan SessionLength { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long before a token's end the merchant is warned.</summary>
    /// <value>0 to 365 days. The default is 7 days.</value>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan WarningBefore { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The lifetime of a Zalo token when the caller gives no expiry (R14).</summary>
    /// <value>1 minute to 10 years; empty: no expiry. The default is 365 days.</value>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan? ZaloTokenLifetime { get; init; } = TimeSpan.FromDays(365);

    /// <summary>The lifetime of a Facebook token when the caller gives no expiry.</summary>
    /// <value>1 minute to 10 years; empty: no expiry. The default is empty: a page token made from a long-lived user token has no end.</value>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan? FacebookTokenLifetime { get; init; }

    /// <summary>A page granted to one merchant is taken from every merchant it was granted to before (R16).</summary>
    /// <value>The default is true.</value>
    public bool OneHolderPerPage { get; init; } = true;

    /// <summary>
    /// The sets of tasks that make a role sufficient where a provider speaks of tasks; joined by <c>+</c>, without the prefix
    /// <c>PROFILE_PLUS_</c>. Which tasks are needed is inferred from the roles they replaced, not documented; hence an option.
    /// </summary>
    /// <value>When empty, <c>CREATE_CONTENT+MODERATE+MESSAGING</c>, <c>MANAGE</c> and <c>FULL_CONTROL</c>.</value>
    public IReadOnlyList<string> SufficientTasks { get; init; } = [];

    /// <summary>
    /// What errors of the providers mean, asked before what is built in (docs/provider-errors.md). A rule without a signal makes an
    /// error mean nothing.
    /// </summary>
    /// <value>The default is empty.</value>
    public IReadOnlyList<ProviderErrorRule> ProviderErrors { get; init; } = [];

    /// <summary>Connect sessions kept per merchant, open and ended; the oldest make room.</summary>
    /// <value>1 to 100. The default is 20.</value>
    [Range(1, 100)]
    public int KeptSessions { get; init; } = 20;

    /// <summary>Connections kept per merchant after they left the page list; the oldest make room.</summary>
    /// <value>1 to 1,000. The default is 50.</value>
    [Range(1, 1_000)]
    public int KeptTombstones { get; init; } = 50;

    /// <summary>Request ids remembered per merchant; the oldest make room.</summary>
    /// <value>1 to 1,000. The default is 64.</value>
    [Range(1, 1_000)]
    public int KeptRequests { get; init; } = 64;

    /// <summary>When a token given now ends, if the caller did not say.</summary>
    public DateTimeOffset? DefaultExpiry(Provider provider, DateTimeOffset now) => now + (provider switch
    {
        Provider.Facebook => FacebookTokenLifetime,
        Provider.Zalo => ZaloTokenLifetime,
        _ => throw new UnreachableException(),
    });

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        for (var i = 0; i < ProviderErrors.Count; i++)
        {
            if (!Enum.IsDefined(ProviderErrors[i].Provider))
            {
                yield return new ValidationResult($"The field {nameof(ProviderErrors)}:{i} needs a Provider.");
            }

            if (ProviderErrors[i].Signal is { } signal && !Enum.IsDefined(signal))
            {
                yield return new ValidationResult($"The field {nameof(ProviderErrors)}:{i} has no such Signal.");
            }
        }
    }
}
