using Pipelines.Sockets.Unofficial;
using Pipelines.Sockets.Unofficial.Arenas;

namespace ConnectionState.Tests.StandIns;

/// <summary>What the Redis client relies on when it takes a reply apart.</summary>
public sealed class ArenaTests : IDisposable
{
    private readonly Arena<int> arena = new(new ArenaOptions(blockSizeBytes: 64));

    [Fact]
    public void Stretches_of_one_arena_do_not_overlap()
    {
        var stretches = Enumerable.Range(0, 50).Select(i => Filled(length: i, value: i)).ToArray();

        for (var i = 0; i < stretches.Length; i++)
        {
            Assert.Equal(Enumerable.Repeat(i, i), All(stretches[i]));
        }
    }

    [Fact]
    public void A_stretch_longer_than_a_block_is_whole()
    {
        var sequence = arena.Allocate(1_000);
        for (var i = 0; i < 1_000; i++)
        {
            sequence[i] = i;
        }

        Assert.Equal(1_000, sequence.Length);
        Assert.Equal(Enumerable.Range(0, 1_000), All(sequence));
        Assert.Equal(Enumerable.Range(1, 1_000), sequence.ToArray((in int value) => value + 1));
        Assert.Equal(Enumerable.Range(5, 1_000), sequence.ToArray((in int value, in int state) => value + state, 5));
    }

    [Fact]
    public void After_a_reset_the_memory_serves_again()
    {
        Filled(length: 10, value: 1);
        arena.Reset();

        Assert.Equal([2, 2, 2], All(Filled(length: 3, value: 2)));
        Assert.Equal([3, 3], All(Filled(length: 2, value: 3)));
    }

    [Fact]
    public void What_was_let_go_of_is_not_kept_alive()
    {
        using var objects = new Arena<object?>();
        var forgotten = Hold(objects);

        objects.Reset();
        GC.Collect();

        Assert.False(forgotten.IsAlive);

        static WeakReference Hold(Arena<object?> arena)
        {
            var held = new object();
            arena.Allocate(1)[0] = held;
            return new(held);
        }
    }

    [Fact]
    public void A_stretch_finds_its_type_again()
    {
        var sequence = Filled(length: 3, value: 7);

        Assert.Equal(3, sequence.Untyped().Length);
        Assert.Equal([7, 7, 7], All(sequence.Untyped().Cast<int>()));
        Assert.True(default(Sequence).Cast<int>().IsEmpty);
    }

    [Fact]
    public void The_next_one_is_given_by_reference_until_there_is_none()
    {
        var sequence = Filled(length: 2, value: 1);
        var enumerator = sequence.GetEnumerator();

        enumerator.GetNext() = 8;
        enumerator.GetNext() = 9;

        Assert.Equal([8, 9], All(sequence));
        Assert.False(enumerator.MoveNext());
    }

    [Fact]
    public void Copies_need_room()
    {
        var sequence = Filled(length: 2, value: 1);

        var room = new int[3];
        sequence.CopyTo(room, (in int value) => value * 2);

        Assert.Equal([2, 2, 0], room);
        Assert.ThrowsAny<Exception>(() => sequence.CopyTo(new int[1], (in int value) => value));
    }

    [Fact]
    public void Spans_hold_every_element_once()
    {
        var sequence = Filled(length: 40, value: 1);
        var sum = 0;

        foreach (var span in sequence.Spans)
        {
            sum += span.Length;
        }

        Assert.Equal(40, sum);
        Assert.Equal(40, sequence.IsSingleSegment ? sequence.FirstSpan.Length : sum);
    }

    [Fact]
    public void Handlers_of_an_event_come_in_order()
    {
        var called = "";
        Action one = () => called += "1";
        var both = one + (() => called += "2");

        foreach (var handler in Delegates.AsEnumerable(both))
        {
            handler();
        }

        Assert.Equal("12", called);
        Assert.True(Delegates.IsSingle(one));
        Assert.False(Delegates.IsSingle(both));
        Assert.False(Delegates.AsEnumerable<Action>(null!).GetEnumerator().MoveNext());
    }

    public void Dispose() => arena.Dispose();

    private Sequence<int> Filled(int length, int value)
    {
        var sequence = arena.Allocate(length);
        for (var i = 0; i < length; i++)
        {
            sequence[i] = value;
        }

        return sequence;
    }

    private static List<int> All(Sequence<int> sequence)
    {
        var all = new List<int>();
        foreach (ref var value in sequence)
        {
            all.Add(value);
        }

        return all;
    }
}
