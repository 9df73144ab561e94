using System.ComponentModel.DataAnnotations;

namespace ConnectionStateService.Watch;

/// <summary>How screens are kept right. Configuration section <c>Watch</c>.</summary>
public sealed class WatchOptions
{
    /// <summary>How long a quiet stream goes without a checkpoint at the most, as long as the store answers.</summary>
    /// <value>300 milliseconds to 5 minutes. The default is 15 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.300", "00:05:00")]
    public TimeSpan CheckpointInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How often the store is asked where the watched merchants stand, at least: a change that was not notified is told that
    /// late. Never less often than four times in <see cref="CheckpointInterval"/>.</summary>
    /// <value>100 milliseconds to 1 minute. The default is 5 seconds.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan CompareInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a stream lives at least. It is drawn anew for each stream, from this to twice this, so that streams move to
    /// other processes bit by bit.</summary>
    /// <value>1 second to 1 day. The default is 20 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan StreamLifetime { get; set; } = TimeSpan.FromMinutes(20);

    /// <summary>How many changes wait for a slow reader, before it gets the newest page list in their place.</summary>
    /// <value>1 to 1,000. The default is 64.</value>
    [Range(1, 1_000)]
    public int BufferedChanges { get; set; } = 64;

    /// <summary>How many streams one merchant may have open in this process.</summary>
    /// <value>1 to 10,000. The default is 20.</value>
    [Range(1, 10_000)]
    public int StreamsPerMerchant { get; set; } = 20;

    /// <summary>How many streams may be open in this process.</summary>
    /// <value>1 to 1,000,000. The default is 6,000.</value>
    [Range(1, 1_000_000)]
    public int Streams { get; set; } = 6_000;
}
