using System.ComponentModel.DataAnnotations;

namespace ConnectionStateService.Store;

/// <summary>Which store keeps the merchants.</summary>
public enum StoreKind
{
    /// <summary>A file of this process; nothing needs to be installed.</summary>
    Embedded,

    /// <summary>Redis; any number of processes.</summary>
    Redis,
}

/// <summary>Where the merchants are kept, and how much of their past. Configuration section <c>Store</c>.</summary>
public sealed class StoreOptions
{
    /// <summary>Which store: a file of one process, or Redis for any number of them.</summary>
    /// <value><c>Embedded</c> or <c>Redis</c>. The default is Embedded.</value>
    [EnumDataType(typeof(StoreKind))]
    public StoreKind Kind { get; set; } = StoreKind.Embedded;

    /// <summary>The file of the embedded store; its folder is made if need be.</summary>
    /// <value>A path, from the working directory if it is relative. The default is <c>data/connectionstate.db</c>.</value>
    [Required]
    public string Path { get; set; } = "data/connectionstate.db";

    /// <summary>How many commits of its history each merchant keeps; the oldest go first.</summary>
    /// <value>1 to 1,000,000. The default is 1,000.</value>
    [Range(1, 1_000_000)]
    public int KeptCommits { get; set; } = 1_000;

    /// <summary>How often a command is decided anew when others changed the merchant in between, before it fails with
    /// CONCURRENT_CHANGE.</summary>
    /// <value>1 to 1,000. The default is 64.</value>
    [Range(1, 1_000)]
    public int CommitAttempts { get; set; } = 64;

    /// <summary>How Redis is reached, for the store of that kind.</summary>
    /// <value>See section <c>Store:Redis</c>.</value>
    public RedisOptions Redis { get; set; } = new();
}
