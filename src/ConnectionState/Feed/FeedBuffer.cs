namespace ConnectionStateService.Feed;

/// <summary>
/// The newest commits of all lanes, in the order in which this process read them. Streams read it at their own pace and take nothing out: what a slow
/// stream has not read costs nothing. Thread-safe.
/// </summary>
/// <param name="capacity">The maximum number of items.</param>
/// <param name="maxSize">The maximum size of their commits, in bytes. The newest item is kept, however large it is.</param>
internal sealed class FeedBuffer(int capacity, long maxSize = FeedSize.MaxBuffered)
{
    private readonly FeedItem[] items = new FeedItem[capacity];
    private readonly Lock gate = new();
    private TaskCompletionSource appended = NewSignal();
    private long start;
    private long end;
    private long size;

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
                while (end > start && (end - start == capacity || size + item.Size > maxSize))
                {
                    ref var oldest = ref items[start % capacity];
                    size -= oldest.Size;
                    oldest = default;
                    start++;
                }

                items[end % capacity] = item;
                size += item.Size;
                end++;
            }

            (signal, appended) = (appended, NewSignal());
        }

        signal.SetResult();
    }

    /// <summary>Reads items from an index on.</summary>
    /// <param name="from">The index.</param>
    /// <param name="limit">The maximum number of items.</param>
    /// <param name="maxBatch">The maximum size of their commits, in bytes, unless it is a single item.</param>
    /// <param name="found">The items.</param>
    /// <returns>False if the item at that index has given way.</returns>
    public bool TryRead(long from, int limit, int maxBatch, out List<FeedItem> found)
    {
        found = [];
        lock (gate)
        {
            if (from < start)
            {
                return false;
            }

            var batch = 0;
            for (var index = from; index < end && found.Count < limit; index++)
            {
                var item = items[index % capacity];
                batch += item.Size;
                if (batch > maxBatch && found.Count > 0)
                {
                    break;
                }

                found.Add(item);
            }

            return true;
        }
    }

    /// <summary>Whether the item at an index has not given way.</summary>
    public bool Has(long index)
    {
        lock (gate)
        {
            return index >= start;
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
internal readonly record struct FeedItem(int Lane, FeedCommit? Commit)
{
    /// <summary>The size of the commit, in bytes.</summary>
    public int Size => Commit?.Size ?? 0;
}
