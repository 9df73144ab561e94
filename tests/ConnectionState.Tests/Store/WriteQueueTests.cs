using ConnectionStateService.Store.Sqlite;

namespace ConnectionStateService.Tests.Store;

/// <summary>The bounds of the queue in front of the embedded store's writer.</summary>
public sealed class WriteQueueTests
{
    private readonly WriteQueue queue = new(maxCount: 3, maxBytes: 100);

    [Fact]
    public void Take_returns_all_writes_in_their_order()
    {
        var writes = (QueuedWrite[])[Write(1), Write(2), Write(3)];
        Array.ForEach(writes, write => Assert.Null(queue.TryAdd(write)));

        Assert.Equal(writes, queue.Take());
    }

    [Fact]
    public void Too_many_writes_are_rejected_until_they_are_taken()
    {
        Array.ForEach([1, 2, 3], size => Assert.Null(queue.TryAdd(Write(size))));

        Assert.Equal("3 writes are queued already.", queue.TryAdd(Write(1)));

        queue.Take()!.Clear();
        Assert.Null(queue.TryAdd(Write(1)));
    }

    [Fact]
    public void Too_many_bytes_are_rejected_until_they_are_taken()
    {
        Assert.Null(queue.TryAdd(Write(60)));
        Assert.Null(queue.TryAdd(Write(40)));

        Assert.Equal("100 bytes of writes are queued already, and the maximum is 100.", queue.TryAdd(Write(1)));

        queue.Take()!.Clear();
        Assert.Null(queue.TryAdd(Write(1)));
    }

    [Fact]
    public void A_write_above_the_bound_is_accepted_if_nothing_else_is_queued()
    {
        Assert.Null(queue.TryAdd(Write(1_000)));

        Assert.NotNull(queue.TryAdd(Write(1)));
    }

    [Fact]
    public async Task Take_waits_for_a_write()
    {
        var taking = Task.Run(queue.Take);
        var write = Write(1);

        Assert.Null(queue.TryAdd(write));

        Assert.Equal([write], await taking.WaitAsync(TimeSpan.FromSeconds(20)));
    }

    [Fact]
    public async Task A_completed_queue_rejects_writes_and_ends_after_those_it_has()
    {
        queue.TryAdd(Write(1));
        queue.Complete();

        Assert.Equal("The store is closed.", queue.TryAdd(Write(1)));
        Assert.NotNull(queue.Take());
        queue.Take()?.Clear();
        Assert.Null(await Task.Run(queue.Take).WaitAsync(TimeSpan.FromSeconds(20)));
    }

    private static QueuedWrite<bool> Write(int size) => new(_ => true, committed: null, size, CancellationToken.None);
}
