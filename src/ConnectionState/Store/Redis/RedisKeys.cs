using System.Security.Cryptography;
using System.Text;
using ConnectionStateService.Core;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// The names of everything in Redis. A merchant belongs to one of 256 partitions, whose name is the hash tag of all its keys: what one
/// script touches lies on one server of a Cluster.
/// </summary>
internal static class RedisKeys
{
    /// <summary>How many partitions there are. The number is stored on first use; a service with another one does not start.</summary>
    public const int PartitionCount = 256;

    /// <summary>Holds <see cref="PartitionCount"/>.</summary>
    public static readonly RedisKey Partitions = "cs:partitions";

    private static readonly string[] Names = [.. Enumerable.Range(0, PartitionCount).Select(p => $"{p:x2}")];

    /// <summary>The partition of a merchant: the first byte of the SHA-256 of its id.</summary>
    public static int PartitionOf(string merchantId)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(merchantId), hash);
        return hash[0];
    }

    /// <summary>String: the merchant's place and record, see <see cref="RedisRecord"/>.</summary>
    public static RedisKey Merchant(int partition, string merchantId) => $"cs:{{{Names[partition]}}}:merchant:{merchantId}";

    /// <summary>Stream: one entry per commit, whose id is <c>revision-0</c>.</summary>
    public static RedisKey Changes(int partition, string merchantId) => $"cs:{{{Names[partition]}}}:changes:{merchantId}";

    /// <summary>Sorted set: merchants by their earliest deadline, in milliseconds since 1970.</summary>
    public static RedisKey Due(int partition) => $"cs:{{{Names[partition]}}}:due";

    /// <summary>Sorted set: claims that wait to be settled, by when they were made, in milliseconds since 1970.</summary>
    public static RedisKey Claims(int partition) => $"cs:{{{Names[partition]}}}:claims";

    /// <summary>String: which process is at work on what is due in the partition; ends by itself.</summary>
    public static RedisKey Lease(int partition) => $"cs:{{{Names[partition]}}}:lease";

    /// <summary>String: written to find out whether the partition can be written; ends by itself.</summary>
    public static RedisKey Probe(int partition) => $"cs:{{{Names[partition]}}}:probe";

    /// <summary>Sharded channel: a message for each commit of the partition's merchants.</summary>
    public static RedisChannel Channel(int partition) => RedisChannel.Sharded($"cs:{{{Names[partition]}}}");

    /// <summary>
    /// Hash: who may have which of some pages listed, and the revision at which they last listed it. A key for each page would take
    /// twice the memory.
    /// </summary>
    public static RedisKey Pages(PageRef page)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(PageEntry(page, "")), hash);
        return $"cs:pages:{hash[0]:x2}{hash[1]:x2}";
    }

    /// <summary>The entry of a page and a merchant: <c>provider/page id/merchant</c>.</summary>
    public static string PageEntry(PageRef page, string merchantId) => $"{(int)page.Provider}/{page.PageId}/{merchantId}";
}
