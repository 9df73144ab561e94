namespace ConnectionStateService.Core;

/// <summary>Where a merchant stands with its slots (R9 to R12).</summary>
/// <param name="Plan">The plan in force.</param>
/// <param name="Limit">How many slots there are.</param>
/// <param name="Used">How many are taken. More than <paramref name="Limit"/> only after the limit was lowered.</param>
/// <param name="BoughtPages">How many pages were bought on top of the plan's.</param>
/// <param name="TrialEndsAt">When the trial ends; none on another plan.</param>
public sealed record Quota(Plan Plan, int Limit, int Used, int BoughtPages, DateTimeOffset? TrialEndsAt)
{
    /// <summary>More slots are taken than there are: nothing is removed, nothing new is admitted.</summary>
    public bool OverLimit => Used > Limit;

    /// <summary>A slot is free.</summary>
    public bool HasFreeSlot => Used < Limit;

    /// <summary>The quota of a merchant under the given rules.</summary>
    public static Quota Of(MerchantRecord record, Rules rules)
    {
        var plan = record.Plan ?? rules.DefaultPlan;
        var limit = plan is Plan.Trial ? rules.TrialPages : rules.StandardPages + record.BoughtPages;
        return new Quota(plan, limit, record.Connections.Count(c => c.HoldsSlot), record.BoughtPages, record.TrialEndsAt);
    }
}
