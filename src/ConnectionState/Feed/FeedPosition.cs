using System.Buffers.Binary;
using System.Buffers.Text;
using System.IO.Hashing;
using ConnectionStateService.Store;

namespace ConnectionStateService.Feed;

/// <summary>Why a position is invalid.</summary>
internal enum FeedPositionProblem
{
    /// <summary>It is not a position, or it was altered.</summary>
    Malformed,

    /// <summary>A newer version of the service issued it.</summary>
    NewerVersion,

    /// <summary>It is of another partition.</summary>
    OtherPartition,
}

/// <summary>
/// A position in a partition of the feed, encoded for callers and opaque to them: base64url of version, partition, number, commit id and check digits.
/// </summary>
internal static class FeedPosition
{
    /// <summary>The maximum length of a position, in characters.</summary>
    public const int MaxLength = 48;

    // Base64url ignores it.
    private const string WhiteSpace = " \t\r\n";

    private const byte Version = 1;
    private const int PartitionOffset = 1;
    private const int NumberOffset = PartitionOffset + 1;
    private const int CommitIdOffset = NumberOffset + sizeof(long);
    private const int CheckOffset = CommitIdOffset + sizeof(ulong);
    private const int Length = CheckOffset + sizeof(uint);

    /// <summary>Encodes a position in a partition.</summary>
    public static string Encode(int partition, FeedPoint point)
    {
        Span<byte> bytes = stackalloc byte[Length];
        bytes[0] = Version;
        bytes[PartitionOffset] = (byte)partition;
        BinaryPrimitives.WriteInt64BigEndian(bytes[NumberOffset..], point.Number);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[CommitIdOffset..], point.CommitId);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[CheckOffset..], Crc32.HashToUInt32(bytes[..CheckOffset]));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Decodes a position.</summary>
    /// <returns>The problem, or null if the position is valid.</returns>
    public static FeedPositionProblem? Decode(string position, out int partition, out FeedPoint point)
    {
        (partition, point) = (0, default);
        Span<byte> bytes = stackalloc byte[MaxLength];
        if (position.Length is 0 or > MaxLength || position.AsSpan().ContainsAny(WhiteSpace) || !Base64Url.IsValid(position)
            || !Base64Url.TryDecodeFromChars(position, bytes, out var length)
            || length < sizeof(uint) + 1
            || BinaryPrimitives.ReadUInt32BigEndian(bytes[(length - sizeof(uint))..]) != Crc32.HashToUInt32(bytes[..(length - sizeof(uint))]))
        {
            return FeedPositionProblem.Malformed;
        }

        if (bytes[0] > Version)
        {
            return FeedPositionProblem.NewerVersion;
        }

        (partition, point) = (bytes[PartitionOffset], new FeedPoint(
            BinaryPrimitives.ReadInt64BigEndian(bytes[NumberOffset..]), BinaryPrimitives.ReadUInt64BigEndian(bytes[CommitIdOffset..])));
        return bytes[0] != Version || length != Length || point.Number < 0 || (point.Number == 0 && point.CommitId != 0)
            ? FeedPositionProblem.Malformed
            : null;
    }

    /// <summary>Decodes a position that must be of a partition.</summary>
    /// <returns>The problem, or null if the position is valid.</returns>
    public static FeedPositionProblem? Decode(string position, int partition, out FeedPoint point) =>
        Decode(position, out var named, out point) ?? (named == partition ? null : FeedPositionProblem.OtherPartition);
}
