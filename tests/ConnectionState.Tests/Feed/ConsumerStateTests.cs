using ConnectionStateService.Feed;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using FsCheck.Xunit;

namespace ConnectionStateService.Tests.Feed;

public sealed class ConsumerStateTests
{
    private static readonly DateTimeOffset Now = StoreSamples.Time;
    private static readonly int[] None = [];

    [Fact]
    public void A_position_is_kept_and_never_goes_back_unless_it_is_rewound()
    {
        var (state, outcomes) = ConsumerState.Empty.Commit([At(7, 10)], "", rewinds: false, Now);
        Assert.Equal([PositionOutcome.Committed], outcomes.AsEnumerable());

        (state, outcomes) = state.Commit([At(7, 9), At(8, 1), At(7, 10)], "", rewinds: false, Now);
        Assert.Equal([PositionOutcome.Behind, PositionOutcome.Committed, PositionOutcome.Committed], outcomes.AsEnumerable());
        Assert.Equal((10, 1), (state.Positions[7].Point.Number, state.Positions[8].Point.Number));

        (state, outcomes) = state.Commit([At(7, 9)], "", rewinds: true, Now);
        Assert.Equal([PositionOutcome.Committed], outcomes.AsEnumerable());
        Assert.Equal(9, state.Positions[7].Point.Number);
    }

    [Fact]
    public void A_single_instance_holds_all_partitions() =>
        Assert.Equal(Partition.Count, ConsumerState.Empty.Hold("one", None, Now).Held.Held.Length);

    [Fact]
    public void A_position_under_a_lease_of_another_instance_or_epoch_is_refused()
    {
        var (state, held) = ConsumerState.Empty.Hold("one", None, Now);
        var epoch = held.Held[7].Lease.Epoch;

        Assert.Equal([PositionOutcome.Committed], state.Commit([At(7, 1, epoch)], "one", false, Now).Outcomes.AsEnumerable());
        Assert.Equal([PositionOutcome.LeaseLost], state.Commit([At(7, 1, epoch)], "two", false, Now).Outcomes.AsEnumerable());
        Assert.Equal([PositionOutcome.LeaseLost], state.Commit([At(7, 1, epoch + 1)], "one", false, Now).Outcomes.AsEnumerable());
        Assert.Equal([PositionOutcome.LeaseLost], state.Commit([At(7, 1, epoch - 1)], "one", false, Now).Outcomes.AsEnumerable());

        // Without a lease, as an operator who rewinds a consumer: only while nobody holds the partition.
        Assert.Equal([PositionOutcome.LeaseLost], state.Commit([At(7, 1)], "", true, Now).Outcomes.AsEnumerable());
        Assert.Equal([PositionOutcome.Committed], state.Commit([At(7, 1)], "", true, Now + ConsumerState.LeaseDuration).Outcomes.AsEnumerable());
    }

    [Fact]
    public void A_partition_that_belongs_to_a_new_instance_moves_when_it_is_released()
    {
        var (state, first) = ConsumerState.Empty.Hold("one", None, Now);
        (state, var second) = state.Hold("two", None, Now);
        Assert.Empty(second.Held);

        (state, first) = state.Hold("one", None, Now.AddSeconds(1));
        Assert.Equal(Partition.Count, first.Held.Length);
        Assert.InRange(first.ToRelease.Length, 64, 192);
        (state, first) = state.Hold("one", first.ToRelease, Now.AddSeconds(1));
        Assert.Empty(first.ToRelease);
        (_, second) = state.Hold("two", None, Now.AddSeconds(1));

        Assert.Equal(Enumerable.Range(0, Partition.Count), first.Held.Concat(second.Held).Select(held => held.Partition).Order());
        Assert.All(second.Held, held => Assert.Equal(2, held.Lease.Epoch));
    }

    [Fact]
    public void A_partition_that_is_not_released_moves_when_its_lease_ends()
    {
        var (state, _) = ConsumerState.Empty.Hold("one", None, Now);
        (state, _) = state.Hold("two", None, Now.AddSeconds(5));
        (state, var first) = state.Hold("one", None, Now.AddSeconds(6));
        var moving = first.ToRelease[0];

        // The lease was not renewed.
        Assert.DoesNotContain(state.Hold("two", None, Now.AddSeconds(9.9)).Held.Held, held => held.Partition == moving);
        Assert.Contains(state.Hold("two", None, Now.AddSeconds(10)).Held.Held, held => held.Partition == moving);
    }

    [Fact]
    public void The_partitions_of_an_instance_that_stops_wait_for_it_for_the_grace_and_then_move()
    {
        var (state, _) = ConsumerState.Empty.Hold("one", None, Now);
        state = state.Leave("one", "", Now);

        Assert.Empty(state.Hold("two", None, Now.AddSeconds(4.9)).Held.Held);
        Assert.Equal(Partition.Count, state.Hold("two", None, Now + ConsumerState.Grace).Held.Held.Length);
        var (_, returned) = state.Hold("one", None, Now.AddSeconds(4.9));
        Assert.All(returned.Held, held => Assert.Equal(1, held.Lease.Epoch));
        Assert.Equal(Partition.Count, returned.Held.Length);
    }

