using System.Threading.Channels;
using ConnectionStateService.Store;

namespace ConnectionStateService.Watch;

/// <summary>The pauses between the slices of one comparison. They become shorter when notifications may have been lost.</summary>
/// <param name="pause">The time from the beginning of a slice to that of the next one.</param>
/// <param name="clock">The clock of the pauses.</param>
internal sealed class ReconciliationPace(TimeSpan pause, TimeProvider clock)
{
    private TimeSpan pause = pause;
    private bool isFaster;
    private long? next;

    /// <summary>Waits until a slice may begin: the first one at once.</summary>
    /// <param name="lost">Has an item if notifications may have been lost. It is left there: what was compared before is to be compared again.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public async ValueTask WaitAsync(ChannelReader<bool> lost, CancellationToken cancellationToken)
    {
        // From one planned beginning to the next, so that the inaccuracy of timers does not add up.
        var began = next ?? clock.GetTimestamp();
        if (clock.GetElapsedTime(began) is { Ticks: < 0 } left && await WaitAsync(-left, lost, cancellationToken))
        {
            (isFaster, pause, began) = (true, pause / ReconciliationService.FasterIfLost, clock.GetTimestamp());
        }

        next = began + (long)(pause.TotalSeconds * clock.TimestampFrequency);
    }

    // Returns true, and at once, if notifications may have been lost and it was not known before.
    private async Task<bool> WaitAsync(TimeSpan delay, ChannelReader<bool> lost, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var due = Task.Delay(delay, clock, waiting.Token);
        var first = isFaster ? due : await Task.WhenAny(due, lost.WaitToReadAsync(waiting.Token).AsTask());
        await first;
        await waiting.CancelAsync();
        return first != due;
    }
}
