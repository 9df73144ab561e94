using System.Globalization;
using System.Text;
using ConnectionStateService.Core;
using ConnectionStateService.Store.Records;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// Encodes a merchant as it is stored: a line with its position, <c>revision-commit id in hexadecimal</c>, which scripts compare and
/// people can read; then the page list part.
/// </summary>
internal static class RedisRecord
{
    /// <summary>The maximum length of the position line, in bytes.</summary>
    public const int MaxPositionLength = 19 + 1 + CommitIdLength + 1;

    private const int CommitIdLength = 16;

    private const byte EndOfLine = (byte)'\n';

    /// <summary>The position of a merchant whose record cannot be read. It equals no real position.</summary>
    public static readonly HistoryPosition Unreadable = new(-1, 0);

    /// <summary>Returns the position line, or an empty string for a merchant that was never stored.</summary>
    public static string PositionLine(HistoryPosition position) =>
        position.Revision == 0 ? "" : $"{position.Revision}-{position.CommitId:x16}\n";

    public static byte[] Encode(MerchantRecord record, ulong commitId)
    {
        Span<byte> line = stackalloc byte[MaxPositionLength];
        var length = Encoding.ASCII.GetBytes(PositionLine(new HistoryPosition(record.Revision, commitId)), line);
        return RecordCodec.EncodePageList(record, line[..length]);
    }

    /// <summary>Decodes the page list part; no other part is loaded.</summary>
    /// <param name="merchantId">The merchant.</param>
    /// <param name="stored">The stored bytes, or null if nothing is stored.</param>
    /// <exception cref="RecordUnreadableException">The bytes are damaged, or of a version that this one cannot read.</exception>
    public static StoredMerchant Decode(string merchantId, byte[]? stored)
    {
        if (stored is null)
        {
            return new StoredMerchant(MerchantRecord.Unknown(merchantId), 0);
        }

        var bytes = stored.AsSpan();
        var end = bytes[..Math.Min(bytes.Length, MaxPositionLength)].IndexOf(EndOfLine);
        return end >= 0 && ParsePosition(bytes[..end]) is { } position
            ? new StoredMerchant(RecordCodec.DecodePageList(merchantId, position.Revision, bytes[(end + 1)..]), position.CommitId)
            : throw new RecordUnreadableException(merchantId, "it does not start with a position line");
    }

    /// <summary>Decodes the position from the first bytes of a record; <see cref="Unreadable"/> if they do not start with a position line.</summary>
    public static HistoryPosition DecodePosition(ReadOnlySpan<byte> beginning)
    {
        var end = beginning.IndexOf(EndOfLine);
        return beginning.IsEmpty ? default
            : end >= 0 && ParsePosition(beginning[..end]) is { } position ? position
            : Unreadable;
    }

    /// <summary>Parses a position line without its end, or returns null.</summary>
    public static HistoryPosition? ParsePosition(ReadOnlySpan<byte> line)
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
