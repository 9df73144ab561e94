using System.Diagnostics.CodeAnalysis;

namespace ConnectionStateService.Client;

/// <summary>A map that forgets each value after a fixed time, and the oldest when it is full. Not thread-safe.</summary>
internal sealed class ExpiringMap<TKey, TValue>(int capacity, TimeSpan lifetime, TimeProvider clock) where TKey : notnull
{
    private readonly Dictionary<TKey, (TValue Value, long SetAt)> values = [];

    // The order in which values were set; also has values that were replaced or removed meanwhile.
    private readonly Queue<(TKey Key, long SetAt)> order = [];

    public int Count => values.Count;

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var isFound = values.TryGetValue(key, out var entry) && !IsExpired(entry.SetAt);
        value = isFound ? entry.Value : default;
        return isFound;
    }

    public void Set(TKey key, TValue value)
    {
        while (order.TryPeek(out var oldest) && (order.Count >= capacity || IsExpired(oldest.SetAt)))
        {
            order.Dequeue();
            if (values.TryGetValue(oldest.Key, out var entry) && entry.SetAt == oldest.SetAt)
            {
                values.Remove(oldest.Key);
            }
        }

        var now = clock.GetTimestamp();
        values[key] = (value, now);
        order.Enqueue((key, now));
    }

    public void Remove(TKey key) => values.Remove(key);

    private bool IsExpired(long setAt) => clock.GetElapsedTime(setAt) >= lifetime;
}
