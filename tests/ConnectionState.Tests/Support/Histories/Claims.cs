using ConnectionStateService.Core;
using ConnectionStateService.Rpc.Mapping;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>
/// The claims that the histories made. A merchant that gives a page up tells the page and when it was granted, not to whom: this finds who
/// it may have been.
/// </summary>
internal sealed class Claims
{
    private readonly ILookup<(PageRef Page, DateTimeOffset At), string> grants;

    public Claims(IEnumerable<MerchantHistory> histories) => grants = histories
        .SelectMany(h => h.Entries.SelectMany(e => e.Changes.Select(c => (h.MerchantId, e.At, c.Transition))))
        .Where(g => g.Transition is { Trigger: V1.Trigger.Grant })
        .ToLookup(g => (g.Transition.Page.ToCore(), g.At), g => g.MerchantId);

    /// <summary>What another merchant's grant may have asked for that gave this entry.</summary>
    public IEnumerable<Command> Behind(Entry entry, string merchantId) =>
        from change in entry.Changes
        where change.Transition?.Evidence is not null
        let page = change.Transition.Page.ToCore()
        let grantedAt = change.Transition.Evidence.ObservedAt.ToDateTimeOffset()
        from claimant in grants[(page, grantedAt)]
        where claimant != merchantId
        select new Command.ReleasePage(new Origin(entry.Actor), new Claim(claimant, page, grantedAt));
}
