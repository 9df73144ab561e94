using System.Collections.Immutable;
using System.Threading.Channels;

namespace ConnectionStateService.Store;

/// <summary>
/// When this process looks at each of its partitions next: at its earliest known deadline, and at least once in every re-check interval,
/// because the notification of a deadline may be lost, or the clock of the store may be corrected. Measures time with a stopwatch, which
/// nobody corrects. Thread-safe.
/// </summary>
internal sealed class DeadlineSchedule : IDisposable
{
    private static readonly TimeSpan Never = TimeSpan.MaxValue;

    private readonly Lock gate = new();
    private readonly TimeSpan recheckInterval;
    private readonly TimeProvider stopwatch;
    private readonly long startedAt;
    private readonly ITimer alarm;
    private readonly Channel<bool> rings = Channel.CreateBounded<bool>(1);

    // Never: the partition belongs to another process.
    private readonly TimeSpan[] lookAt;

    // When the re-checks of a partition take place within each interval.
    private readonly TimeSpan[] phases;
    private TimeSpan alarmAt = Never;

    /// <param name="partitions">The number of partitions. All are assigned to this process at first.</param>
    /// <param name="recheckInterval">The maximum time between two looks at a partition.</param>
    /// <param name="stopwatch">Measures the time and wakes the waiter.</param>
    public DeadlineSchedule(int partitions, TimeSpan recheckInterval, TimeProvider stopwatch)
    {
        (this.recheckInterval, this.stopwatch) = (recheckInterval, stopwatch);
        startedAt = stopwatch.GetTimestamp();
        alarm = stopwatch.CreateTimer(_ => rings.Writer.TryWrite(true), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        (lookAt, phases) = (new TimeSpan[partitions], new TimeSpan[partitions]);
        Array.Fill(lookAt, Never);
        Assign([.. Enumerable.Range(0, partitions)], groupSize: 1);
    }

    private TimeSpan Now => stopwatch.GetElapsedTime(startedAt);

    /// <summary>Sets the partitions of this process. Those that are new are looked at now.</summary>
    /// <param name="partitions">All partitions of this process.</param>
    /// <param name="groupSize">The number of partitions that one command looks at: their re-checks are at the same time, those of groups are spread.</param>
    public void Assign(ImmutableArray<int> partitions, int groupSize)
    {
        lock (gate)
        {
            var before = (TimeSpan[])lookAt.Clone();
            Array.Fill(lookAt, Never);
            var groups = ((partitions.Length - 1) / groupSize) + 1;
            for (var i = 0; i < partitions.Length; i++)
            {
                var partition = partitions[i];
                lookAt[partition] = before[partition] == Never ? Now : before[partition];
                phases[partition] = recheckInterval / groups * (i / groupSize);
            }

            SetAlarm();
        }
    }

    /// <summary>Whether a partition belongs to this process.</summary>
    public bool IsAssigned(int partition)
    {
        lock (gate)
        {
            return lookAt[partition] != Never;
        }
    }

    /// <summary>Has a partition looked at after a delay, unless it is looked at earlier anyway.</summary>
    public void Expect(int partition, TimeSpan delay)
    {
        lock (gate)
        {
            // Beyond the next look, which is never later than one interval, the delay does not matter.
            if (lookAt[partition] != Never && delay <= recheckInterval && Now + delay < lookAt[partition])
            {
                lookAt[partition] = Now + delay;
                SetAlarm();
            }
        }
    }

    /// <summary>Has all partitions looked at now: notifications may have been lost.</summary>
    public void ExpectAll()
    {
        lock (gate)
        {
            for (var partition = 0; partition < lookAt.Length; partition++)
            {
                lookAt[partition] = lookAt[partition] == Never ? Never : Now;
            }

            SetAlarm();
        }
    }

    /// <summary>
    /// Returns partitions to look at now, most overdue first, and schedules the next look at them for their re-check. Deadlines that are
    /// expected from then on, also during the look, make it earlier.
    /// </summary>
    public ImmutableArray<int> TakeReady(int limit)
    {
        lock (gate)
        {
            var now = Now;
            ImmutableArray<int> ready =
                [.. Enumerable.Range(0, lookAt.Length).Where(p => lookAt[p] <= now).OrderBy(p => lookAt[p]).Take(limit)];
            foreach (var partition in ready)
            {
                lookAt[partition] = NextRecheck(partition, now);
            }

            return ready;
        }
    }

    /// <summary>Looks at all partitions at once: schedules their next look, then reads. The order matters, see <see cref="TakeReady"/>.</summary>
    public T Look<T>(Func<T> read)
    {
        TakeReady(lookAt.Length);
        return read();
    }

    /// <summary>Waits until there is a partition to look at. One caller at a time.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        while (!HasReady())
        {
            await rings.Reader.ReadAsync(cancellationToken);
        }
    }

    public void Dispose() => alarm.Dispose();

    private bool HasReady()
    {
        lock (gate)
        {
            SetAlarm();
            return alarmAt <= Now;
        }
    }

    private TimeSpan NextRecheck(int partition, TimeSpan now)
    {
        var sinceLast = (now - phases[partition]).Ticks % recheckInterval.Ticks;
        return now + recheckInterval - TimeSpan.FromTicks(sinceLast < 0 ? sinceLast + recheckInterval.Ticks : sinceLast);
    }

    private void SetAlarm()
    {
        alarmAt = lookAt.Min();
        var delay = alarmAt == Never ? Timeout.InfiniteTimeSpan : RoundUp(alarmAt - Now);
        alarm.Change(delay, Timeout.InfiniteTimeSpan);
    }

    // Timers are no more precise than a millisecond, and must not ring early.
    private static TimeSpan RoundUp(TimeSpan delay) =>
        delay <= TimeSpan.Zero ? TimeSpan.Zero : TimeSpan.FromMilliseconds(Math.Ceiling(delay.TotalMilliseconds));
}
