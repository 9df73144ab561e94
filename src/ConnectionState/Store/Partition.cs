using System.Security.Cryptography;
using System.Text;

namespace ConnectionStateService.Store;

/// <summary>The partitions of merchants. They are part of the API's contract: the feed orders the commits within a partition.</summary>
internal static class Partition
{
    /// <summary>The number of partitions.</summary>
    public const int Count = 256;

    private const int StackBytes = 256;

    /// <summary>Returns the partition of a merchant: the first byte of the SHA-256 of its id.</summary>
    public static int Of(string merchantId)
    {
        var size = Encoding.UTF8.GetMaxByteCount(merchantId.Length);
        var id = size <= StackBytes ? stackalloc byte[StackBytes] : new byte[size];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(id[..Encoding.UTF8.GetBytes(merchantId, id)], hash);
        return hash[0];
    }
}
