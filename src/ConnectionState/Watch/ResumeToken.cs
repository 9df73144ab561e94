using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using ConnectionStateService.Core;

namespace ConnectionStateService.Watch;

/// <summary>Why a resume token is invalid.</summary>
internal enum ResumeTokenProblem
{
    /// <summary>It is not a resume token, or it was altered.</summary>
    Malformed,

    /// <summary>A newer version of the service issued it.</summary>
    NewerVersion,

    /// <summary>It was issued for another merchant.</summary>
    OtherMerchant,
}

/// <summary>
/// A position in one merchant's history, encoded for callers and opaque to them: base64url of version, revision, commit id, merchant id
/// and a digest of all four.
/// </summary>
internal static class ResumeToken
{
    /// <summary>The maximum length of a token, in characters.</summary>
    public const int MaxLength = 256;

    private const byte Version = 1;
    private const int RevisionOffset = 1;
    private const int CommitIdOffset = RevisionOffset + sizeof(long);
    private const int MerchantOffset = CommitIdOffset + sizeof(ulong);

    // Detects accidental changes only. A token grants no rights, so it needs no signature.
    private const int DigestLength = 4;

    /// <summary>Encodes a position of a merchant's history.</summary>
    public static string Encode(string merchantId, HistoryPosition position)
    {
        var merchant = Encoding.UTF8.GetBytes(merchantId);
        var bytes = new byte[MerchantOffset + merchant.Length + DigestLength];
        bytes[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(RevisionOffset), position.Revision);
        BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(CommitIdOffset), position.CommitId);
        merchant.CopyTo(bytes.AsSpan(MerchantOffset));
        Digest(bytes).CopyTo(bytes.AsSpan(bytes.Length - DigestLength));
        return Base64Url.EncodeToString(bytes);
    }

    /// <summary>Decodes a token that was issued for <paramref name="merchantId"/>.</summary>
    /// <returns>The problem, or null if the token is valid and <paramref name="position"/> is set.</returns>
    public static ResumeTokenProblem? Decode(string token, string merchantId, out HistoryPosition position)
    {
        position = default;
        if (token.Length > MaxLength || !TryDecode(token, out var bytes))
        {
            return ResumeTokenProblem.Malformed;
        }

        if (bytes[0] > Version)
        {
            return ResumeTokenProblem.NewerVersion;
        }

        var decoded = new HistoryPosition(
            BinaryPrimitives.ReadInt64BigEndian(bytes.AsSpan(RevisionOffset)),
            BinaryPrimitives.ReadUInt64BigEndian(bytes.AsSpan(CommitIdOffset)));
        if (bytes[0] == 0 || decoded.Revision < 0 || (decoded.Revision == 0) != (decoded.CommitId == 0))
        {
            return ResumeTokenProblem.Malformed;
        }

        if (!bytes.AsSpan(MerchantOffset..^DigestLength).SequenceEqual(Encoding.UTF8.GetBytes(merchantId)))
        {
            return ResumeTokenProblem.OtherMerchant;
        }

        position = decoded;
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
        return bytes.Length > MerchantOffset + DigestLength
            && bytes.AsSpan(bytes.Length - DigestLength).SequenceEqual(Digest(bytes));
    }

    private static ReadOnlySpan<byte> Digest(byte[] bytes) =>
        SHA256.HashData(bytes.AsSpan(..^DigestLength)).AsSpan(..DigestLength);
}
