using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ConnectionStateService.Core;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// The keys and channels in Redis. A merchant belongs to one of 256 partitions, whose name is the hash tag of all its keys: all keys of
/// one script are in the same slot of a Cluster.
/// </summary>
internal static class RedisKeys
{
    /// <summary>The number of partitions. It is stored on first use; a service built with another number does not start.</summary>
    public const int PartitionCount = Partition.Count;

    /// <summary>Holds <see cref="PartitionCount"/>.</summary>
    public static readonly RedisKey Partitions = "cs:partitions";

    /// <summary>Sorted set: the processes of the fleet, by the time of their last heartbeat, in milliseconds since 1970.</summary>
    public static readonly RedisKey Fleet = "cs:fleet";

    /// <summary>Sharded channel in the slot of <see cref="Fleet"/>: a message for each change of the fleet.</summary>
    public static readonly RedisChannel FleetChannel = RedisChannel.Sharded("cs:fleet");

    /// <summary>Hash: what is kept of the consumers of the feed, by name.</summary>
    public static readonly RedisKey Consumers = "cs:feed-consumers";

    /// <summary>String: the sealed keys that merchant tokens are signed with.</summary>
    public static readonly RedisKey SigningKeys = "cs:signing-keys";

    /// <summary>Sorted set: merchants by the time until which their tokens are revoked, in milliseconds since 1970.</summary>
    public static readonly RedisKey Revocations = "cs:revocations";

    /// <summary>Sharded channel in the slot of <see cref="Revocations"/>: a message for each revocation.</summary>
    public static readonly RedisChannel RevocationsChannel = RedisChannel.Sharded("cs:revocations");

    private static readonly string[] HashTags = [.. Enumerable.Range(0, PartitionCount).Select(p => $"{p:x2}")];

    // Those that each commit names are made once, and so are those of which a list names many.
    private static readonly string[] ChannelNames = [.. HashTags.Select(tag => $"cs:{{{tag}}}")];
    private static readonly RedisKey[] DueKeys = KeysOf("due");
    private static readonly RedisKey[] ClaimKeys = KeysOf("claims");
    private static readonly RedisKey[] FeedKeys = KeysOf("feed");
    private static readonly ConcurrentDictionary<(Provider Provider, State State), RedisKey[]> LostKeys = new();

    /// <summary>Returns the partition of a merchant.</summary>
    public static int PartitionOf(string merchantId) => Partition.Of(merchantId);

    /// <summary>String: the position and the page list part of the merchant, see <see cref="RedisRecord"/>.</summary>
    public static RedisKey Merchant(int partition, string merchantId) => $"cs:{{{HashTags[partition]}}}:m:{merchantId}";

    /// <summary>String: the candidates of an open session of the merchant; removed when the session ends.</summary>
    public static RedisKey Candidates(int partition, string merchantId, string sessionId) =>
        $"cs:{{{HashTags[partition]}}}:s:{merchantId}:{sessionId}";

    /// <summary>Stream: one entry per commit, whose id is <c>revision-0</c>.</summary>
    public static RedisKey Changes(int partition, string merchantId) => $"cs:{{{HashTags[partition]}}}:changes:{merchantId}";

    /// <summary>Sorted set: merchants by their earliest deadline, in milliseconds since 1970.</summary>
    public static RedisKey Due(int partition) => DueKeys[partition];

    /// <summary>Sorted set: claims that wait to be settled, by the time of the grant, in milliseconds since 1970.</summary>
    public static RedisKey Claims(int partition) => ClaimKeys[partition];

    /// <summary>Stream: one entry per commit of the partition's merchants, with consecutive ids <c>0-number</c>.</summary>
    public static RedisKey Feed(int partition) => FeedKeys[partition];

    /// <summary>Sorted set: the merchants of the partition, all with the score 0, so that they are in the order of their ids.</summary>
    public static RedisKey Merchants(int partition) => $"cs:{{{HashTags[partition]}}}:merchants";

    /// <summary>Hash: the number of listed connections by <c>provider/state/cause</c>.</summary>
    public static RedisKey Tally(int partition) => $"cs:{{{HashTags[partition]}}}:tally";

    /// <summary>Hash: the number of losses in a month by <c>day/provider/state/cause</c>. It expires after <see cref="LossDay.KeptDays"/> without a loss.</summary>
    public static RedisKey Losses(int partition, DateOnly day) =>
        string.Create(CultureInfo.InvariantCulture, $"cs:{{{HashTags[partition]}}}:losses:{day:yyyy-MM}");

    /// <summary>
    /// Sorted set: the lost connections with a provider and a state, <c>time merchant page id</c>, all with the score 0, so that they are in the order of the
    /// time of the state, in milliseconds since 1970 with 15 digits.
    /// </summary>
    public static RedisKey Lost(int partition, Provider provider, State state) =>
        LostKeys.GetOrAdd((provider, state), static kind => KeysOf($"lost:{(int)kind.Provider}:{(int)kind.State}"))[partition];

    /// <summary>String: written by a readiness check; expires.</summary>
    public static RedisKey Probe(int partition) => $"cs:{{{HashTags[partition]}}}:probe";

    /// <summary>Sharded channel: a message for each commit of the partition's merchants.</summary>
    public static RedisChannel Channel(int partition) => RedisChannel.Sharded(ChannelNames[partition]);

    /// <summary>The name of <see cref="Channel"/>.</summary>
    public static string ChannelName(int partition) => ChannelNames[partition];

    /// <summary>
    /// Hash: merchants that may list a page, and the revision at which they last listed it; and the register of the page. Several pages share
    /// a hash. A key for each page would take twice the memory.
    /// </summary>
    public static RedisKey Pages(PageRef page) => $"cs:pages:{HashOf(PageEntry(page, ""), bits: 14):x4}";

    /// <summary>
    /// Hash: merchants that may have a listed connection that uses an account, and the revision at which they last had one. Several accounts share a
    /// hash: a merchant has fewer accounts than pages, so there are fewer hashes.
    /// </summary>
    public static RedisKey Accounts(AccountRef account) => $"cs:accounts:{HashOf(AccountEntry(account, ""), bits: 12):x3}";

    /// <summary>Returns the hash field of a page's register: <c>provider/page id</c>.</summary>
    public static string PageRegister(PageRef page) => $"{(int)page.Provider}/{page.PageId}";

    /// <summary>Returns the hash field of a page and a merchant: <c>provider/page id/merchant</c>.</summary>
    public static string PageEntry(PageRef page, string merchantId) => $"{(int)page.Provider}/{page.PageId}/{merchantId}";

    /// <summary>Returns the hash field of an account and a merchant: <c>provider/account id/merchant</c>.</summary>
    public static string AccountEntry(AccountRef account, string merchantId) => $"{(int)account.Provider}/{account.AccountId}/{merchantId}";

    // The first bits of the SHA-256.
    private static int HashOf(string entry, int bits)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(entry), hash);
        return BinaryPrimitives.ReadUInt16BigEndian(hash) >> (16 - bits);
    }

    private static RedisKey[] KeysOf(string name) => [.. HashTags.Select(tag => (RedisKey)$"cs:{{{tag}}}:{name}")];
}
