namespace ConnectionStateService.Store.Sqlite;

/// <summary>The writes that wait for the writer thread. Many threads add; one thread takes all at once.</summary>
/// <remarks>
/// The thread that takes sleeps in <see cref="Monitor.Wait(object)"/>, which does not spin, and is woken by the first write only. A channel, or
/// any event that spins before it sleeps, costs the callers' threads the processor that they need to make the next writes.
/// </remarks>
/// <param name="maxCount">The maximum number of writes.</param>
/// <param name="maxBytes">The maximum total of <see cref="QueuedWrite.Size"/>. A larger write is accepted if nothing else is queued.</param>
internal sealed class WriteQueue(int maxCount, long maxBytes)
{
    private readonly object gate = new();
    private Queue<QueuedWrite> queue = new();
    private Queue<QueuedWrite> spare = new();
    private long bytes;
    private bool isWaiting;
    private bool isCompleted;

    /// <summary>Adds a write, and returns null or why it was not added.</summary>
    public string? TryAdd(QueuedWrite write)
    {
        lock (gate)
        {
            if (isCompleted)
            {
                return "The store is closed.";
            }

            if (queue.Count >= maxCount)
            {
                return $"{maxCount} writes are queued already.";
            }

            if (queue.Count > 0 && bytes + write.Size > maxBytes)
            {
                return $"{bytes} bytes of writes are queued already, and the maximum is {maxBytes}.";
            }

            bytes += write.Size;
            queue.Enqueue(write);
            if (isWaiting)
            {
                isWaiting = false;
                Monitor.Pulse(gate);
            }

            return null;
        }
    }

    /// <summary>Waits for writes, and takes them all. Returns null once the queue is completed and empty.</summary>
    public Queue<QueuedWrite>? Take()
    {
        lock (gate)
        {
            while (queue.Count == 0)
            {
                if (isCompleted)
                {
                    return null;
                }

                isWaiting = true;
                Monitor.Wait(gate);
            }

            (queue, spare) = (spare, queue);
            bytes = 0;
            return spare;
        }
    }

    /// <summary>Rejects further writes.</summary>
    public void Complete()
    {
        lock (gate)
        {
            isCompleted = true;
            Monitor.PulseAll(gate);
        }
    }
}
