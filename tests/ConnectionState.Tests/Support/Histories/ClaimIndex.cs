using ConnectionStateService.Core;
using ConnectionStateService.Rpc.Mapping;

namespace ConnectionStateService.Tests.Support.Histories;

/// <summary>
/// The claims that the grants in all histories made. The history of a merchant that lost a page to another merchant names the page and the
/// time of the other grant, but not the other merchant: this class finds the candidates.
/// </summary>
internal sealed class ClaimIndex
{
    private readonly ILookup<(PageRef Page, DateTimeOffset At), string> grants;

    public ClaimIndex(IEnumerable<MerchantHistory> histories) => grants = histories
        .SelectMany(h => h.Entries.SelectMany(e => e.Changes.Select(c => (h.MerchantId, e.At, c.Transition))))
        .Where(g => g.Transition is { Trigger: V1.Trigger.Grant })
        .ToLookup(g => (g.Transition.Page.ToCore(), g.At), g => g.MerchantId);

    /// <summary>The commands of other merchants' grants that can have caused this entry.</summary>
    public IEnumerable<Command> PossibleCommands(Entry entry, string merchantId) =>
        from change in entry.Changes
        where change.Transition?.Evidence is not null
        let page = change.Transition.Page.ToCore()
        let grantedAt = change.Transition.Evidence.ObservedAt.ToDateTimeOffset()
        from claimant in grants[(page, grantedAt)]
        where claimant != merchantId
        select new Command.ReleasePage(new Origin(entry.Actor), new Claim(claimant, page, grantedAt));
}
