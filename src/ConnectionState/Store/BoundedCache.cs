using System.Collections.Concurrent;

namespace ConnectionStateService.Store;

/// <summary>
/// A cache whose values together have a maximum size. A full cache removes the oldest values, and gives a second chance to up to 16 values per
/// call that were used since it looked at them last (CLOCK). Thread-safe; <see cref="Find"/> takes no lock. See decision 46.
/// </summary>
/// <param name="capacity">The maximum size, in the unit of the sizes of the values; 0 for no cache.</param>
internal sealed class BoundedCache<TValue>(long capacity)
    where TValue : class
{
    // So that a call never goes through the whole cache, even if all values are in use.
    private const int MaxSecondChances = 16;

    private readonly ConcurrentDictionary<string, LinkedListNode<Entry>> nodes = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> oldestFirst = [];
    private readonly Lock gate = new();
    private long size;

    /// <summary>Returns the value of a key, or null.</summary>
    public TValue? Find(string key)
    {
        if (!nodes.TryGetValue(key, out var node))
        {
            return null;
        }

        var entry = node.Value;
        if (!entry.IsUsed)
        {
            entry.IsUsed = true;
        }

        return entry.Value;
    }

    /// <summary>Returns the value of a key, or null, without counting it as used.</summary>
    public TValue? Peek(string key) => nodes.GetValueOrDefault(key)?.Value.Value;

    /// <summary>
    /// Adds a value, or replaces the value of its key, which stays used if the previous one was. A value that is larger than the cache only removes the
    /// previous one.
    /// </summary>
    public void Set(string key, TValue value, long valueSize)
    {
        lock (gate)
        {
            if (valueSize > capacity)
            {
                Remove(key);
                return;
            }

            var previous = nodes.GetValueOrDefault(key);
            var node = new LinkedListNode<Entry>(new Entry(key, value, valueSize) { IsUsed = previous is { Value.IsUsed: true } });

            // First what may run out of memory, so that the size is right whatever happens.
            nodes[key] = node;
            if (previous is not null)
            {
                Unlink(previous);
            }

            MakeRoom(valueSize);
            oldestFirst.AddLast(node);
            size += valueSize;
        }
    }

    public void Remove(string key)
    {
        lock (gate)
        {
            if (nodes.TryRemove(key, out var node))
            {
                Unlink(node);
            }
        }
    }

    public void Clear()
    {
        lock (gate)
        {
            nodes.Clear();
            oldestFirst.Clear();
            size = 0;
        }
    }

    private void Unlink(LinkedListNode<Entry> node)
    {
        // A node that is in the dictionary alone was added when memory ran out.
        if (node.List is not null)
        {
            oldestFirst.Remove(node);
            size -= node.Value.Size;
        }
    }

    private void MakeRoom(long needed)
    {
        var secondChances = 0;
        while (size + needed > capacity)
        {
            var oldest = oldestFirst.First!;
            if (oldest.Value.IsUsed && secondChances++ < MaxSecondChances)
            {
                oldest.Value.IsUsed = false;
                oldestFirst.RemoveFirst();
                oldestFirst.AddLast(oldest);
            }
            else
            {
                Unlink(oldest);
                nodes.TryRemove(KeyValuePair.Create(oldest.Value.Key, oldest));
            }
        }
    }

    private sealed class Entry(string key, TValue value, long size)
    {
        public string Key { get; } = key;

        public TValue Value { get; } = value;

        public long Size { get; } = size;

        /// <summary>Whether the value was used since it was added, or since the cache looked at it last.</summary>
        public bool IsUsed { get; set; }
    }
}
