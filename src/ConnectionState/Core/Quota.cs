namespace ConnectionStateService.Core;

/// <summary>How many slots a merchant has and uses (R9 to R12).</summary>
/// <param name="Plan">The plan in effect.</param>
/// <param name="Limit">The number of slots.</param>
/// <param name="Used">The number of slots in use. It exceeds <paramref name="Limit"/> only after the limit was lowered.</param>
/// <param name="BoughtPages">Pages bought on top of the plan's.</param>
/// <param name="TrialEndsAt">When the trial ends, or null on another plan.</param>
public sealed record Quota(Plan Plan, int Limit, int Used, int BoughtPages, DateTimeOffset? TrialEndsAt)
{
    /// <summary>Whether more slots are in use than there are. Nothing is removed, but no page can be added.</summary>
    public bool OverLimit => Used > Limit;

    /// <summary>Whether a slot is free.</summary>
    public bool HasFreeSlot => Used < Limit;

    /// <summary>Returns the quota of a merchant.</summary>
    public static Quota Of(MerchantRecord record, Rules rules)
    {
        var plan = record.Plan ?? rules.DefaultPlan;
        var limit = plan is Plan.Trial ? rules.TrialPages : rules.StandardPages + record.BoughtPages;
        return new Quota(plan, limit, record.Connections.Count(c => c.HoldsSlot), record.BoughtPages, record.TrialEndsAt);
    }
}
