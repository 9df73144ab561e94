using System.Collections.Immutable;

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
        var used = 0;
        foreach (var connection in record.Connections)
        {
            used += connection.HoldsSlot || HasReservedSlot(record, connection) ? 1 : 0;
        }

        return new Quota(plan, limit, used, record.BoughtPages, plan is Plan.Trial ? record.TrialEndsAt : null);
    }

    /// <summary>
    /// Whether an open session reserves a slot for a listed page that holds none: one that is deleted or displaced, and may come back.
    /// </summary>
    public static bool HasReservedSlot(MerchantRecord record, Connection connection) =>
        connection is { HoldsSlot: false, IsListed: true } && record.SessionsWaitingFor(connection.Page).Any();

    /// <summary>Returns the open sessions that hold a slot for a page that is not connected: canceling one may free it.</summary>
    public static ImmutableArray<string> SessionsHoldingSlots(MerchantRecord record) =>
    [
        .. record.Sessions.Where(s => s is { IsOpen: true, Page: { } page } && record.Find(page) is { } connection
            && (connection.State is State.Pending || HasReservedSlot(record, connection))).Select(s => s.Id),
    ];
}
