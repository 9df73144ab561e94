using System.Security.Cryptography;
using ConnectionStateService.Core;
using ConnectionStateService.Core.Decisions;
using ConnectionStateService.Store;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Merchants;

/// <summary>Reads a merchant, decides a command and commits the decision. The only code that changes merchants.</summary>
internal sealed class MerchantCommitter(
    IMerchantRecords records, IStoreClock clock, Instruments instruments, IOptions<Rules> rules, IOptions<StoreOptions> options)
{
    /// <summary>Decides a command and commits the decision. After a conflict, the command is decided again on the current record.</summary>
    /// <returns>The decision; <see cref="Fault.ConcurrentChange"/> after <see cref="StoreOptions.CommitAttempts"/> conflicts.</returns>
    /// <exception cref="StoreUnavailableException">The commit may or may not have been stored.</exception>
    /// <exception cref="RecordUnreadableException">Nothing was stored.</exception>
    public async Task<Decision> CommitAsync(string merchantId, Command command, CancellationToken cancellationToken)
    {
        var cached = records.TryGetCached(merchantId);
        var current = cached ?? await records.ReadAsync(merchantId, cancellationToken);

        // A cached record gets an attempt of its own: that it was stale does not mean that others change the merchant right now.
        for (var attempt = cached is null ? 1 : 0; attempt <= options.Value.CommitAttempts; attempt++)
        {
            var now = DecisionClock.Now(current.Record, await clock.GetTimeAsync(cancellationToken));
            var decision = Decider.Decide(current.Record, command, now, rules.Value);
            if (decision is Decision.Changed changed)
            {
                var result = await records.CommitAsync(Request(current, changed, command.Origin, now), cancellationToken);
                if (result.Succeeded)
                {
                    return changed;
                }

                instruments.CommitConflicts.Add(1);
                current = result.Current;
            }
            else if (ReferenceEquals(current, cached))
            {
                // Without a commit, nothing else would detect that the cached record is stale.
                current = await records.ReadAsync(merchantId, cancellationToken);
            }
            else
            {
                return decision;
            }
        }

        return new Decision.Refused(new Fault.ConcurrentChange(options.Value.CommitAttempts));
    }

    private CommitRequest Request(StoredMerchant expected, Decision.Changed changed, Origin origin, DateTimeOffset now)
    {
        var commit = new Commit(
            changed.Record.Revision, NewCommitId(), expected.CommitId, now, origin.Actor, origin.RequestId, changed.Changes);
        return new CommitRequest(
            expected, changed.Record, commit, DeadlineRules.NextDeadline(changed.Record, rules.Value), changed.Claim);
    }

    // Never 0, which means "no commit".
    private static ulong NewCommitId()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return Math.Max(1, BitConverter.ToUInt64(bytes));
    }
}
