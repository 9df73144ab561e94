using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Tests.Support;

/// <summary>
/// Wraps a store and lets a test intercept every call. An exception before a call simulates an outage, an exception after it a lost
/// answer.
/// </summary>
internal sealed class InterceptedStore(IConnectionStore inner) : IConnectionStore, IAsyncDisposable
{
    private int commitsRead;

    /// <summary>The number of commits that were read from histories.</summary>
    public int CommitsRead => commitsRead;

    /// <summary>Called before each call, with the method's name.</summary>
    public Func<string, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>Called after each successful call, with the method's name.</summary>
    public Func<string, Task> After { get; set; } = _ => Task.CompletedTask;

    /// <summary>Replaces the store's clock, if set.</summary>
    public Func<DateTimeOffset>? Time { get; set; }

    /// <summary>Which lanes of the feed cannot be read, as those of a lost shard.</summary>
    public Func<int, bool> IsLaneDown { get; set; } = _ => false;

    /// <summary>The lanes of each read of spans.</summary>
    public ConcurrentBag<ImmutableArray<int>> LanesRead { get; } = [];

    /// <summary>Whether commit notifications are dropped.</summary>
    public bool DropsNotifications { get; set; }

    /// <summary>Replaces the store's cache, if set.</summary>
    public Func<string, StoredMerchant?>? Cache { get; set; }

    /// <summary>Replaces the positions that the store has read for the merchants, if set.</summary>
    public Func<ImmutableArray<string>, ImmutableArray<HistoryPosition?>, ImmutableArray<HistoryPosition?>>? Positions { get; set; }

    /// <summary>Replaces the store's promise to keep the order of commits, if set.</summary>
    public Func<CommitRequest, bool>? Order { get; set; }

    /// <summary>Tells the subscribers that notifications may have been lost.</summary>
    public Action NotifyMissed { get; private set; } = () => { };

    public string Description => inner.Description;

    public Task OpenAsync(CancellationToken cancellationToken) => inner.OpenAsync(cancellationToken);

    public async Task CheckAsync(CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.CheckAsync(cancellationToken));

