using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace ConnectionStateService.Store.Redis;

/// <summary>One pass over partitions. Partitions that fail are skipped, as long as at least one answers.</summary>
/// <param name="damaged">The partitions that could not be read in earlier passes, and why: that is logged once.</param>
/// <param name="logger">The log.</param>
internal sealed partial class PartitionScan(ConcurrentDictionary<int, string> damaged, ILogger logger)
{
    private volatile bool hasAnswers;
    private volatile Exception? failure;

    /// <summary>Whether a partition has failed.</summary>
    public bool HasFailures => failure is not null;

    /// <summary>Reads groups of partitions at once, and returns what those that answer have.</summary>
    /// <param name="groups">The partitions that are read by one command.</param>
    /// <param name="read">Reads a group.</param>
    public async Task<IEnumerable<T>> ReadAsync<T>(IEnumerable<int[]> groups, Func<int[], Task<IEnumerable<T>>> read)
    {
        var answers = await Task.WhenAll(groups.Select(group => ReadAsync(group, read)));
        return answers.SelectMany(answer => answer);
    }

    /// <summary>Reads a group of partitions by one command, and returns what it has; nothing if it fails.</summary>
    public async Task<IEnumerable<T>> ReadAsync<T>(int[] group, Func<int[], Task<IEnumerable<T>>> read)
    {
        try
        {
            var answer = await read(group);
            hasAnswers = true;
            Array.ForEach(group, partition => damaged.TryRemove(partition, out _));
            return answer;
        }
        catch (StoreUnavailableException e)
        {
            failure = e;
            return [];
        }
        catch (Exception e) when (e is not OperationCanceledException && group.Length > 1)
        {
            // One partition must not keep the others of its group from being read.
            return await ReadAsync(group.Chunk(1), read);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            failure = e;
            if (damaged.GetValueOrDefault(group[0]) != e.Message)
            {
                damaged[group[0]] = e.Message;
                Log.Unreadable(logger, group[0], e);
            }

            return [];
        }
    }

    /// <summary>Throws the failure of a partition if no partition has answered.</summary>
    public void ThrowIfAllFailed()
    {
        if (!hasAnswers && failure is { } all)
        {
            ExceptionDispatchInfo.Throw(all);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(6251, LogLevel.Error, "Partition {Partition} cannot be read; the scans continue with the other partitions.")]
        public static partial void Unreadable(ILogger logger, int partition, Exception exception);
    }
}
