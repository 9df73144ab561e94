using System.Security.Cryptography;
using ConnectionStateService.V1;

namespace ConnectionStateService.Client;

/// <summary>Where a consumer of the feed begins in a partition of which it has committed no position.</summary>
public enum FeedProcessorStart
{
    /// <summary>With the next commit after the consumer held the partition for the first time.</summary>
    Now,

    /// <summary>With the page lists of all merchants.</summary>
    Snapshot,

    /// <summary>With the oldest commit that is kept.</summary>
    Oldest,
}

/// <summary>Options of a <see cref="FeedProcessor"/>.</summary>
public sealed class FeedProcessorOptions
{
    /// <summary>
    /// The name of this instance of the consumer. Of two processes that live at the same time with the same name, one gets no partitions until the other
    /// one has ended. With a name that stays the same over a restart, partitions wait for the instance for 5 seconds and do not move.
    /// </summary>
    /// <value>1 to 64 of <c>A-Z a-z 0-9 . _ : -</c>. The default is the name of the machine, the id of the process and a random number.</value>
    public string Instance { get; set; } = DefaultInstance();

    /// <summary>Where to begin in a partition of which the consumer has committed no position.</summary>
    /// <value>The default is <see cref="FeedProcessorStart.Now"/>.</value>
    public FeedProcessorStart Start { get; set; } = FeedProcessorStart.Now;

    /// <summary>Which commits the handler gets.</summary>
    /// <value>The default is null: all.</value>
    public FeedFilter? Filter { get; set; }

    /// <summary>Whether commits come with page lists.</summary>
    /// <value>The default is false.</value>
    public bool IncludePageLists { get; set; }

    /// <summary>How often positions are committed. What was handled since the last time may be handled again after a crash.</summary>
    /// <value>The default is 1 second.</value>
    public TimeSpan CommitInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How often leases are renewed.</summary>
    /// <value>At most 5 seconds: a lease lasts for 10. The default is 3 seconds.</value>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>The longest delay before a handler that failed is called again, and before a broken stream is opened again.</summary>
    /// <value>The default is 30 seconds.</value>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(30);

    private static string DefaultInstance()
    {
        var machine = string.Concat(Environment.MachineName.Take(32).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' ? c : '-'));
        return $"{machine}-{Environment.ProcessId}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
    }
}
