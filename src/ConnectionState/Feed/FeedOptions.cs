using System.ComponentModel.DataAnnotations;

namespace ConnectionStateService.Feed;

/// <summary>Options of the streams of FeedService. Configuration section <c>Feed</c>.</summary>
public sealed class FeedOptions
{
    /// <summary>The maximum number of open streams in this process.</summary>
    /// <value>1 to 1,000. The default is 64.</value>
    [Range(1, 1_000)]
    public int Streams { get; set; } = 64;

    /// <summary>The number of commits that are kept in memory for all streams of this process. A stream that is further behind is parked: it is served from
    /// the store.</summary>
    /// <value>1 to 100,000. The default is 1,024.</value>
    [Range(1, 100_000)]
    public int BufferedCommits { get; set; } = 1_024;

    /// <summary>The number of parked streams that read the store at the same time. Others wait for their turn, a page of commits at a time.</summary>
    /// <value>1 to 64. The default is 8.</value>
    [Range(1, 64)]
    public int CatchUpReaders { get; set; } = 8;

    /// <summary>The maximum time between two messages of a stream: a quiet stream gets a checkpoint, as long as the store is available.</summary>
    /// <value>300 milliseconds to 5 minutes. The default is 15 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.300", "00:05:00")]
    public TimeSpan CheckpointInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The maximum time between two comparisons of the feed with the store. It bounds the delay of a commit whose notification was lost.</summary>
    /// <value>100 milliseconds to 1 minute. The default is 5 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan ReconciliationInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The minimum lifetime of a stream. The actual lifetime is random, from this value to twice this value, so that streams move to other
    /// processes gradually.</summary>
    /// <value>1 second to 1 day. The default is 20 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan StreamLifetime { get; set; } = TimeSpan.FromMinutes(20);
}
