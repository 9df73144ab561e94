using ConnectionStateService.Core;
using ConnectionStateService.Rpc.Mapping;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>
/// The merchants that were granted each page, in all histories. The history of a merchant that lost a page to another merchant names the page,
/// but not the other merchant.
/// </summary>
internal sealed class ClaimIndex
{
    private readonly ILookup<PageRef, string> grants;

    public ClaimIndex(IEnumerable<MerchantHistory> histories) => grants = histories
        .SelectMany(h => h.Entries.SelectMany(e => e.Changes.Select(c => (h.MerchantId, c.Transition))))
        .Where(g => g.Transition is { Trigger: V1.Trigger.Grant })
        .ToLookup(g => g.Transition.Page.ToCore(), g => g.MerchantId);

    /// <summary>The commands of other merchants' grants that can have caused this entry. Their hold is that of the replayed record.</summary>
    public IEnumerable<Command> PossibleCommands(Entry entry, string merchantId) =>
        from change in entry.Changes
        where change.Transition is { Trigger: V1.Trigger.Displace }
        let page = change.Transition.Page.ToCore()
        where grants[page].Any(claimant => claimant != merchantId)
        select new Command.ReleasePage(new Origin(entry.Actor), page, HoldId: 0);
}
