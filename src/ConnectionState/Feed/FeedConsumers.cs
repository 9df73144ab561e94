using System.Collections.Immutable;
using ConnectionStateService.Store;

namespace ConnectionStateService.Feed;

/// <summary>The consumers of the feed: keeps their positions, and shares the partitions among their instances.</summary>
internal sealed class FeedConsumers(IFeedConsumers store, IStoreClock clock)
{
    // Instances of a consumer commit about once a second each. A conflict means that another one has committed.
    private const int MaxAttempts = 100;

    /// <summary>Commits positions.</summary>
    public Task<ImmutableArray<PositionOutcome>> CommitAsync(
        string consumer, string instance, IReadOnlyCollection<CommittedPlace> places, bool rewinds, CancellationToken cancellationToken) =>
        ChangeAsync(consumer, (state, now) => state.Commit(places, instance, rewinds, now), cancellationToken);

    /// <summary>Renews the leases of an instance.</summary>
    public Task<(HeldPartitions Held, ConsumerState State)> HoldAsync(
        string consumer, string instance, IReadOnlyCollection<int> released, CancellationToken cancellationToken) => ChangeAsync(
            consumer,
            (state, now) =>
            {
                var (changed, held) = state.Hold(instance, released, now);
                return (changed, (held, changed));
            },
            cancellationToken);

    /// <summary>Lets an instance leave.</summary>
    public Task LeaveAsync(string consumer, string instance, CancellationToken cancellationToken) =>
        ChangeAsync(consumer, (state, now) => (state.Leave(instance, now), true), cancellationToken);

    /// <summary>Reads all consumers, in the order of their names.</summary>
    public async Task<ImmutableArray<(string Name, ConsumerState State)>> ReadAllAsync(CancellationToken cancellationToken)
    {
        var all = await store.ReadConsumersAsync(cancellationToken);
        return [.. all.OrderBy(consumer => consumer.Key, StringComparer.Ordinal).Select(consumer => (consumer.Key, ConsumerCodec.Decode(consumer.Value)))];
    }

    private async Task<T> ChangeAsync<T>(
        string consumer, Func<ConsumerState, DateTimeOffset, (ConsumerState State, T Result)> change, CancellationToken cancellationToken)
    {
        var current = await store.ReadConsumerAsync(consumer, cancellationToken);
        for (var attempt = 0; attempt < MaxAttempts; attempt++)
        {
            var (state, result) = change(ConsumerCodec.Decode(current), await clock.GetTimeAsync(cancellationToken));
            var replacement = ConsumerCodec.Encode(state);
            var stored = await store.ReplaceConsumerAsync(consumer, current, replacement, cancellationToken);
            if (stored.AsSpan().SequenceEqual(replacement))
            {
                return result;
            }

            current = stored;
        }

        throw new StoreUnavailableException($"The consumer '{consumer}' changed all the time.");
    }
}