    public async ValueTask<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken) =>
        await InterceptAsync(() => Time is { } time ? new(time()) : inner.GetTimeAsync(cancellationToken));

    public TimeSpan EstimateAge(DateTimeOffset time) => Time is { } now ? now() - time : inner.EstimateAge(time);

    public StoredMerchant? TryGetCached(string merchantId) => Cache is { } cache ? cache(merchantId) : inner.TryGetCached(merchantId);

    public async ValueTask<StoredMerchant> ReadAsync(string merchantId, MerchantParts parts, CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.ReadAsync(merchantId, parts, cancellationToken));

    public async ValueTask<ImmutableArray<MerchantRead>> ReadManyAsync(
        ImmutableArray<string> merchantIds, MerchantParts parts, CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.ReadManyAsync(merchantIds, parts, cancellationToken));

    public bool KeepsOrder(CommitRequest request) => Order is { } order ? order(request) : inner.KeepsOrder(request);

    public async ValueTask<CommitResult> CommitAsync(CommitRequest request, CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.CommitAsync(request, cancellationToken));

    public async ValueTask<bool> RemoveAsync(StoredMerchant erased, CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.RemoveAsync(erased, cancellationToken));

    public async ValueTask<ImmutableArray<Commit>> ReadCommitsAsync(
        string merchantId, long afterRevision, int limit, CancellationToken cancellationToken)
    {
        var commits = await InterceptAsync(() => inner.ReadCommitsAsync(merchantId, afterRevision, limit, cancellationToken));
        Interlocked.Add(ref commitsRead, commits.Length);
        return commits;
    }

    public async ValueTask<ImmutableArray<HistoryPosition?>> ReadPositionsAsync(
        ImmutableArray<string> merchantIds, CancellationToken cancellationToken)
    {
        var read = await InterceptAsync(() => inner.ReadPositionsAsync(merchantIds, cancellationToken));
        return Positions is { } replace ? replace(merchantIds, read) : read;
    }

    public IDisposable Subscribe(Action<string> onCommit, Action onMissed)
    {
        NotifyMissed += onMissed;
        return inner.Subscribe(
            merchantId =>
            {
                if (!DropsNotifications)
                {
                    onCommit(merchantId);
                }
            },
            onMissed);
    }

    public int FeedLanes => inner.FeedLanes;

    public async ValueTask<ImmutableArray<FeedEntry>> ReadFeedAsync(int lane, long from, int limit, CancellationToken cancellationToken) =>
        await InterceptAsync(() => IsLaneDown(lane) ? throw new StoreUnavailableException("a lost shard") : inner.ReadFeedAsync(lane, from, limit, cancellationToken));

    public async ValueTask<ImmutableArray<FeedSpan?>> ReadFeedSpansAsync(ImmutableArray<int> lanes, CancellationToken cancellationToken)
    {
        LanesRead.Add(lanes);
        var spans = await InterceptAsync(() => inner.ReadFeedSpansAsync(lanes, cancellationToken));
        return lanes.All(IsLaneDown) ? throw new StoreUnavailableException("a lost shard")
            : [.. lanes.Zip(spans, (lane, span) => IsLaneDown(lane) ? null : span)];
    }

    public async ValueTask<ImmutableArray<string>> ReadDirectoryAsync(int partition, string after, int limit, CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.ReadDirectoryAsync(partition, after, limit, cancellationToken));

    public async ValueTask<ImmutableDictionary<ListedKind, long>> ReadTallyAsync(CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.ReadTallyAsync(cancellationToken));

    public async ValueTask<ImmutableDictionary<LossDay, long>> ReadLossesAsync(DateOnly from, DateOnly to, CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.ReadLossesAsync(from, to, cancellationToken));

    public async ValueTask<ImmutableArray<string>> ReadMerchantIdsAsync(
        string prefix, string after, int limit, CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.ReadMerchantIdsAsync(prefix, after, limit, cancellationToken));

    public async ValueTask<ImmutableArray<LostConnection>> ReadLostAsync(
        ImmutableArray<LostKind> kinds, LostConnection after, int limit, CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.ReadLostAsync(kinds, after, limit, cancellationToken));

    public async ValueTask<byte[]> ReadConsumerAsync(string consumer, CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.ReadConsumerAsync(consumer, cancellationToken));

    public async ValueTask<byte[]?> ReplaceConsumerAsync(string consumer, byte[] expected, byte[] replacement, CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.ReplaceConsumerAsync(consumer, expected, replacement, cancellationToken));

    public async ValueTask<ImmutableArray<(string Name, byte[] State)>> ReadConsumersAsync(string after, int limit, CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.ReadConsumersAsync(after, limit, cancellationToken));

    public async ValueTask<ImmutableArray<string>> FindMerchantsAsync(PageRef page, CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.FindMerchantsAsync(page, cancellationToken));

    public async ValueTask<ImmutableArray<string>> FindMerchantsAsync(AccountRef account, CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.FindMerchantsAsync(account, cancellationToken));

    public async ValueTask<PageHold?> ReadHoldAsync(PageRef page, CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.ReadHoldAsync(page, cancellationToken));

    public async ValueTask<PageHold?> RegisterAsync(
        PageRef page, PageHold hold, ulong expectedHoldId, CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.RegisterAsync(page, hold, expectedHoldId, cancellationToken));

    public void Join() => inner.Join();

    public Task LeaveAsync() => inner.LeaveAsync();

    public ValueTask WaitForDueAsync(CancellationToken cancellationToken) => inner.WaitForDueAsync(cancellationToken);

    public async ValueTask<ImmutableArray<DueMerchant>> FindDueAsync(int limit, CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.FindDueAsync(limit, cancellationToken));

    public async ValueTask RescheduleAsync(DueMerchant due, DateTimeOffset? deadline, CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.RescheduleAsync(due, deadline, cancellationToken).AsTask());

    public async IAsyncEnumerable<Claim> FindClaimsAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Before(nameof(FindClaimsAsync));
        await foreach (var claim in inner.FindClaimsAsync(cancellationToken))
        {
            yield return claim;
        }

        await After(nameof(FindClaimsAsync));
    }

    public async ValueTask<bool> HasClaimAsync(string merchantId, PageRef page, CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.HasClaimAsync(merchantId, page, cancellationToken));

    public async ValueTask RemoveClaimAsync(Claim claim, CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.RemoveClaimAsync(claim, cancellationToken).AsTask());

    public async ValueTask<byte[]> ReadSigningKeysAsync(CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.ReadSigningKeysAsync(cancellationToken));

    public async ValueTask<byte[]> ReplaceSigningKeysAsync(byte[] expected, byte[] replacement, CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.ReplaceSigningKeysAsync(expected, replacement, cancellationToken));

    public async ValueTask AddRevocationAsync(Revocation revocation, DateTimeOffset forgetBefore, CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.AddRevocationAsync(revocation, forgetBefore, cancellationToken).AsTask());

    public async ValueTask<ImmutableArray<Revocation>> ReadRevocationsAsync(CancellationToken cancellationToken) =>
        await InterceptAsync(() => inner.ReadRevocationsAsync(cancellationToken));

    public IDisposable SubscribeRevocations(Action onRevoked) =>
        inner.SubscribeRevocations(() =>
        {
            if (!DropsNotifications)
            {
                onRevoked();
            }
        });

    public async ValueTask DisposeAsync()
    {
        if (inner is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
    }

    private async Task InterceptAsync(Func<Task> call, [CallerMemberName] string method = "")
    {
        await Before(method);
        await call();
        await After(method);
    }

    private async Task<T> InterceptAsync<T>(Func<ValueTask<T>> call, [CallerMemberName] string method = "")
    {
        await Before(method);
        var result = await call();
        await After(method);
        return result;
    }
}
