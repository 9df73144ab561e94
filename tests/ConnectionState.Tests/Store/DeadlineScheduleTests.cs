using ConnectionStateService.Store;
using Microsoft.Extensions.Time.Testing;

namespace ConnectionStateService.Tests.Store;

/// <summary>When the partitions are looked at: at their deadlines, and now and then because a notification may be lost.</summary>
public sealed class DeadlineScheduleTests : IDisposable
{
    private const int Partitions = 8;
    private static readonly TimeSpan Recheck = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Millisecond = TimeSpan.FromMilliseconds(1);
    private static readonly int[] All = [.. Enumerable.Range(0, Partitions)];

    private readonly FakeTimeProvider time = new();
    private readonly DeadlineSchedule schedule;

    public DeadlineScheduleTests() => schedule = new DeadlineSchedule(Partitions, Recheck, time);

    public void Dispose() => schedule.Dispose();

    [Fact]
    public void At_first_all_partitions_are_looked_at_and_then_none()
    {
        Assert.Equal(All, Ready());
        Assert.Empty(Ready());
    }

    [Fact]
    public void Without_deadlines_each_partition_is_looked_at_once_in_every_interval_and_not_all_together()
    {
        // The first interval brings each partition to its own time.
        Ready();
        Pass(Recheck);

        var looks = Enumerable.Range(0, 800).Select(_ => Pass(Recheck / 800)).ToList();

        Assert.Equal(All, looks.SelectMany(look => look).Order());
        Assert.All(looks, look => Assert.InRange(look.Length, 0, 1));
    }

    [Fact]
    public void The_partitions_of_one_command_are_looked_at_together()
    {
        schedule.Assign([.. All], groupSize: 4);
        Ready();
        Pass(Recheck);

        var looks = Enumerable.Range(0, 800).Select(_ => Pass(Recheck / 800)).Where(look => look.Length > 0).ToList();

        Assert.Equal(2, looks.Count);
        Assert.All(looks, look => Assert.Equal(4, look.Length));
    }

    [Fact]
    public void A_deadline_that_is_expected_during_a_look_is_looked_at_afterwards()
    {
        Ready();

        schedule.Look(() =>
        {
            schedule.Expect(3, TimeSpan.Zero);
            return 0;
        });

        Assert.Equal([3], Ready());
    }

    [Fact]
    public void A_partition_is_looked_at_at_its_deadline_and_not_before()
    {
        Settle();
        schedule.Expect(3, Second / 4);

        Assert.Empty(Pass((Second / 4) - Millisecond));
        Assert.Equal([3], Pass(Millisecond));
    }

    [Fact]
    public void Of_several_deadlines_the_earliest_counts()
    {
        Settle();
        schedule.Expect(3, Second / 4);
        schedule.Expect(3, Second / 8);
        schedule.Expect(3, Second / 2);

        Assert.Equal([3], Pass(Second / 8));
        Assert.Empty(Pass(Second / 2));
    }

    [Fact]
    public void A_deadline_that_is_told_during_a_look_is_not_lost()
    {
        Assert.Contains(3, Ready());
        schedule.Expect(3, TimeSpan.Zero);
        schedule.Expect(3, TimeSpan.FromDays(400_000));

        Assert.Equal([3], Ready());
    }

    [Fact]
    public void The_most_overdue_partitions_are_looked_at_first()
    {
        Settle();
        schedule.Expect(5, Second / 8);
        schedule.Expect(2, Second / 6);
        time.Advance(Second / 4);

        Assert.Equal(5, Assert.Single(schedule.TakeReady(1)));
        Assert.Equal(2, Assert.Single(schedule.TakeReady(1)));
        Assert.Empty(schedule.TakeReady(1));
    }

    [Fact]
    public async Task The_waiter_sleeps_until_the_earliest_deadline_and_an_earlier_one_wakes_it()
    {
        Settle();
        var later = schedule.WaitAsync(CancellationToken.None).AsTask();
        schedule.Expect(3, Second / 4);
        schedule.Expect(3, Second / 8);
        time.Advance((Second / 8) - Millisecond);
        Assert.False(later.IsCompleted);

        time.Advance(Millisecond);

        await later.WaitAsync(Support.Eventually.Patience);
        Assert.Equal([3], Ready());
    }

    [Fact]
    public async Task The_waiter_can_be_canceled()
    {
        Settle();
        using var stopping = new CancellationTokenSource();
        var waiting = schedule.WaitAsync(stopping.Token).AsTask();

        await stopping.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Support.Eventually.Patience));
    }

    [Fact]
    public async Task A_partition_that_is_gained_is_looked_at_now_and_one_that_was_kept_when_it_was_due_anyway()
    {
        Settle();
        schedule.Assign([0, 1], groupSize: 1);
        schedule.Expect(1, Second / 4);
        Assert.Empty(Ready());
        var waiting = schedule.WaitAsync(CancellationToken.None).AsTask();

        schedule.Assign([1, 2], groupSize: 1);

        await waiting.WaitAsync(Support.Eventually.Patience);
        Assert.Equal([2], Ready());
        Assert.Equal([1], Pass(Second / 4));
    }

    [Fact]
    public void A_partition_of_another_process_is_never_looked_at()
    {
        schedule.Assign([1], groupSize: 1);
        schedule.Expect(0, TimeSpan.Zero);
        schedule.ExpectAll();

        Assert.Equal([1], Ready());
        Assert.False(schedule.IsAssigned(0));
        Assert.True(schedule.IsAssigned(1));
        Assert.DoesNotContain(0, Pass(10 * Recheck));
    }

    [Fact]
    public void After_lost_notifications_all_partitions_are_looked_at()
    {
        Settle();

        schedule.ExpectAll();

        Assert.Equal(All, Ready());
    }

    private int[] Ready() => [.. schedule.TakeReady(Partitions).Order()];

    private int[] Pass(TimeSpan passed)
    {
        time.Advance(passed);
        return Ready();
    }

    // A time at which no re-check is near: partition n is checked n seconds after the start of each interval.
    private void Settle()
    {
        Ready();
        Pass(Recheck + (Second / 100));
    }
}
