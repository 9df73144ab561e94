using ConnectionStateService.Core;
using ConnectionStateService.Core.Decisions;
using ConnectionStateService.Store;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Merchants;

/// <summary>Reads a merchant, decides a command and commits the decision. The only code that changes merchants.</summary>
internal sealed class MerchantCommitter(
    IMerchantRecords records,
    IPageRegister register,
    IStoreClock clock,
    Instruments instruments,
    IOptions<Rules> rules,
    IOptions<StoreOptions> options)
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
                changed = await WithPreviousHoldAsync(changed, cancellationToken);
                var result = await records.CommitAsync(Request(current, changed, command.Origin, now), cancellationToken);
                if (result.Succeeded)
                {
                    return changed with { Record = result.Current.Record };
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

    // A grant follows what is registered before its commit: a hold that is registered later belongs to a later grant. A page that is restored
    // goes on with its own hold, if that is still the registered one.
    private async Task<Decision.Changed> WithPreviousHoldAsync(Decision.Changed changed, CancellationToken cancellationToken)
    {
        if (changed.Claim is not { } claim || changed.Record.Find(claim.Page) is not { } connection)
        {
            return changed;
        }

        var isRestored = changed.Changes.Any(c => c is Change.Transition { Trigger: Trigger.Restore });
        var previous = isRestored ? connection.HoldId : (await register.ReadHoldAsync(claim.Page, cancellationToken))?.HoldId ?? 0;
        return changed with { Record = changed.Record.With(connection with { PreviousHoldId = previous }) };
    }

    private CommitRequest Request(StoredMerchant expected, Decision.Changed changed, Origin origin, DateTimeOffset now)
    {
        // The history of a merchant never goes back in time, even if the clock does.
        var at = expected.Record.ChangedAt > now ? expected.Record.ChangedAt.Value : now;
        var record = changed.Record with { ChangedAt = at };
        var commit = new Commit(record.Revision, RandomIds.Next(), expected.CommitId, at, origin.Actor, origin.RequestId, changed.Changes);
        return new CommitRequest(
            expected, record, commit, DeadlineRules.NextDeadline(record, rules.Value), changed.Claim);
    }
}
