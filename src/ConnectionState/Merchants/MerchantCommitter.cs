using System.Diagnostics;
using System.Runtime.CompilerServices;
using ConnectionStateService.Core;
using ConnectionStateService.Core.Decisions;
using ConnectionStateService.Store;
using ConnectionStateService.Telemetry;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Merchants;

/// <summary>Reads a merchant, decides a command and commits the decision. The only code that changes merchants.</summary>
internal sealed class MerchantCommitter(
    IMerchantRecords records,
    IPageRegister register,
    IStoreClock clock,
    MerchantQueues queues,
    Instruments instruments,
    CommitLatency latency,
    IOptions<Rules> rules,
    IOptions<StoreOptions> options,
    TimeProvider stopwatch)
{
    private readonly string store = WireNames.Of(options.Value.Kind);

    /// <summary>Decides a command and commits the decision. After a conflict, the command is decided again on the current record.</summary>
    /// <returns>
    /// The decision; <see cref="Fault.ConcurrentChange"/> after <see cref="StoreOptions.CommitAttempts"/> conflicts;
    /// <see cref="Fault.MerchantBusy"/> if <see cref="StoreOptions.QueuedCommands"/> of the merchant wait already.
    /// </returns>
    /// <exception cref="StoreUnavailableException">The commit may or may not have been stored.</exception>
    /// <exception cref="RecordUnreadableException">Nothing was stored.</exception>
    public async Task<Decision> CommitAsync(string merchantId, Command command, CancellationToken cancellationToken)
    {
        using var span = Tracing.StartCommand(command.GetType().Name, merchantId);
        if (queues.TryEnter(merchantId) is not { } queue)
        {
            return new Decision.Refused(new Fault.MerchantBusy(options.Value.QueuedCommands));
        }

        try
        {
            return await CommitAsync(queue, command, cancellationToken);
        }
        finally
        {
            queues.Leave(queue);
        }
    }

    private async Task<Decision> CommitAsync(MerchantQueue queue, Command command, CancellationToken cancellationToken)
    {
        // The first attempt is on a record that may be stale. That it was does not mean that others change the merchant right now.
        for (var attempt = 0; attempt <= options.Value.CommitAttempts; attempt++)
        {
            var (decision, pending, commit) = await AttemptAsync(queue, command, isFirst: attempt == 0, cancellationToken);
            if (commit is not null)
            {
                var answer = await GetAnswerAsync(commit);
                if (answer.Succeeded)
                {
                    instruments.CountTransitions(decision!.Changes);
                    return decision with { Record = answer.Current.Record };
                }

                queue.Learn(answer.Current, commit.KnownWhenSent);
            }
            else if ((pending is null || await pending.IsStoredAsync(cancellationToken))
                && await DecideOnStoredAsync(queue, command, cancellationToken) is { } unchanging)
            {
                return unchanging;
            }
        }

        return new Decision.Refused(new Fault.ConcurrentChange(options.Value.CommitAttempts));
    }

    // Decides the command when it is its turn. Sends the commit, if the command changes something and there is a record to decide it on.
    private async Task<(Decision.Changed? Decision, PendingCommit? Pending, PendingCommit? Commit)> AttemptAsync(
        MerchantQueue queue, Command command, bool isFirst, CancellationToken cancellationToken)
    {
        // Before the turn, so that the commands behind this one do not wait for the clock and the register.
        var hold = await ReadHoldAsync(queue, command, cancellationToken);
        var time = await clock.GetTimeAsync(cancellationToken);
        var timeReadAt = stopwatch.GetTimestamp();
        var pending = await queue.TakeTurnAsync(cancellationToken);
        try
        {
            // A commit that is on its way may leave a record without a part that this command needs.
            var known = pending is null ? Having(command.Needs, queue.Known) ?? records.TryGetCached(queue.MerchantId) : pending.Result;
            var current = Having(command.Needs, known);
            if (current is null && isFirst)
            {
                return (null, pending, null);
            }

            if (current is null)
            {
                // Others keep committing records without the part. During this turn they cannot, and those after it have the part.
                _ = pending is not null && await pending.IsStoredAsync(cancellationToken);
                (current, pending) = (await records.ReadAsync(queue.MerchantId, command.Needs, cancellationToken), null);
            }

            // The turn may have come minutes later. Whole seconds will do: the decision clock bridges less.
            var waited = TimeSpan.FromSeconds((long)stopwatch.GetElapsedTime(timeReadAt).TotalSeconds);
            var (decision, now) = Decide(current, command, time + waited);
            if (decision is not Decision.Changed changed)
            {
                return (null, pending, null);
            }

            changed = await WithPreviousHoldAsync(changed, hold, cancellationToken);
            var request = Request(current, changed, command, now);
            var knownWhenSent = queue.Known;
            var answer = records.CommitAsync(request, cancellationToken).AsTask();
            var result = new StoredMerchant(request.Record, request.Commit.Id);
            return (changed, pending, queue.Add(result, answer, knownWhenSent, follows: pending, canBeFollowed: records.KeepsOrder(request)));
        }
        finally
        {
            queue.EndTurn();
        }
    }

    // Pooled: it would allocate for every commit.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<CommitResult> GetAnswerAsync(PendingCommit commit)
    {
        latency.Begin();
        try
        {
            var answer = await commit.GetAnswerAsync();
            instruments.RecordCommit(store, answer.Succeeded ? CommitOutcome.Stored : CommitOutcome.Conflict, Stopwatch.GetElapsedTime(commit.SentAt));
            return answer;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            instruments.RecordCommit(store, CommitOutcome.Failed, Stopwatch.GetElapsedTime(commit.SentAt));
            throw;
        }
        finally
        {
            latency.End(Stopwatch.GetElapsedTime(commit.SentAt));
        }
    }

    private static StoredMerchant? Having(MerchantParts parts, StoredMerchant? merchant) =>
        merchant?.Record.Parts.HasFlag(parts) == true ? merchant : null;

    // Without a commit, nothing else would detect that the record was stale: other processes may have changed the merchant before this call.
    // Not during a turn: in an outage, the commands of a merchant would wait for each other's timeouts. Null if the command changes something.
    private async Task<Decision?> DecideOnStoredAsync(MerchantQueue queue, Command command, CancellationToken cancellationToken)
    {
        var known = queue.Known;
        var stored = await records.ReadAsync(queue.MerchantId, command.Needs, cancellationToken);
        queue.Learn(stored, known);
        var (decision, _) = Decide(stored, command, await clock.GetTimeAsync(cancellationToken));
        return decision is Decision.Changed ? null : decision;
    }

    private (Decision Decision, DateTimeOffset Now) Decide(StoredMerchant merchant, Command command, DateTimeOffset time)
    {
        var now = DecisionClock.Now(merchant.Record, time);
        return (Decider.Decide(merchant.Record, command, now, rules.Value), now);
    }

    // The hold that is registered for the page that the command most likely grants. Null if the page is not known before the command is decided.
    private async ValueTask<(PageRef Page, Task<PageHold?> Hold)?> ReadHoldAsync(MerchantQueue queue, Command command, CancellationToken cancellationToken)
    {
        var known = queue.Known ?? records.TryGetCached(queue.MerchantId);
        if (known is null || command.GrantedPage(known.Record) is not { } page)
        {
            return null;
        }

        // The failure matters only if the command turns out to grant the page.
        var reading = register.ReadHoldAsync(page, cancellationToken).AsTask();
        await ((Task)reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return (page, reading);
    }

    // A grant follows what is registered before its commit: a hold that is registered later belongs to a later grant. A page that is restored
    // goes on with its own hold, if that is still the registered one.
    private async Task<Decision.Changed> WithPreviousHoldAsync(
        Decision.Changed changed, (PageRef Page, Task<PageHold?> Hold)? read, CancellationToken cancellationToken)
    {
        if (changed.Claim is not { } claim || changed.Record.Find(claim.Page) is not { } connection)
        {
            return changed;
        }

        var isRestored = changed.Changes.Any(c => c is Change.Transition { Trigger: Trigger.Restore });
        var previous = isRestored ? connection.HoldId
            : (read is { } early && early.Page == claim.Page
                ? await early.Hold
                : await register.ReadHoldAsync(claim.Page, cancellationToken))?.HoldId ?? 0;
        return changed with { Record = changed.Record.With(connection with { PreviousHoldId = previous }) };
    }

    private CommitRequest Request(StoredMerchant expected, Decision.Changed changed, Command command, DateTimeOffset now)
    {
        // The history of a merchant never goes back in time, even if the clock does.
        var at = expected.Record.ChangedAt > now ? expected.Record.ChangedAt.Value : now;
        var record = changed.Record with { ChangedAt = at };
        var commit = new Commit(record.Revision, RandomIds.Next(), expected.CommitId, at, command.Origin.Actor, command.Origin.RequestId, changed.Changes)
        {
            Trace = Tracing.Current,
            PayloadHash = command.Origin.PayloadHash,
            BegunSessionId = changed.BegunSessionId,
        };
        return new CommitRequest(expected, record, commit, DeadlineRules.NextDeadline(record, rules.Value), changed.Claim)
        {
            Needs = command.Needs,
        };
    }
}
