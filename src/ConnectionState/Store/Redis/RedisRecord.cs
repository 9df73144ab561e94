using System.Globalization;
using System.Text;
using ConnectionStateService.Core;
using ConnectionStateService.Store.Records;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// A merchant as it is stored: a line with its place, <c>revision-commit id in hexadecimal</c>, which scripts compare and people can
/// read; then the record.
/// </summary>
internal static class RedisRecord
{
    /// <summary>The longest that the line with the place can be, in bytes.</summary>
    public const int MaxPositionLength = 19 + 1 + CommitIdLength + 1;

    private const int CommitIdLength = 16;

    private const byte EndOfPlace = (byte)'\n';

    /// <summary>The place of a merchant that cannot be read: equal to none that is known.</summary>
    public static readonly HistoryPosition Unreadable = new(-1, 0);

    /// <summary>The line with the place; empty for a merchant that nothing is stored of.</summary>
    public static string PlaceLine(HistoryPosition place) => place.Revision == 0 ? "" : $"{place.Revision}-{place.CommitId:x16}\n";

    public static byte[] Encode(MerchantRecord record, ulong commitId)
    {
        var line = PlaceLine(new HistoryPosition(record.Revision, commitId));
        var body = RecordCodec.Encode(record);
        var bytes = new byte[line.Length + body.Length];
        Encoding.ASCII.GetBytes(line, bytes);
        body.CopyTo(bytes, line.Length);
        return bytes;
    }

    /// <param name="merchantId">The merchant.</param>
    /// <param name="stored">What is stored; none: nothing.</param>
    /// <exception cref="RecordUnreadableException">The bytes are not what this version writes.</exception>
    public static StoredMerchant Decode(string merchantId, byte[]? stored)
    {
        if (stored is null)
        {
            return new StoredMerchant(MerchantRecord.Unknown(merchantId), 0);
        }

        var bytes = stored.AsSpan();
        var end = bytes[..Math.Min(bytes.Length, MaxPositionLength)].IndexOf(EndOfPlace);
        return end >= 0 && ReadPlace(bytes[..end]) is { } place
            ? new StoredMerchant(RecordCodec.DecodeRecord(merchantId, place.Revision, bytes[(end + 1)..]), place.CommitId)
            : throw new RecordUnreadableException(merchantId, "it does not begin with its place");
    }

    /// <summary>The place at the beginning of what is stored; of what is no record, a place that is nobody's.</summary>
    public static HistoryPosition DecodePosition(ReadOnlySpan<byte> beginning)
    {
        var end = beginning.IndexOf(EndOfPlace);
        return beginning.IsEmpty ? default
            : end >= 0 && ReadPlace(beginning[..end]) is { } place ? place
            : Unreadable;
    }

    private static HistoryPosition? ReadPlace(ReadOnlySpan<byte> line)
    {
        var dash = line.IndexOf((byte)'-');
        return dash > 0
            && line.Length - dash - 1 == CommitIdLength
            && long.TryParse(line[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out var revision)
            && ulong.TryParse(line[(dash + 1)..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var commitId)
            && revision > 0
                ? new HistoryPosition(revision, commitId)
                : null;
    }
}
