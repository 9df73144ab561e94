using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;

namespace ConnectionStateService.Auth;

/// <summary>
/// The callers of the tokens that were validated last, so that a signature is verified once and not for every call. Tokens are kept as hashes. A
/// caller that is found may have expired or been revoked since.
/// </summary>
internal sealed class CallerCache(TimeProvider clock)
{
    /// <summary>The maximum number of tokens.</summary>
    public const int MaxCount = 16_384;

    /// <summary>The maximum length of a token.</summary>
    public const int MaxTokenLength = 8_192;

    private const int UsualTokenLength = 1_024;

    private readonly ConcurrentDictionary<TokenHash, Caller> callers = new();
    private int count;

    /// <summary>Hashes a token. Returns false if it is too long or has characters that no token has.</summary>
    public static bool TryHash(ReadOnlySpan<char> token, out TokenHash hash)
    {
        hash = default;
        if (token.Length is 0 or > MaxTokenLength)
        {
            return false;
        }

        Span<byte> bytes = token.Length <= UsualTokenLength ? stackalloc byte[UsualTokenLength] : new byte[token.Length];
        if (Ascii.FromUtf16(token, bytes, out var length) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        SHA256.HashData(bytes[..length], hash);
        return true;
    }

    public Caller? Find(in TokenHash hash) => callers.GetValueOrDefault(hash);

    public void Add(in TokenHash hash, Caller caller)
    {
        if (Volatile.Read(ref count) >= MaxCount)
        {
            MakeRoom();
        }

        if (callers.TryAdd(hash, caller))
        {
            Interlocked.Increment(ref count);
        }
    }

    // Who is removed too early is validated once more.
    private void MakeRoom()
    {
        var now = clock.GetUtcNow();
        foreach (var entry in callers.Where(entry => entry.Value.ExpiresAt < now || entry.Value.IsRevoked))
        {
            Remove(entry);
        }

        foreach (var entry in callers.Take(Math.Max(0, count - (MaxCount / 2))))
        {
            Remove(entry);
        }
    }

    private void Remove(KeyValuePair<TokenHash, Caller> entry)
    {
        if (callers.TryRemove(entry))
        {
            Interlocked.Decrement(ref count);
        }
    }
}

/// <summary>The SHA-256 of a token.</summary>
[InlineArray(SHA256.HashSizeInBytes)]
internal struct TokenHash : IEquatable<TokenHash>
{
    private byte first;

    public static bool operator ==(TokenHash left, TokenHash right) => left.Equals(right);

    public static bool operator !=(TokenHash left, TokenHash right) => !left.Equals(right);

    public readonly bool Equals(TokenHash other) => ((ReadOnlySpan<byte>)this).SequenceEqual(other);

    public override readonly bool Equals(object? obj) => obj is TokenHash other && Equals(other);

    // Any four bytes of a hash are one.
    public override readonly int GetHashCode() => BitConverter.ToInt32(this);
}
