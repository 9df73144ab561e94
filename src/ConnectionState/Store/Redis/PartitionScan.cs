using System.Runtime.ExceptionServices;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>One pass over partitions. Partitions that fail are skipped, as long as at least one answers.</summary>
internal sealed partial class PartitionScan(ILogger logger)
{
    private bool hasAnswers;
    private Exception? failure;

    /// <summary>Whether a partition has failed.</summary>
    public bool HasFailures => failure is not null;

    /// <summary>Reads groups of partitions at once, and returns what those that answer have.</summary>
    /// <param name="groups">The partitions that are read by one command.</param>
    /// <param name="read">Reads a group.</param>
    public async Task<IEnumerable<T>> ReadAsync<T>(IEnumerable<int[]> groups, Func<int[], Task<IEnumerable<T>>> read)
    {
        var answers = await Task.WhenAll(groups.Select(group => TryReadAsync(group, read)));
        return answers.SelectMany(answer => answer);
    }

    /// <summary>Throws the failure of a partition if no partition has answered.</summary>
    public void ThrowIfAllFailed()
    {
        if (!hasAnswers && failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private async Task<IEnumerable<T>> TryReadAsync<T>(int[] group, Func<int[], Task<IEnumerable<T>>> read)
    {
        try
        {
            var answer = await read(group);
            hasAnswers = true;
            return answer;
        }
        catch (StoreUnavailableException e)
        {
            failure = e;
            return [];
        }
        catch (RedisServerException) when (group.Length > 1)
        {
            // One partition must not keep the others of its group from being read.
            return await ReadAsync(group.Chunk(1), read);
        }
        catch (RedisServerException e)
        {
            failure = e;
            Log.Unreadable(logger, group[0], e);
            return [];
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Partition {Partition} cannot be read; the scan continues with the other partitions.")]
        public static partial void Unreadable(ILogger logger, int partition, Exception exception);
    }
}