    [Fact]
    public void The_partitions_of_an_instance_that_is_not_heard_of_move_when_its_leases_end()
    {
        var (state, _) = ConsumerState.Empty.Hold("one", None, Now);

        Assert.Empty(state.Hold("two", None, Now.AddSeconds(9.9)).Held.Held);
        Assert.NotEmpty(state.Hold("two", None, Now.AddSeconds(10)).Held.Held);
        Assert.Equal(Partition.Count, state.Hold("two", None, Now.AddSeconds(10.1)).Held.Held.Length);
    }

    [Fact]
    public void A_second_process_of_a_name_holds_nothing_before_the_first_has_left_or_its_leases_have_ended()
    {
        var (state, _) = ConsumerState.Empty.Hold("one", None, Now, "first");
        (state, var second) = state.Hold("one", None, Now.AddSeconds(1), "second");
        Assert.Empty(second.Held);
        Assert.Empty(state.Hold("one", None, Now.AddSeconds(9.9), "second").Held.Held);

        // It was killed.
        (var taken, second) = state.Hold("one", None, Now.AddSeconds(10), "second");
        Assert.Equal(Partition.Count, second.Held.Length);
        Assert.All(second.Held, held => Assert.Equal(2, held.Lease.Epoch));
        Assert.Equal([PositionOutcome.LeaseLost], taken.Commit([At(7, 1, 1)], "one", false, Now.AddSeconds(10)).Outcomes.AsEnumerable());

        // It stopped: the process that comes after it need not wait.
        (_, second) = state.Leave("one", "first", Now.AddSeconds(2)).Hold("one", None, Now.AddSeconds(2), "second");
        Assert.Equal(Partition.Count, second.Held.Length);
    }

    [Fact]
    public void A_process_that_leaves_takes_nothing_from_another_one_of_its_name()
    {
        var (state, _) = ConsumerState.Empty.Hold("one", None, Now, "first");

        state = state.Leave("one", "second", Now);

        Assert.Equal(Partition.Count, state.Hold("one", None, Now.AddSeconds(9), "first").Held.Held.Length);
    }

    [Fact]
    public void One_instance_more_than_the_maximum_is_refused_until_one_is_not_heard_of()
    {
        var state = ConsumerState.Empty;
        for (var n = 0; n < ConsumerState.MaxInstances; n++)
        {
            (state, _) = state.Hold($"i{n}", None, Now.AddSeconds(n == 0 ? 0 : 1));
        }

        Assert.Null(state.Hold("one-more", "", None, Now.AddSeconds(2)).Held);
        Assert.NotNull(state.Hold("i7", "", None, Now.AddSeconds(2)).Held);
        Assert.NotNull(state.Hold("one-more", "", None, Now.AddSeconds(10.5)).Held);
    }

    [Property(MaxTest = 1_000)]
    public void Whatever_processes_do_a_partition_has_one_holder_and_its_epoch_rises_with_each_new_one(Move[] moves)
    {
        var (state, now) = (ConsumerState.Empty, Now);
        var known = new Dictionary<string, HeldPartitions>();
        var holders = new Dictionary<(int Partition, long Epoch), string>();
        foreach (var (number, action) in moves)
        {
            // Two processes have each name.
            var (instance, session) = ($"i{number % 3}", $"s{number / 3 % 2}");
            var process = $"{instance}/{session}";
            var mine = known.GetValueOrDefault(process);
            if (action % 4 == 3)
            {
                state = state.Leave(instance, session, now);
                known.Remove(process);
            }
            else
            {
                (state, mine) = state.Hold(instance, action % 2 == 0 && mine is not null ? mine.ToRelease : None, now, session);
                known[process] = mine;
                foreach (var (partition, lease) in mine.Held)
                {
                    // Nobody had that epoch before but this process.
                    Assert.Equal(process, holders.GetValueOrDefault((partition, lease.Epoch), process));
                    holders[(partition, lease.Epoch)] = process;
                }
            }

            now += TimeSpan.FromSeconds(action % 5);
            var valid = known.Values.SelectMany(held => held.Held).Where(held => held.Lease.Until > now).Select(held => held.Partition).ToList();
            Assert.Equal(valid.Distinct().Count(), valid.Count);
        }
    }

    [Fact]
    public void A_consumer_is_decoded_as_it_was_encoded()
    {
        var (state, _) = ConsumerState.Empty.Hold("one", None, Now, "session");
        (state, _) = state.Commit([At(7, 5, 1), At(255, 6, 1)], "one", false, Now.AddTicks(3));

        var decoded = ConsumerCodec.Decode(ConsumerCodec.Encode(state));

        Assert.Equal(state.Positions, decoded.Positions);
        Assert.Equal(state.Leases, decoded.Leases);
        Assert.Equal(state.Instances, decoded.Instances);
        Assert.Equal(ConsumerState.Empty.Leases, ConsumerCodec.Decode([]).Leases);
    }

    public sealed record Move(byte Instance, byte Action);

    private static PositionToCommit At(int partition, long number, long epoch = 0) => new(new(partition, new(number, (ulong)number)), epoch);
}

/// <summary>Holds partitions, which must be allowed.</summary>
internal static class ConsumerStateExtensions
{
    public static (ConsumerState State, HeldPartitions Held) Hold(
        this ConsumerState state, string instance, IReadOnlyCollection<int> released, DateTimeOffset now, string session = "")
    {
        var (changed, held) = state.Hold(instance, session, released, now);
        Assert.NotNull(held);
        return (changed, held);
    }
}
