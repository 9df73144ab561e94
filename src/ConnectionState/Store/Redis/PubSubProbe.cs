using System.Collections.Concurrent;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>Tries whether channels are heard: what is sent to them must come back. One trial at a time.</summary>
internal sealed class PubSubProbe(RedisConnection commands)
{
    private const char MarkerSign = '!';

    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    private readonly string self = $"{MarkerSign}{Guid.NewGuid():N}";
    private readonly ConcurrentDictionary<int, bool> silent = new();
    private volatile string marker = "";
    private int trials;

    /// <summary>Takes note of what came on a channel.</summary>
    /// <returns>Whether it was meant for this: a mark of this process or of another.</returns>
    public bool Hear(int partition, string message)
    {
        if (message == marker)
        {
            silent.TryRemove(partition, out _);
        }

        return message is [MarkerSign, ..];
    }

    /// <summary>Sends to channels.</summary>
    /// <returns>Those that were not heard in time.</returns>
    public async Task<IReadOnlyCollection<int>> TryAsync(IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
    {
        // Each time another: what was heard over a connection that is gone says nothing of the one that there is.
        marker = $"{self}-{++trials}";
        silent.Clear();
        foreach (var partition in partitions)
        {
            silent[partition] = true;
        }

        await Task.WhenAll(partitions.Select(partition => SendAsync(partition, cancellationToken)));
        for (var waited = TimeSpan.Zero; !silent.IsEmpty && waited < Patience; waited += Pause)
        {
            await Task.Delay(Pause, cancellationToken);
        }

        return [.. silent.Keys];
    }

    private async Task SendAsync(int partition, CancellationToken cancellationToken)
    {
        try
        {
            await commands.AskAsync(
                db => db.PublishAsync(RedisKeys.Channel(partition), marker, CommandFlags.DemandMaster), cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            // Then it is not heard either.
        }
    }
}
