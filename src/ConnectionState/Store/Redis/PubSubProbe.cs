using System.Collections.Concurrent;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>Verifies subscriptions end to end: publishes a marker to channels and waits for it to arrive. One run at a time.</summary>
internal sealed class PubSubProbe(RedisConnection commands)
{
    private const char MarkerPrefix = '!';

    private static readonly TimeSpan MaxWait = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(10);

    private readonly string processId = Guid.NewGuid().ToString("N");
    private readonly ConcurrentDictionary<int, bool> silent = new();
    private volatile string marker = "";
    private int runs;

    /// <summary>Handles a message if it is a marker, of this process or of another.</summary>
    /// <returns>Whether the message was a marker.</returns>
    public bool TryHandle(int partition, string message)
    {
        if (message == marker)
        {
            silent.TryRemove(partition, out _);
        }

        return message is [MarkerPrefix, ..];
    }

    /// <summary>Probes the channels of partitions.</summary>
    /// <returns>The partitions whose marker has not arrived within 500 ms.</returns>
    public async Task<IReadOnlyCollection<int>> FindSilentAsync(IReadOnlyCollection<int> partitions, CancellationToken cancellationToken)
    {
        // A new marker for each run: an old one that arrives late proves nothing about the current connection.
        marker = $"{MarkerPrefix}{processId}-{++runs}";
        silent.Clear();
        foreach (var partition in partitions)
        {
            silent[partition] = true;
        }

        await Task.WhenAll(partitions.Select(partition => TryPublishAsync(partition, cancellationToken)));
        for (var waited = TimeSpan.Zero; !silent.IsEmpty && waited < MaxWait; waited += PollInterval)
        {
            await Task.Delay(PollInterval, cancellationToken);
        }

        return [.. silent.Keys];
    }

    private async Task TryPublishAsync(int partition, CancellationToken cancellationToken)
    {
        try
        {
            await commands.ExecuteAsync(
                db => db.PublishAsync(RedisKeys.Channel(partition), marker, CommandFlags.DemandMaster), cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            // The partition stays silent.
        }
    }
}
