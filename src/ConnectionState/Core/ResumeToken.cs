using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace ConnectionStateService.Core;

/// <summary>What is wrong with a resume token.</summary>
public enum TokenProblem
{
    /// <summary>It is no token, or was altered.</summary>
    Malformed,

    /// <summary>A newer version of the service made it.</summary>
    NewerVersion,

    /// <summary>It is of another merchant.</summary>
    OtherMerchant,
}

/// <summary>
/// A place in one merchant's history, as callers keep it: opaque to them. Version, revision, commit id, merchant and a digest of all
/// that, in base64url.
/// </summary>
public static class ResumeToken
{
    /// <summary>The longest token.</summary>
    public const int LongestToken = 256;

    private const byte Version = 1;
    private const int RevisionAt = 1;
    private const int CommitIdAt = RevisionAt + sizeof(long);
    private const int MerchantAt = CommitIdAt + sizeof(ulong);

    // Enough to tell what was altered or made up by mistake; a token gives no right to anything.
    private const int DigestLength = 4;

    /// <summary>Makes a token.</summary>
    public static string Encode(string merchantId, HistoryPosition place)
    {
        var merchant = Encoding.UTF8.GetBytes(merchantId);
        var bytes = new byte[MerchantAt + merchant.Length + DigestLength];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(RevisionAt), place.Revision);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(CommitIdAt), place.CommitId);
        merchant.CopyTo(bytes.AsSpan(MerchantAt));
        Digest(bytes).CopyTo(bytes.AsSpan(bytes.Length - DigestLength));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Reads a token that must be of <paramref name="merchantId"/>.</summary>
    /// <returns>The problem, or none and the place.</returns>
    public static TokenProblem? Decode(string token, string merchantId, out HistoryPosition place)
    {
        place = default;
        if (token.Length > LongestToken || !TryDecode(token, out var bytes))
        {
            return TokenProblem.Malformed;
        }

        if (bytes[0] > Version)
        {
            return TokenProblem.NewerVersion;
        }

        var read = new HistoryPosition(
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(RevisionAt)), BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(CommitIdAt)));
        if (bytes[0] == 0 || read.Revision < 0 || (read.Revision == 0) != (read.CommitId == 0))
        {
            return TokenProblem.Malformed;
        }

        if (!bytes.AsSpan(MerchantAt..^DigestLength).SequenceEqual(Encoding.UTF8.GetBytes(merchantId)))
        {
            return TokenProblem.OtherMerchant;
        }

        place = read;
        return null;
    }

    private static bool TryDecode(string token, out byte[] bytes)
    {
        bytes = [];
        if (!Base64Url.IsValid(token) || token.Any(char.IsWhiteSpace))
        {
            return false;
        }

        bytes = Base64Url.DecodeFromChars(token);
        return bytes.Length > MerchantAt + DigestLength && bytes.AsSpan(bytes.Length - DigestLength).SequenceEqual(Digest(bytes));
    }

    private static ReadOnlySpan<byte> Digest(byte[] bytes) =>
        SHA256.HashData(bytes.AsSpan(..^DigestLength)).AsSpan(..DigestLength);
}
