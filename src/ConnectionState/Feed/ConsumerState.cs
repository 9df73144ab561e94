using System.Collections.Immutable;
using System.IO.Hashing;
using System.Text;
using ConnectionStateService.Store;

namespace ConnectionStateService.Feed;

/// <summary>A position that a consumer has committed.</summary>
/// <param name="Point">The position.</param>
/// <param name="At">When it was committed.</param>
internal sealed record ConsumerPosition(FeedPoint Point, DateTimeOffset At);

/// <summary>Who may process a partition.</summary>
/// <param name="Epoch">Rises each time when the partition gets another holder. It never falls, also while nobody holds it.</param>
/// <param name="Instance">The holder, or empty if it was released.</param>
/// <param name="Session">Which process of that name holds it; empty if it has left, or gave none.</param>
/// <param name="Until">When the lease ends unless it is renewed.</param>
internal sealed record ConsumerLease(long Epoch, string Instance, string Session, DateTimeOffset Until);

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
/// <param name="Position">The position.</param>
/// <param name="Epoch">The epoch of the lease under which the commits before it were processed, or 0 for none.</param>
internal readonly record struct PositionToCommit(PartitionPoint Position, long Epoch);

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

    /// <summary>The maximum number of living instances. Of more than there are partitions, some would have nothing to do.</summary>
    public const int MaxInstances = Partition.Count;

    /// <summary>Nothing. The consumer that it is stored for is removed.</summary>
    public static readonly ConsumerState Empty = new();

    public ImmutableSortedDictionary<int, ConsumerPosition> Positions { get; init; } = ImmutableSortedDictionary<int, ConsumerPosition>.Empty;

    public ImmutableSortedDictionary<int, ConsumerLease> Leases { get; init; } = ImmutableSortedDictionary<int, ConsumerLease>.Empty;

    /// <summary>When each instance was heard of last.</summary>
    public ImmutableSortedDictionary<string, DateTimeOffset> Instances { get; init; } =
        ImmutableSortedDictionary.Create<string, DateTimeOffset>(StringComparer.Ordinal);

    /// <summary>Commits positions: each on its own.</summary>
    /// <param name="committed">The positions.</param>
    /// <param name="instance">The instance that commits them, or empty if it holds no leases.</param>
    /// <param name="rewinds">Whether a position may be before the one that is kept.</param>
    /// <param name="now">The time.</param>
    public (ConsumerState State, ImmutableArray<PositionOutcome> Outcomes) Commit(
        IEnumerable<PositionToCommit> committed, string instance, bool rewinds, DateTimeOffset now)
    {
        var positions = Positions.ToBuilder();
        var outcomes = ImmutableArray.CreateBuilder<PositionOutcome>();
        foreach (var (position, epoch) in committed)
        {
            var outcome = Judge(position, epoch, instance, rewinds, positions.GetValueOrDefault(position.Partition), now);
            outcomes.Add(outcome);
            if (outcome is PositionOutcome.Committed)
            {
                positions[position.Partition] = new(position.Point, now);
            }
        }

        return (this with { Positions = positions.ToImmutable() }, outcomes.ToImmutable());
    }

    /// <summary>
    /// Renews the leases of an instance, and gives it partitions that are its own and that nobody holds. Another process of the same name holds its
    /// partitions until its leases end.
    /// </summary>
    /// <param name="instance">The instance.</param>
    /// <param name="session">Which process of that name it is, or empty.</param>
    /// <param name="released">Partitions that it no longer processes.</param>
    /// <param name="now">The time.</param>
    /// <returns>The partitions that it holds; null if it would be one instance more than <see cref="MaxInstances"/>.</returns>
    public (ConsumerState State, HeldPartitions? Held) Hold(string instance, string session, IReadOnlyCollection<int> released, DateTimeOffset now)
    {
        var instances = Instances.RemoveRange(Instances.Where(seen => seen.Value + LeaseDuration < now).Select(seen => seen.Key)).SetItem(instance, now);
        if (instances.Count > MaxInstances)
        {
            return (this, null);
        }

        var leases = Leases.ToBuilder();
        var held = ImmutableArray.CreateBuilder<(int, ConsumerLease)>();
        var toRelease = ImmutableArray.CreateBuilder<int>();
        for (var partition = 0; partition < Partition.Count; partition++)
        {
            var lease = leases.GetValueOrDefault(partition);
            var isHolder = lease?.Instance == instance && lease.Session == session;
            if (isHolder && released.Contains(partition))
            {
                lease = leases[partition] = lease! with { Instance = "", Session = "", Until = now };
            }

            var isMine = isHolder && lease!.Until > now;
            if (OwnerOf(partition, instances.Keys) == instance)
            {
                // What a process of this name has left waits for this one.
                if (isMine || lease is null || lease.Until <= now || (lease.Instance == instance && lease.Session.Length == 0))
                {
                    leases[partition] = new ConsumerLease(isMine ? lease!.Epoch : (lease?.Epoch ?? 0) + 1, instance, session, now + LeaseDuration);
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
    public ConsumerState Leave(string instance, string session, DateTimeOffset now) => this with
    {
        Instances = Instances.Remove(instance),
        Leases = Leases.SetItems(Leases
            .Where(lease => lease.Value.Instance == instance && lease.Value.Session == session)
            .Select(lease => KeyValuePair.Create(
                lease.Key, lease.Value with { Session = "", Until = lease.Value.Until < now + Grace ? lease.Value.Until : now + Grace }))),
    };

    /// <summary>Returns the instances that hold a valid lease.</summary>
    public ImmutableArray<string> HoldersAt(DateTimeOffset now) =>
        [.. Leases.Values.Where(lease => lease.Instance.Length > 0 && lease.Until > now).Select(lease => lease.Instance).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Returns the instance that a partition belongs to: that with the highest hash, so that few partitions move when one comes or goes.</summary>
    public static string OwnerOf(int partition, IEnumerable<string> instances) =>
        instances.MaxBy(instance => (XxHash3.HashToUInt64(Encoding.UTF8.GetBytes($"{partition}/{instance}")), instance)) ?? "";

    private PositionOutcome Judge(PartitionPoint position, long epoch, string instance, bool rewinds, ConsumerPosition? kept, DateTimeOffset now)
    {
        var lease = Leases.GetValueOrDefault(position.Partition);
        var isFree = lease is null || lease.Instance.Length == 0 || lease.Until <= now;
        if (epoch == 0 ? !isFree : lease?.Epoch != epoch || lease.Instance != instance)
        {
            return PositionOutcome.LeaseLost;
        }

        return !rewinds && kept is not null && position.Point.Number < kept.Point.Number ? PositionOutcome.Behind : PositionOutcome.Committed;
    }
}
