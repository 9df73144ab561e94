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

    /// <summary>Reads partitions at once, and returns what those that answer have.</summary>
    public async Task<IEnumerable<T>> ReadAsync<T>(IEnumerable<int> partitions, Func<int, Task<T[]>> read)
    {
        var answers = await Task.WhenAll(partitions.Select(partition => TryReadAsync(partition, read)));
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

    private async Task<T[]> TryReadAsync<T>(int partition, Func<int, Task<T[]>> read)
    {
        try
        {
            var answer = await read(partition);
            hasAnswers = true;
            return answer;
        }
        catch (StoreUnavailableException e)
        {
            failure = e;
            return [];
        }
        catch (RedisServerException e)
        {
            failure = e;
            Log.Unreadable(logger, partition, e);
            return [];
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Partition {Partition} cannot be read; the scan continues with the other partitions.")]
        public static partial void Unreadable(ILogger logger, int partition, Exception exception);
    }
}
