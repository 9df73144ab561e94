using System.Diagnostics;
using ConnectionStateService.Store;

namespace ConnectionStateService.Merchants;

/// <summary>
/// Lets the commands of one merchant be decided one at a time. A command is decided on the result of the commit before it, even while the
/// store still works on that commit: the store then gets several commits at once. If one of them fails, those after it conflict, because
/// each is conditional on the one before it.
/// </summary>
internal sealed class MerchantQueue(string merchantId) : IDisposable
{
    // Between two chains, other processes have a chance to commit: a process that never waited for an answer would always be ahead of them.
    private const int MaxChainLength = 16;

    private readonly SemaphoreSlim turn = new(1);
    private readonly Lock gate = new();
    private PendingCommit? newest;
    private volatile StoredMerchant? known;

    public string MerchantId => merchantId;

    /// <summary>The merchant as the store had it last, as far as is known. It may be stale: use it only as the base of a conditional commit.</summary>
    public StoredMerchant? Known => known;

    /// <summary>
    /// Takes in what the store answered. Answers can arrive in another order than the store gave them: an older merchant than the known one is
    /// taken in only if it was asked for after that one was known. Then the store has lost commits.
    /// </summary>
    /// <param name="answer">The merchant as the store had it.</param>
    /// <param name="knownWhenAsked"><see cref="Known"/> when the store was asked.</param>
    public void Learn(StoredMerchant answer, StoredMerchant? knownWhenAsked)
    {
        lock (gate)
        {
            if (known is null || ReferenceEquals(known, knownWhenAsked) || known.Record.Revision < answer.Record.Revision)
            {
                known = answer;
            }
        }
    }

    /// <summary>Waits until the commands before this one are decided. Call <see cref="EndTurn"/> once this one is decided.</summary>
    /// <returns>The newest commit, if the store has not answered it yet; the next command is decided on its result.</returns>
    public async ValueTask<PendingCommit?> TakeTurnAsync(CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            while (newest is { IsAnswered: false } pending)
            {
                if (pending is { CanBeFollowed: true, Chain: { IsBroken: false, Length: < MaxChainLength } })
                {
                    return pending;
                }

                await pending.IsStoredAsync(cancellationToken);
            }

            if (newest is { Answer: { IsCompletedSuccessfully: true, Result: { Succeeded: true } answer } })
            {
                Learn(answer.Current, newest.KnownWhenSent);
            }

            return newest = null;
        }
        catch
        {
            turn.Release();
            throw;
        }
    }

    /// <summary>Adds a commit that was sent to the store. Only during a turn.</summary>
    /// <param name="result">The merchant as the commit leaves it.</param>
    /// <param name="answer">The answer of the store.</param>
    /// <param name="knownWhenSent"><see cref="Known"/> before the commit was sent: what is learned later may be newer than its answer.</param>
    /// <param name="follows">The commit that it is conditional on, or null if the store has answered that one.</param>
    /// <param name="canBeFollowed">Whether the next commit may be sent before this one is answered.</param>
    public PendingCommit Add(
        StoredMerchant result, Task<CommitResult> answer, StoredMerchant? knownWhenSent, PendingCommit? follows, bool canBeFollowed)
    {
        var chain = follows?.Chain ?? new CommitChain();
        chain.Length++;
        return newest = new PendingCommit(result, answer, chain, canBeFollowed, knownWhenSent);
    }

    /// <summary>Lets the next command be decided.</summary>
    public void EndTurn() => turn.Release();

    public void Dispose() => turn.Dispose();
}

/// <summary>Commits that were sent to the store without waiting for an answer, each conditional on the one before it.</summary>
internal sealed class CommitChain
{
    private volatile bool isBroken;

    public int Length { get; set; }

    /// <summary>Whether one of the commits was not stored. Those after it are not stored either.</summary>
    public bool IsBroken => isBroken;

    public void Break() => isBroken = true;
}

/// <summary>A commit that was sent to the store.</summary>
/// <param name="Result">The merchant as the commit leaves it, if it is stored.</param>
/// <param name="Answer">The answer of the store.</param>
/// <param name="Chain">The chain of the commit.</param>
/// <param name="CanBeFollowed">Whether the next commit may be sent before this one is answered.</param>
/// <param name="KnownWhenSent"><see cref="MerchantQueue.Known"/> before the commit was sent.</param>
internal sealed record PendingCommit(
    StoredMerchant Result, Task<CommitResult> Answer, CommitChain Chain, bool CanBeFollowed, StoredMerchant? KnownWhenSent)
{
    /// <summary>When it was sent, as a timestamp of the stopwatch.</summary>
    public long SentAt { get; } = Stopwatch.GetTimestamp();

    public bool IsAnswered => Answer.IsCompleted;

    /// <summary>Returns the answer of the store. If the commit was not stored, its chain ends.</summary>
    /// <exception cref="StoreUnavailableException">The commit may or may not have been stored.</exception>
    public async Task<CommitResult> GetAnswerAsync()
    {
        try
        {
            var answer = await Answer;
            if (!answer.Succeeded)
            {
                Chain.Break();
            }

            return answer;
        }
        catch
        {
            Chain.Break();
            throw;
        }
    }

    /// <summary>Waits for the answer of the store. True if the commit is stored.</summary>
    public async Task<bool> IsStoredAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAny(Answer).WaitAsync(cancellationToken);
        return Answer.IsCompletedSuccessfully && (await Answer).Succeeded;
    }
}
