using System.Collections.Immutable;
using System.IO.Hashing;
using System.Text;
using ConnectionStateService.Store;

namespace ConnectionStateService.Feed;

/// <summary>A position that a consumer has committed.</summary>
/// <param name="Point">The place.</param>
/// <param name="At">When it was committed.</param>
internal sealed record ConsumerPosition(FeedPoint Point, DateTimeOffset At);

/// <summary>Who may process a partition.</summary>
/// <param name="Epoch">Rises each time when the partition gets another holder. It never falls, also while nobody holds it.</param>
/// <param name="Instance">The holder, or empty if it was released.</param>
/// <param name="Until">When the lease ends unless it is renewed.</param>
internal sealed record ConsumerLease(long Epoch, string Instance, DateTimeOffset Until);

/// <summary>What became of a position that was to be committed. The numbers equal those of the API.</summary>
internal enum PositionOutcome
{
    /// <summary>It is kept.</summary>
    Committed = 1,

    /// <summary>Another instance holds the partition.</summary>
    LeaseLost = 2,

    /// <summary>A later position was kept before.</summary>
    Behind = 3,
}

/// <summary>A position to commit.</summary>
/// <param name="Place">The place.</param>
/// <param name="Epoch">The epoch of the lease under which the commits before it were processed, or 0 for none.</param>
internal readonly record struct CommittedPlace(PartitionPoint Place, long Epoch);

/// <summary>What an instance of a consumer may process.</summary>
/// <param name="Held">The partitions that it holds.</param>
/// <param name="ToRelease">Those of them that belong to another instance now: it should finish what it processes, and release them.</param>
internal sealed record HeldPartitions(ImmutableArray<(int Partition, ConsumerLease Lease)> Held, ImmutableArray<int> ToRelease);

/// <summary>
/// What is kept of one consumer: its positions, its living instances, and who of them holds which partition. Immutable and pure: each change is a new
/// state, which the store keeps if nobody has changed the consumer meanwhile.
/// </summary>
internal sealed record ConsumerState
{
    /// <summary>How long a lease lasts after it was renewed.</summary>
    public static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(10);

    /// <summary>How long the partitions of an instance that has left wait for it: a restart should not move them.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    public static readonly ConsumerState Empty = new();

    public ImmutableSortedDictionary<int, ConsumerPosition> Positions { get; init; } = ImmutableSortedDictionary<int, ConsumerPosition>.Empty;

    public ImmutableSortedDictionary<int, ConsumerLease> Leases { get; init; } = ImmutableSortedDictionary<int, ConsumerLease>.Empty;

    /// <summary>When each instance was heard of last.</summary>
    public ImmutableSortedDictionary<string, DateTimeOffset> Instances { get; init; } =
        ImmutableSortedDictionary.Create<string, DateTimeOffset>(StringComparer.Ordinal);

    /// <summary>Commits positions: each on its own.</summary>
    /// <param name="places">The positions.</param>
    /// <param name="instance">The instance that commits them, or empty if it holds no leases.</param>
    /// <param name="rewinds">Whether a position may be before the one that is kept.</param>
    /// <param name="now">The time.</param>
    public (ConsumerState State, ImmutableArray<PositionOutcome> Outcomes) Commit(
        IEnumerable<CommittedPlace> places, string instance, bool rewinds, DateTimeOffset now)
    {
        var positions = Positions.ToBuilder();
        var outcomes = ImmutableArray.CreateBuilder<PositionOutcome>();
        foreach (var (place, epoch) in places)
        {
            var outcome = Judge(place, epoch, instance, rewinds, positions.GetValueOrDefault(place.Partition), now);
            outcomes.Add(outcome);
            if (outcome is PositionOutcome.Committed)
            {
                positions[place.Partition] = new(place.Point, now);
            }
        }

        return (this with { Positions = positions.ToImmutable() }, outcomes.ToImmutable());
    }

    /// <summary>Renews the leases of an instance, and gives it partitions that are its own and that nobody holds.</summary>
    /// <param name="instance">The instance.</param>
    /// <param name="released">Partitions that it no longer processes.</param>
    /// <param name="now">The time.</param>
    public (ConsumerState State, HeldPartitions Held) Hold(string instance, IReadOnlyCollection<int> released, DateTimeOffset now)
    {
        var instances = Instances.RemoveRange(Instances.Where(seen => seen.Value + LeaseDuration < now).Select(seen => seen.Key)).SetItem(instance, now);
        var leases = Leases.ToBuilder();
        var held = ImmutableArray.CreateBuilder<(int, ConsumerLease)>();
        var toRelease = ImmutableArray.CreateBuilder<int>();
        for (var partition = 0; partition < Partition.Count; partition++)
        {
            var lease = leases.GetValueOrDefault(partition);
            if (lease?.Instance == instance && released.Contains(partition))
            {
                lease = leases[partition] = lease with { Instance = "", Until = now };
            }

            var isMine = lease?.Instance == instance && lease.Until > now;
            if (OwnerOf(partition, instances.Keys) == instance)
            {
                if (isMine || lease is null || lease.Until <= now)
                {
                    leases[partition] = new ConsumerLease(isMine ? lease!.Epoch : (lease?.Epoch ?? 0) + 1, instance, now + LeaseDuration);
                    held.Add((partition, leases[partition]));
                }
            }
            else if (isMine)
            {
                // Not renewed: an instance that does not release it loses it when the lease ends.
                held.Add((partition, lease!));
                toRelease.Add(partition);
            }
        }

        return (this with { Instances = instances, Leases = leases.ToImmutable() }, new(held.ToImmutable(), toRelease.ToImmutable()));
    }

    /// <summary>Lets an instance leave. Its partitions wait for it for <see cref="Grace"/>.</summary>
    public ConsumerState Leave(string instance, DateTimeOffset now) => this with
    {
        Instances = Instances.Remove(instance),
        Leases = Leases.SetItems(Leases
            .Where(lease => lease.Value.Instance == instance && lease.Value.Until > now + Grace)
            .Select(lease => KeyValuePair.Create(lease.Key, lease.Value with { Until = now + Grace }))),
    };

    /// <summary>Returns the instance that a partition belongs to: that with the highest hash, so that few partitions move when one comes or goes.</summary>
    public static string OwnerOf(int partition, IEnumerable<string> instances) =>
        instances.MaxBy(instance => (XxHash3.HashToUInt64(Encoding.UTF8.GetBytes($"{partition}/{instance}")), instance)) ?? "";

    private PositionOutcome Judge(PartitionPoint place, long epoch, string instance, bool rewinds, ConsumerPosition? kept, DateTimeOffset now)
    {
        var lease = Leases.GetValueOrDefault(place.Partition);
        var isFree = lease is null || lease.Instance.Length == 0 || lease.Until <= now;
        if (epoch == 0 ? !isFree : lease?.Epoch != epoch || lease.Instance != instance)
        {
            return PositionOutcome.LeaseLost;
        }

        return !rewinds && kept is not null && place.Point.Number < kept.Point.Number ? PositionOutcome.Behind : PositionOutcome.Committed;
    }
}
