using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Merchants;

/// <summary>Carries out commands: commits them, then settles the claim to a page that was granted.</summary>
internal sealed class MerchantCommandHandler(MerchantCommitter committer, ClaimSettlement claims, MerchantQueries queries)
{
    /// <summary>Carries out a command. When a grant returns, its merchant holds the page, or a later grant does.</summary>
    /// <exception cref="StoreUnavailableException">
    /// The command may or may not have been carried out; a retry with the same request id is safe.
    /// </exception>
    /// <exception cref="RecordUnreadableException">Nothing was stored.</exception>
    public async Task<Decision> HandleAsync(string merchantId, Command command, CancellationToken cancellationToken)
    {
        var decision = await committer.CommitAsync(merchantId, command, cancellationToken);
        return decision switch
        {
            Decision.Changed { Claim: { } claim } d => d with { Record = await SettleAsync(d.Record, claim, cancellationToken) },
            Decision.Repeated d => d with { Record = await SettleRepeatAsync(d.Record, command, cancellationToken) },
            Decision.Unchanged d => d with { Record = await SettleRepeatAsync(d.Record, command, cancellationToken) },
            _ => decision,
        };
    }

    // The first call of a grant may have failed after its commit.
    private async Task<MerchantRecord> SettleRepeatAsync(MerchantRecord record, Command command, CancellationToken cancellationToken)
    {
        return command.GrantedPage(record) is { } page
            && record.Find(page)?.ConnectedAt is { } grantedAt
            && await claims.IsUnsettledAsync(record.MerchantId, page, cancellationToken)
                ? await SettleAsync(record, new Claim(record.MerchantId, page, grantedAt), cancellationToken)
                : record;
    }

    private async Task<MerchantRecord> SettleAsync(MerchantRecord record, Claim claim, CancellationToken cancellationToken)
    {
        await claims.SettleAsync(claim, cancellationToken);

        try
        {
            // A later grant to another merchant may have taken the page already.
            return await queries.GetAsync(record.MerchantId, cancellationToken);
        }
        catch (RecordUnreadableException)
        {
            // The record was damaged after the commit, which is stored.
            return record;
        }
    }
}
