using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Tests.Support;

/// <summary>
/// A store with the test in between: the test sees every call before the store does, and every answer before the caller. Throwing
/// before a call is an outage, throwing after it a lost answer.
/// </summary>
internal sealed class InterceptedStore(IConnectionStore inner) : IConnectionStore, IAsyncDisposable
{
    /// <summary>Runs before each call, with the method's name.</summary>
    public Func<string, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>Runs after each call that did not fail, with the method's name.</summary>
    public Func<string, Task> After { get; set; } = _ => Task.CompletedTask;

    /// <summary>A clock in place of the store's.</summary>
    public Func<DateTimeOffset>? Time { get; set; }

    /// <summary>Whether notifications of commits get lost.</summary>
    public bool IsDeaf { get; set; }

    /// <summary>What is remembered of a merchant in place of what the store remembers.</summary>
    public Func<string, StoredMerchant?>? Memory { get; set; }

    /// <summary>Says that notifications may have been lost.</summary>
    public Action Miss { get; private set; } = () => { };

    public string Description => inner.Description;

    public Task OpenAsync(CancellationToken cancellationToken) => inner.OpenAsync(cancellationToken);

    public async Task CheckAsync(CancellationToken cancellationToken) =>
        await PassAsync(() => inner.CheckAsync(cancellationToken));

    public async ValueTask<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken) =>
        await PassAsync(() => Time is { } time ? new(time()) : inner.GetTimeAsync(cancellationToken));

    public StoredMerchant? TryGetCached(string merchantId) => Memory is { } memory ? memory(merchantId) : inner.TryGetCached(merchantId);

    public async ValueTask<StoredMerchant> ReadAsync(string merchantId, CancellationToken cancellationToken) =>
        await PassAsync(() => inner.ReadAsync(merchantId, cancellationToken));

    public async ValueTask<CommitResult> CommitAsync(CommitRequest request, CancellationToken cancellationToken) =>
        await PassAsync(() => inner.CommitAsync(request, cancellationToken));

    public async ValueTask<ImmutableArray<Commit>> ReadCommitsAsync(
        string merchantId, long afterRevision, int limit, CancellationToken cancellationToken) =>
        await PassAsync(() => inner.ReadCommitsAsync(merchantId, afterRevision, limit, cancellationToken));

    public async ValueTask<ImmutableArray<HistoryPosition?>> ReadPositionsAsync(
        ImmutableArray<string> merchantIds, CancellationToken cancellationToken) =>
        await PassAsync(() => inner.ReadPositionsAsync(merchantIds, cancellationToken));

    public IDisposable Listen(Action<string> heard, Action missed)
    {
        Miss += missed;
        return inner.Listen(
            merchantId =>
            {
                if (!IsDeaf)
                {
                    heard(merchantId);
                }
            },
            missed);
    }

    public async ValueTask<ImmutableArray<string>> FindMerchantsAsync(PageRef page, CancellationToken cancellationToken) =>
        await PassAsync(() => inner.FindMerchantsAsync(page, cancellationToken));

    public async ValueTask<ImmutableArray<DueMerchant>> FindDueAsync(int limit, CancellationToken cancellationToken) =>
        await PassAsync(() => inner.FindDueAsync(limit, cancellationToken));

    public async ValueTask RescheduleAsync(DueMerchant due, DateTimeOffset? deadline, CancellationToken cancellationToken) =>
        await PassAsync(() => inner.RescheduleAsync(due, deadline, cancellationToken).AsTask());

    public async ValueTask<ImmutableArray<Claim>> FindClaimsAsync(
        DateTimeOffset grantedBefore, int limit, CancellationToken cancellationToken) =>
        await PassAsync(() => inner.FindClaimsAsync(grantedBefore, limit, cancellationToken));

    public async ValueTask RemoveClaimAsync(Claim claim, CancellationToken cancellationToken) =>
        await PassAsync(() => inner.RemoveClaimAsync(claim, cancellationToken).AsTask());

    public async ValueTask DisposeAsync()
    {
        if (inner is IAsyncDisposable disposable)
        {
            await disposable.DisposeAsync();
        }
    }

    private async Task PassAsync(Func<Task> call, [CallerMemberName] string method = "")
    {
        await Before(method);
        await call();
        await After(method);
    }

    private async Task<T> PassAsync<T>(Func<ValueTask<T>> call, [CallerMemberName] string method = "")
    {
        await Before(method);
        var answer = await call();
        await After(method);
        return answer;
    }
}
