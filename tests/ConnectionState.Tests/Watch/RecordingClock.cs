using System.Collections.Concurrent;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Time.Testing;

namespace ConnectionStateService.Tests.Watch;

/// <summary>A fake clock that records the due time of every timer, so that a test can wait for a timer before it advances the clock.</summary>
internal sealed class RecordingClock : FakeTimeProvider
{
    private readonly ConcurrentQueue<TimeSpan> dueTimes = new();
    private int disposed;

    /// <summary>The number of disposed timers.</summary>
    public int Disposed => disposed;

    /// <summary>Waits until the n-th timer (from 1) has been created, and returns its due time.</summary>
    public async Task<TimeSpan> TimerAsync(int n)
    {
        await Eventually.TrueAsync(() => Task.FromResult(dueTimes.Count >= n));
        return dueTimes.ElementAt(n - 1);
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = base.CreateTimer(callback, state, dueTime, period);
        dueTimes.Enqueue(dueTime);
        return new RecordedTimer(timer, () => Interlocked.Increment(ref disposed));
    }

    private sealed class RecordedTimer(ITimer inner, Action onDispose) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => inner.Change(dueTime, period);

        public void Dispose()
        {
            onDispose();
            inner.Dispose();
        }

        public ValueTask DisposeAsync()
        {
            onDispose();
            return inner.DisposeAsync();
        }
    }
}
