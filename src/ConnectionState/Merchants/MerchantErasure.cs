using ConnectionStateService.Core;
using ConnectionStateService.Store;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Merchants;

/// <summary>
/// Erases merchants in two steps. A commit empties the record: index, deadlines, watches and feed follow it as they follow every commit. Then the store
/// removes what is left, unless the merchant has changed since. A crash in between leaves an erased record, with which a repeat goes on.
/// </summary>
internal sealed class MerchantErasure(MerchantCommitter committer, IMerchantRecords records, IOptions<StoreOptions> options)
{
    /// <summary>Erases a merchant.</summary>
    /// <returns>Why it was refused, or null if nothing is kept of the merchant any more.</returns>
    /// <exception cref="StoreUnavailableException">A part may have been done; a repeat does the rest.</exception>
    /// <exception cref="RecordUnreadableException">Nothing was stored.</exception>
    public async Task<Fault?> EraseAsync(string merchantId, Command.Erase command, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < options.Value.CommitAttempts; attempt++)
        {
            if (await committer.CommitAsync(merchantId, command, cancellationToken) is Decision.Refused { Fault: var fault })
            {
                return fault;
            }

            var left = await records.ReadAsync(merchantId, MerchantParts.PageList, cancellationToken);
            if (left.Position == default || (left.Record.IsErased && await records.RemoveAsync(left, cancellationToken)))
            {
                return null;
            }

            // The merchant has changed since. A repeat of the request would not erase that.
            command = command with { Origin = command.Origin with { RequestId = "" } };
        }

        return new Fault.ConcurrentChange(options.Value.CommitAttempts);
    }
}
