using System.Collections.Immutable;
using ConnectionStateService.Store;

namespace ConnectionStateService.Feed;

/// <summary>The consumers of the feed: keeps their positions, and shares the partitions among their instances.</summary>
internal sealed class FeedConsumers(IFeedConsumers store, IStoreClock clock)
{
    // Instances of a consumer commit about once a second each. A conflict means that another one has committed.
    private const int MaxAttempts = 100;

    /// <summary>Commits positions.</summary>
    public Task<(FeedFault? Fault, ImmutableArray<PositionOutcome> Outcomes)> CommitAsync(
        string consumer, string instance, IReadOnlyCollection<PositionToCommit> committed, bool rewinds, CancellationToken cancellationToken) =>
        ChangeAsync<ImmutableArray<PositionOutcome>>(
            consumer,
            (state, now) =>
            {
                var (changed, outcomes) = state.Commit(committed, instance, rewinds, now);
                return (changed, null, outcomes);
            },
            cancellationToken);

    /// <summary>Renews the leases of an instance.</summary>
    public Task<(FeedFault? Fault, (HeldPartitions Held, ConsumerState State) Result)> HoldAsync(
        string consumer, string instance, string session, IReadOnlyCollection<int> released, CancellationToken cancellationToken) =>
        ChangeAsync<(HeldPartitions Held, ConsumerState State)>(
            consumer,
            (state, now) =>
            {
                var (changed, held) = state.Hold(instance, session, released, now);
                var fault = held is null ? new FeedFault.FeedConsumerLimitExceeded(ConsumerLimitScope.Instances, ConsumerState.MaxInstances) : null;
                return (changed, fault, (held!, changed));
            },
            cancellationToken);

    /// <summary>Lets an instance leave.</summary>
    public Task LeaveAsync(string consumer, string instance, string session, CancellationToken cancellationToken) =>
        ChangeAsync<bool>(consumer, (state, now) => (state.Leave(instance, session, now), null, true), cancellationToken);

    /// <summary>Removes a consumer, unless instances hold partitions.</summary>
    /// <param name="consumer">The consumer.</param>
    /// <param name="force">Whether it is removed nevertheless.</param>
    /// <param name="cancellationToken">Cancels the removal.</param>
    /// <returns>Why it cannot be removed; or whether there was one.</returns>
    public Task<(FeedFault? Fault, bool WasKnown)> RemoveAsync(string consumer, bool force, CancellationToken cancellationToken) => ChangeAsync<bool>(
        consumer,
        (state, now) =>
        {
            var holders = state.HoldersAt(now);
            var fault = holders.IsEmpty || force ? null : new FeedFault.FeedConsumerInUse(consumer, holders);
            return (ConsumerState.Empty, fault, ConsumerCodec.Encode(state).Length > 0);
        },
        cancellationToken);

    /// <summary>Reads consumers after a name, in the order of their names.</summary>
    public async Task<ImmutableArray<(string Name, ConsumerState State)>> ReadAsync(string after, int limit, CancellationToken cancellationToken) =>
        [.. (await store.ReadConsumersAsync(after, limit, cancellationToken)).Select(consumer => (consumer.Name, ConsumerCodec.Decode(consumer.State)))];

    // A fault changes nothing.
    private async Task<(FeedFault? Fault, T Result)> ChangeAsync<T>(
        string consumer,
        Func<ConsumerState, DateTimeOffset, (ConsumerState State, FeedFault? Fault, T Result)> change,
        CancellationToken cancellationToken)
    {
        var current = await store.ReadConsumerAsync(consumer, cancellationToken);
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var (state, fault, result) = change(ConsumerCodec.Decode(current), await clock.GetTimeAsync(cancellationToken));
            if (fault is not null)
            {
                return (fault, result);
            }

            var replacement = ConsumerCodec.Encode(state);
            var stored = await store.ReplaceConsumerAsync(consumer, current, replacement, cancellationToken);
            if (stored is null)
            {
                return (new FeedFault.FeedConsumerLimitExceeded(ConsumerLimitScope.Consumers, IFeedConsumers.MaxConsumers), result);
            }

            if (stored.AsSpan().SequenceEqual(replacement))
            {
                return (null, result);
            }

            current = stored;
        }

        throw new StoreUnavailableException($"The consumer '{consumer}' changed all the time.");
    }
}
