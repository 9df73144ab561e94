using System.Security.Cryptography;
using ConnectionStateService.Core;
using ConnectionStateService.Core.Decisions;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Store;

/// <summary>Reads, decides and commits: the one way in which merchants change.</summary>
internal sealed class MerchantCommandHandler(
    IConnectionStore store, ClaimSettlement claims, Instruments instruments, IOptions<Rules> rules, IOptions<StoreOptions> options)
{
    /// <summary>Reads a merchant.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    /// <exception cref="RecordUnreadableException">What is stored of the merchant cannot be read.</exception>
    public async Task<MerchantRecord> ReadAsync(string merchantId, CancellationToken cancellationToken) =>
        (await store.ReadAsync(merchantId, cancellationToken)).Record;

    /// <summary>
    /// Carries out a command. If others change the merchant meanwhile, it is decided anew on what they left. A page that was
    /// claimed is taken from its other merchants before this returns, or by the timer soon after.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The outcome is not known; a repeat with the same request id is safe.</exception>
    /// <exception cref="RecordUnreadableException">Nothing was done.</exception>
    public async Task<Decision> HandleAsync(string merchantId, Command command, CancellationToken cancellationToken)
    {
        var decision = await CommitAsync(merchantId, command, cancellationToken);
        if (decision is not Decision.Changed { Claim: { } claim } changed)
        {
            return decision;
        }

        // Settling may have shown that another grant is the later one: then the answer must tell what is left.
        return await claims.TrySettleAsync(claim, this, cancellationToken)
            ? changed with { Record = await ReadAsync(merchantId, cancellationToken) }
            : changed;
    }

    private async Task<Decision> CommitAsync(string merchantId, Command command, CancellationToken cancellationToken)
    {
        var recalled = store.TryGetCached(merchantId);
        var current = recalled ?? await store.ReadAsync(merchantId, cancellationToken);

        // What is remembered has one attempt of its own: that it is old does not mean that others are at work just now.
        for (var attempt = recalled is null ? 1 : 0; attempt <= options.Value.CommitAttempts; attempt++)
        {
            var now = DecisionClock.Now(current.Record, await store.GetTimeAsync(cancellationToken));
            var decision = Decider.Decide(current.Record, command, now, rules.Value);
            if (decision is Decision.Changed changed)
            {
                var result = await store.CommitAsync(Request(current, changed, command.Origin, now), cancellationToken);
                if (result.Won)
                {
                    return changed;
                }

                instruments.LostRaces.Add(1);
                current = result.Current;
            }
            else if (ReferenceEquals(current, recalled))
            {
                // What is remembered may be old, and no commit will tell.
                current = await store.ReadAsync(merchantId, cancellationToken);
            }
            else
            {
                return decision;
            }
        }

        return new Decision.Refused(new Fault.ConcurrentChange(options.Value.CommitAttempts));
    }

    private CommitRequest Request(StoredMerchant read, Decision.Changed changed, Origin origin, DateTimeOffset now)
    {
        var commit = new Commit(
            changed.Record.Revision, NewCommitId(), read.CommitId, now, origin.Actor, origin.RequestId, changed.Changes);
        return new CommitRequest(
            read, changed.Record, commit, DeadlineRules.NextDeadline(changed.Record, rules.Value), changed.Claim);
    }

    // Never 0, which stands for "no commit".
    private static ulong NewCommitId()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        RandomNumberGenerator.Fill(bytes);
        return Math.Max(1, BitConverter.ToUInt64(bytes));
    }
}
