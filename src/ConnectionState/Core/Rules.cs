using System.ComponentModel.DataAnnotations;

namespace ConnectionStateService.Core;

/// <summary>The configurable parts of the rules. Configuration section <c>Rules</c>.</summary>
public sealed class Rules : IValidatableObject
{
    /// <summary>The number of pages on the free trial (R10).</summary>
    /// <value>0 to 1,000. The default is 1.</value>
    [Range(0, 1_000)]
    public int TrialPages { get; init; } = 1;

    /// <summary>The number of pages on the standard plan, without bought ones (R9).</summary>
    /// <value>0 to 1,000. The default is 3.</value>
    [Range(0, 1_000)]
    public int StandardPages { get; init; } = 3;

    /// <summary>How long a trial lasts, counted from the first change that is made on the trial plan (R10).</summary>
    /// <value>1 minute to 10 years. The default is 15 days.</value>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan TrialLength { get; init; } = TimeSpan.FromDays(15);

    /// <summary>The plan of a merchant whose plan was never set.</summary>
    /// <value>Standard or Trial. The default is Standard.</value>
    [EnumDataType(typeof(Plan))]
    public Plan DefaultPlan { get; init; } = Plan.Standard;

    /// <summary>How long a connect session stays open before it times out.</summary>
    /// <value>1 second to 1 day. The default is 15 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan SessionLength { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>How long before a token expires the merchant is warned.</summary>
    /// <value>0 to 365 days. The default is 7 days.</value>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan WarningBefore { get; init; } = TimeSpan.FromDays(7);

    /// <summary>The lifetime of a Zalo token if the caller gives no expiry (R14).</summary>
    /// <value>1 minute to 10 years; empty: no expiry. The default is 365 days.</value>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan? ZaloTokenLifetime { get; init; } = TimeSpan.FromDays(365);

    /// <summary>The lifetime of a Facebook token if the caller gives no expiry.</summary>
    /// <value>1 minute to 10 years; empty: no expiry. The default is empty, because a page token made from a long-lived user token does not expire.</value>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan? FacebookTokenLifetime { get; init; }

    /// <summary>
    /// How long after a renewal, or a grant of a page that had one before, a provider error counts as soft, if the reporter does not name the
    /// grant: calls with the previous token still fail then.
    /// </summary>
    /// <value>0 to 1 hour. The default is 2 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan NewGrantGrace { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>How many soft signals of the same meaning, with no success in between, make a connected page lost.</summary>
    /// <value>1 to 100. The default is 3.</value>
    [Range(1, 100)]
    public int SoftSignalsToLose { get; init; } = 3;

    /// <summary>The time that these soft signals must span at least.</summary>
    /// <value>0 to 1 day. The default is 10 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan SoftSignalPeriod { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long soft signals count after the newest of their meaning.</summary>
    /// <value>1 minute to 30 days, not below <see cref="SoftSignalPeriod"/>. The default is 1 day.</value>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan SoftSignalMemory { get; init; } = TimeSpan.FromDays(1);

    /// <summary>Whether a page granted to one merchant is taken from every merchant it was granted to earlier (R16).</summary>
    /// <value>The default is true.</value>
    public bool OneHolderPerPage { get; init; } = true;

    /// <summary>
    /// The sets of tasks that are sufficient to connect a page, for providers that report tasks instead of roles. The tasks of a set are
    /// joined by <c>+</c>, without the prefix <c>PROFILE_PLUS_</c>. An option, because Facebook does not document which tasks are needed.
    /// </summary>
    /// <value>When empty, <c>CREATE_CONTENT+MODERATE+MESSAGING</c>, <c>MANAGE</c> and <c>FULL_CONTROL</c>.</value>
    public IReadOnlyList<string> SufficientTasks { get; init; } = [];

    /// <summary>
    /// Rules that map provider errors to signals. They take precedence over the built-in ones (docs/provider-errors.md). A rule without
    /// a signal makes the service ignore an error.
    /// </summary>
    /// <value>The default is empty.</value>
    public IReadOnlyList<ProviderErrorRule> ProviderErrors { get; init; } = [];

    /// <summary>How much of the past a merchant's record keeps.</summary>
    /// <value>See section <c>Rules:Retention</c>.</value>
    public RetentionOptions Retention { get; init; } = new();

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (SoftSignalMemory < SoftSignalPeriod)
        {
            yield return new ValidationResult($"The field {nameof(SoftSignalMemory)} must not be below {nameof(SoftSignalPeriod)}.");
        }

        for (var i = 0; i < ProviderErrors.Count; i++)
        {
            if (!Enum.IsDefined(ProviderErrors[i].Provider))
            {
                yield return new ValidationResult($"The field {nameof(ProviderErrors)}:{i} must have a Provider.");
            }

            if (ProviderErrors[i].Signal is { } signal && !Enum.IsDefined(signal))
            {
                yield return new ValidationResult($"The field {nameof(ProviderErrors)}:{i} has an unknown Signal.");
            }

            if (!Enum.IsDefined(ProviderErrors[i].Strength))
            {
                yield return new ValidationResult($"The field {nameof(ProviderErrors)}:{i} has an unknown Strength.");
            }
        }
    }
}
