using System.ComponentModel.DataAnnotations;

namespace ConnectionStateService.Watch;

/// <summary>Options of the watch streams. Configuration section <c>Watch</c>.</summary>
public sealed class WatchOptions
{
    /// <summary>The maximum time between two messages of a stream: an idle stream gets a checkpoint, as long as the store is
    /// available.</summary>
    /// <value>300 milliseconds to 5 minutes. The default is 15 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.300", "00:05:00")]
    public TimeSpan CheckpointInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>The maximum time between two comparisons of the watched merchants with the store. It bounds the delay of a change
    /// whose notification was lost. At most a quarter of <see cref="CheckpointInterval"/> is used. When thousands of merchants are watched, half of it may be added:
    /// the comparison is spread over that time.</summary>
    /// <value>100 milliseconds to 1 minute. The default is 5 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan ReconciliationInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The minimum lifetime of a stream. The actual lifetime is random, from this value to twice this value, so that streams
    /// move to other processes gradually.</summary>
    /// <value>1 second to 1 day. The default is 20 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan StreamLifetime { get; set; } = TimeSpan.FromMinutes(20);

    /// <summary>The maximum number of changes that are buffered for a slow reader. When there are more, the reader gets the newest page
    /// list instead.</summary>
    /// <value>1 to 1,000. The default is 64.</value>
    [Range(1, 1_000)]
    public int BufferedChanges { get; set; } = 64;

    /// <summary>The maximum number of open streams per merchant in this process.</summary>
    /// <value>1 to 10,000. The default is 20.</value>
    [Range(1, 10_000)]
    public int StreamsPerMerchant { get; set; } = 20;

    /// <summary>The maximum number of open streams of one caller in this process: of one key, or of one subject of tokens. Without authentication it has no
    /// effect.</summary>
    /// <value>1 to 1,000,000. The default is 5,000.</value>
    [Range(1, 1_000_000)]
    public int StreamsPerCaller { get; set; } = 5_000;

    /// <summary>The maximum number of open streams in this process.</summary>
    /// <value>1 to 1,000,000. The default is 6,000.</value>
    [Range(1, 1_000_000)]
    public int Streams { get; set; } = 6_000;
}
