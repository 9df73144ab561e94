using System.ComponentModel.DataAnnotations;

namespace ConnectionState.Store;

/// <summary>Where the merchants are kept, and how much of their past. Configuration section <c>Store</c>.</summary>
public sealed class StoreOptions
{
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
}
