using System.Runtime.ExceptionServices;
using ConnectionStateService.Core;

namespace ConnectionStateService.Watch;

/// <summary>One open stream of one merchant: the merchant's feed enqueues events, one caller reads them.</summary>
internal sealed class WatchStream(string merchantId, HistoryPosition? from, int bufferedChanges) : WatchSubscription(merchantId, from), IDisposable
{
    private readonly SemaphoreSlim available = new(0, 1);
    private Action? closed;

    protected override int BufferedChanges => bufferedChanges;

    /// <summary>Waits for the next event and removes it. Must not be called concurrently. Throws what the stream failed with, after the events before.</summary>
    /// <exception cref="OperationCanceledException">The wait was canceled.</exception>
    public async ValueTask<WatchEvent> ReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await available.WaitAsync(cancellationToken);
            lock (Gate)
            {
                if (Take(out var failure, out var hasMore) is { } watchEvent)
                {
                    if (hasMore)
                    {
                        Wake();
                    }

                    return watchEvent;
                }

                if (failure is not null)
                {
                    ExceptionDispatchInfo.Throw(failure);
                }
            }
        }
    }

    /// <summary>Registers the action that the first <see cref="Dispose"/> runs.</summary>
    public void OnClosed(Action action) => closed = action;

    public void Dispose() => Interlocked.Exchange(ref closed, null)?.Invoke();

    protected override void Wake()
    {
        if (available.CurrentCount == 0)
        {
            available.Release();
        }
    }
}
