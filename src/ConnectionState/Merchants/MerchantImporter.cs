using ConnectionStateService.Core;
using ConnectionStateService.Core.Decisions;
using ConnectionStateService.Store;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Merchants;

/// <summary>What became of an import. The numbers are those of the API.</summary>
internal enum ImportResult
{
    /// <summary>The merchant is stored; or would be, in a dry run.</summary>
    Imported = 1,

    /// <summary>Something is stored of the merchant, or it is at another revision.</summary>
    Present = 2,

    /// <summary>The import failed.</summary>
    Failed = 4,
}

/// <summary>The outcome of one import.</summary>
/// <param name="Result">What became of it.</param>
/// <param name="Revision">The merchant's revision afterwards, or 0 if it is unknown.</param>
/// <param name="Fault">Why it failed, or null if it did not, or because the record is unreadable or the store unavailable.</param>
/// <param name="IsUnreadable">Whether it failed because what is stored of the merchant is unreadable.</param>
internal readonly record struct ImportOutcome(ImportResult Result, long Revision, Fault? Fault = null, bool IsUnreadable = false);

/// <summary>Imports merchants: commits each, then settles its claims to the pages that it holds.</summary>
internal sealed class MerchantImporter(
    MerchantCommitter committer, ClaimSettlement claims, MerchantQueries queries, IStoreClock clock, IOptions<Rules> rules)
{
    /// <summary>Imports a merchant. Never fails because of that merchant alone.</summary>
    /// <param name="command">The import.</param>
    /// <param name="isDryRun">Whether to decide only.</param>
    /// <param name="cancellationToken">Cancels the import; it may be stored nevertheless.</param>
    public async Task<ImportOutcome> ImportAsync(Command.Import command, bool isDryRun, CancellationToken cancellationToken)
    {
        try
        {
            var merchantId = command.Merchant.MerchantId;
            var decision = isDryRun
                ? await DecideAsync(merchantId, command, cancellationToken)
                : await committer.CommitAsync(merchantId, command, cancellationToken);
            if (!isDryRun && ImportedRecord(decision, command) is { } record)
            {
                await SettleAsync(record, cancellationToken);
            }

            return decision switch
            {
                Decision.Changed d => new(ImportResult.Imported, d.Record.Revision),
                Decision.Unchanged d => new(ImportResult.Present, d.Record.Revision),
                Decision.Refused d => new(ImportResult.Failed, 0, d.Fault),
                _ => throw new InvalidOperationException($"An import has no request id: {decision}"),
            };
        }
        catch (RecordUnreadableException)
        {
            return new(ImportResult.Failed, 0, IsUnreadable: true);
        }
        catch (StoreUnavailableException)
        {
            return new(ImportResult.Failed, 0);
        }
    }

    private async Task<Decision> DecideAsync(string merchantId, Command.Import command, CancellationToken cancellationToken)
    {
        var record = await queries.GetAsync(merchantId, command.Needs, cancellationToken);
        return Decider.Decide(record, command, DecisionClock.Now(record, await clock.GetTimeAsync(cancellationToken)), rules.Value);
    }

    // A repeat finds the merchant stored: the call before it may have ended between the commit and the settlement, which is idempotent.
    private static MerchantRecord? ImportedRecord(Decision decision, Command.Import command) => decision switch
    {
        Decision.Changed d => d.Record,
        Decision.Unchanged d when d.Record.Revision == command.Merchant.Revision => d.Record,
        _ => null,
    };

    // A process that is killed before leaves holds that are not registered: a later grant to another merchant takes those pages nevertheless.
    private async Task SettleAsync(MerchantRecord record, CancellationToken cancellationToken)
    {
        if (!rules.Value.OneHolderPerPage)
        {
            return;
        }

        await Task.WhenAll(record.Connections.Where(connection => connection.HoldsPage).Select(connection => claims.SettleAsync(
            new Claim(record.MerchantId, connection.Page, connection.ConnectedAt ?? connection.StateSince), cancellationToken)));
    }
}
