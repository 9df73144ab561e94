namespace ConnectionStateService.Feed;

/// <summary>
/// The newest commits of all lanes, in the order in which this process read them. Streams read it at their own pace and take nothing out: what a slow
/// stream has not read costs nothing. Thread-safe.
/// </summary>
internal sealed class FeedBuffer(int capacity)
{
    private readonly FeedItem[] items = new FeedItem[capacity];
    private readonly Lock gate = new();
    private TaskCompletionSource appended = NewSignal();
    private long end;

    /// <summary>The index after the newest item.</summary>
    public long End
    {
        get
        {
            lock (gate)
            {
                return end;
            }
        }
    }

    /// <summary>Appends items; the oldest ones give way.</summary>
    public void Append(IReadOnlyCollection<FeedItem> added)
    {
        TaskCompletionSource signal;
        lock (gate)
        {
            foreach (var item in added)
            {
                items[end % capacity] = item;
                end++;
            }

            (signal, appended) = (appended, NewSignal());
        }

        signal.SetResult();
    }

    /// <summary>Reads items from an index on.</summary>
    /// <returns>False if the item at that index has given way.</returns>
    public bool TryRead(long from, int limit, out List<FeedItem> found)
    {
        found = [];
        lock (gate)
        {
            if (from < end - capacity)
            {
                return false;
            }

            for (var index = from; index < end && found.Count < limit; index++)
            {
                found.Add(items[index % capacity]);
            }

            return true;
        }
    }

    /// <summary>Waits until there is an item at an index.</summary>
    public Task WaitAsync(long index)
    {
        lock (gate)
        {
            return end > index ? Task.CompletedTask : appended.Task;
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>An item of the buffer.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="Commit">The commit; or null if commits of the lane may be missing here, so that streams must read the store.</param>
internal readonly record struct FeedItem(int Lane, FeedCommit? Commit);
