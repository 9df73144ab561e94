using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Merchants;

/// <summary>Carries out commands: commits them, then settles the claim to a page that was granted.</summary>
internal sealed class MerchantCommandHandler(MerchantCommitter committer, ClaimSettlement claims, MerchantQueries queries)
{
    /// <summary>
    /// Carries out a command. A granted page is taken from its other merchants before this method returns, or by the timer if that fails.
    /// </summary>
    /// <exception cref="StoreUnavailableException">
    /// The command may or may not have been carried out; a retry with the same request id is safe.
    /// </exception>
    /// <exception cref="RecordUnreadableException">Nothing was stored.</exception>
    public async Task<Decision> HandleAsync(string merchantId, Command command, CancellationToken cancellationToken)
    {
        var decision = await committer.CommitAsync(merchantId, command, cancellationToken);
        if (decision is not Decision.Changed { Claim: { } claim } changed)
        {
            return decision;
        }

        if (!await claims.TrySettleAsync(claim, cancellationToken))
        {
            return changed;
        }

        // Another grant is later, so this merchant has just lost the page again: the answer needs the current record.
        try
        {
            return changed with { Record = await queries.GetAsync(merchantId, cancellationToken) };
        }
        catch (RecordUnreadableException)
        {
            // The command is stored, so it must not fail as if it were not.
            return changed;
        }
    }
}
