using System.ComponentModel.DataAnnotations;

namespace ConnectionStateService.Store;

/// <summary>The kinds of stores.</summary>
public enum StoreKind
{
    /// <summary>A SQLite file, for one process. Needs no installation.</summary>
    Embedded,

    /// <summary>Redis, for any number of processes.</summary>
    Redis,
}

/// <summary>Where merchants are stored, and how much of their history. Configuration section <c>Store</c>.</summary>
public sealed class StoreOptions
{
    /// <summary>The kind of store.</summary>
    /// <value><c>Embedded</c>: a SQLite file, for one process. <c>Redis</c>: for any number of processes. The default is Embedded.</value>
    [EnumDataType(typeof(StoreKind))]
    public StoreKind Kind { get; set; } = StoreKind.Embedded;

    /// <summary>The database file of the embedded store. Its folder is created if it does not exist.</summary>
    /// <value>A path, absolute or relative to the working directory. The default is <c>data/connectionstate.db</c>.</value>
    [Required]
    public string Path { get; set; } = "data/connectionstate.db";

    /// <summary>The number of commits that each merchant's history keeps. Older commits are trimmed, once their requests are no longer remembered.</summary>
    /// <value>1 to 1,000,000. The default is 1,000.</value>
    [Range(1, 1_000_000)]
    public int KeptCommits { get; set; } = 1_000;

    /// <summary>
    /// The number of commits that the feed keeps for each of its 256 partitions, at least. A consumer that was away for longer must reload the
    /// merchants of the partition. The embedded store keeps 256 times as many in all.
    /// </summary>
    /// <value>1 to 10,000,000. The default is 4,096, which takes up to 64 MiB.</value>
    [Range(1, 10_000_000)]
    public int KeptFeedCommits { get; set; } = 4_096;

    /// <summary>
    /// The memory in which the process caches merchants, as an estimate: 512 bytes and seven times the size of the stored parts for each. The embedded
    /// store reads a cached merchant without SQLite. On Redis, a read transfers its position only, and a commit needs no read first.
    /// </summary>
    /// <value>
    /// 0 (no cache) to 1,099,511,627,776 bytes. The default is a quarter of the memory that the garbage collector may use, at most 4,294,967,296 (4
    /// GiB). The collector may use the machine's memory, or three quarters of a container's limit.
    /// </value>
    [Range(0L, 1L << 40)]
    public long CachedBytes { get; set; } = Math.Min(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4, 4L << 30);

    /// <summary>The number of attempts to commit a command. After as many conflicts, it fails with CONCURRENT_CHANGE.</summary>
    /// <value>1 to 1,000. The default is 64.</value>
    [Range(1, 1_000)]
    public int CommitAttempts { get; set; } = 64;

    /// <summary>The number of commands of one merchant that a process carries out or queues. Further ones fail with MERCHANT_BUSY.</summary>
    /// <value>1 to 100,000. The default is 1,000.</value>
    [Range(1, 100_000)]
    public int QueuedCommands { get; set; } = 1_000;

    /// <summary>The Redis connection. Used if <c>Kind</c> is <c>Redis</c>.</summary>
    /// <value>See section <c>Store:Redis</c>.</value>
    public RedisOptions Redis { get; set; } = new();
}
