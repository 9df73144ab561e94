using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using ConnectionStateService.Core;
using ConnectionStateService.Store;

namespace ConnectionStateService.Merchants;

/// <summary>
/// Where a list continues, encoded for callers and opaque to them: base64url of version, the hash of the request, a place and check digits. It names
/// nothing that the process keeps, so it does not expire.
/// </summary>
internal static class PageToken
{
    /// <summary>The maximum length of a token, in characters.</summary>
    public const int MaxLength = 320;

    // Base64url ignores it.
    private const string WhiteSpace = " \t\r\n";

    private const byte Version = 1;
    private const int HashOffset = 1;
    private const int PlaceOffset = HashOffset + sizeof(uint);

    // Not in ids.
    private const char Separator = ' ';

    /// <summary>Encodes a place in the list of a request.</summary>
    public static string Encode(uint request, AfterMerchant place) => Encode(request, place.Id);

    /// <summary>Encodes a place in an export.</summary>
    public static string Encode(uint request, AfterExported place) =>
        Encode(request, string.Create(CultureInfo.InvariantCulture, $"{place.Partition}{Separator}{place.Id}"));

    /// <summary>Encodes a place in the list of a request.</summary>
    public static string Encode(uint request, LostConnection place) => Encode(
        request,
        string.Join(
            Separator,
            place.Since.ToString(CultureInfo.InvariantCulture),
            ((int)place.Kind.Provider).ToString(CultureInfo.InvariantCulture),
            ((int)place.Kind.State).ToString(CultureInfo.InvariantCulture),
            place.MerchantId,
            place.PageId));

    /// <summary>Decodes a place in a list by merchant. Null if the token is not one of this request.</summary>
    public static AfterMerchant? DecodeMerchant(string token, uint request) =>
        Decode(token, request) is { } place && !place.Contains(Separator, StringComparison.Ordinal) ? new AfterMerchant(place) : null;

    /// <summary>Decodes a place in an export. Null if the token is not one of this request.</summary>
    public static AfterExported? DecodeExported(string token, uint request) =>
        Decode(token, request)?.Split(Separator) is [var partition, var id]
            && int.TryParse(partition, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
                ? new AfterExported(number, id)
                : null;

    /// <summary>Decodes a place in a list of lost connections. Null if the token is not one of this request.</summary>
    public static LostConnection? DecodeLost(string token, uint request) =>
        Decode(token, request)?.Split(Separator) is [var since, var provider, var state, var merchantId, var pageId]
            && long.TryParse(since, NumberStyles.None, CultureInfo.InvariantCulture, out var time)
            && int.TryParse(provider, NumberStyles.None, CultureInfo.InvariantCulture, out var providerNumber)
            && int.TryParse(state, NumberStyles.None, CultureInfo.InvariantCulture, out var stateNumber)
                ? new LostConnection(time, merchantId, pageId, new((Provider)providerNumber, (State)stateNumber))
                : null;

    private static string Encode(uint request, string place)
    {
        var length = PlaceOffset + Encoding.ASCII.GetByteCount(place);
        Span<byte> bytes = stackalloc byte[length + sizeof(uint)];
        bytes[0] = Version;
        BinaryPrimitives.WriteUInt32BigEndian(bytes[HashOffset..], request);
        Encoding.ASCII.GetBytes(place, bytes[PlaceOffset..]);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[length..], Crc32.HashToUInt32(bytes[..length]));
        return Base64Url.EncodeToString(bytes);
    }

    private static string? Decode(string token, uint request)
    {
        Span<byte> bytes = stackalloc byte[MaxLength];
        return token.Length is > 0 and <= MaxLength && !token.AsSpan().ContainsAny(WhiteSpace) && Base64Url.IsValid(token)
            && Base64Url.TryDecodeFromChars(token, bytes, out var size)
            && size - sizeof(uint) is var length and > PlaceOffset
            && BinaryPrimitives.ReadUInt32BigEndian(bytes[length..]) == Crc32.HashToUInt32(bytes[..length])
            && bytes[0] == Version
            && BinaryPrimitives.ReadUInt32BigEndian(bytes[HashOffset..]) == request
                ? Encoding.ASCII.GetString(bytes[PlaceOffset..length])
                : null;
    }
}
