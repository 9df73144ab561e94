using System.Collections.Immutable;
using System.Security.Cryptography;

namespace ConnectionStateService.Auth;

/// <summary>Encrypts and authenticates what is stored with AES-256-GCM, so that who can read or write the store can neither learn nor replace it.</summary>
internal sealed class SealingKeys
{
    public const int KeySize = 32;

    private const byte Version = 1;
    private const int TagSize = 16;
    private const int NonceSize = 12;
    private const int HeaderSize = 1 + NonceSize + TagSize;

    private readonly ImmutableArray<byte[]> keys;

    private SealingKeys(ImmutableArray<byte[]> keys) => this.keys = keys;

    /// <summary>Reads the keys: one in each line, in base64.</summary>
    /// <param name="text">The content of the file.</param>
    /// <param name="keys">The keys, or null if there are errors.</param>
    /// <returns>What is wrong, or null. It contains nothing that is secret.</returns>
    public static string? Parse(string text, out SealingKeys? keys)
    {
        keys = null;
        var parsed = ImmutableArray.CreateBuilder<byte[]>();
        var lines = text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var line in lines)
        {
            var key = new byte[KeySize];
            if (!Convert.TryFromBase64String(line, key, out var length) || length != KeySize)
            {
                return $"line {parsed.Count + 1} is not {KeySize} bytes in base64; openssl rand -base64 {KeySize} makes a key";
            }

            parsed.Add(key);
        }

        if (parsed.Count == 0)
        {
            return $"it has no key; openssl rand -base64 {KeySize} makes one";
        }

        keys = new SealingKeys(parsed.ToImmutable());
        return null;
    }

    /// <summary>Seals a text with the first key.</summary>
    /// <param name="plaintext">The text.</param>
    /// <param name="purpose">What it is for; it opens for the same purpose only.</param>
    public byte[] Seal(ReadOnlySpan<byte> plaintext, ReadOnlySpan<byte> purpose)
    {
        var sealedBytes = new byte[HeaderSize + plaintext.Length];
        sealedBytes[0] = Version;
        var nonce = sealedBytes.AsSpan(1, NonceSize);
        var tag = sealedBytes.AsSpan(1 + NonceSize, TagSize);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(keys[0], TagSize);
        aes.Encrypt(nonce, plaintext, sealedBytes.AsSpan(HeaderSize), tag, purpose);
        return sealedBytes;
    }

    /// <summary>Opens what was sealed. Returns null if no key fits or it was altered.</summary>
    public byte[]? TryOpen(ReadOnlySpan<byte> sealedBytes, ReadOnlySpan<byte> purpose)
    {
        if (sealedBytes.Length < HeaderSize || sealedBytes[0] != Version)
        {
            return null;
        }

        var nonce = sealedBytes.Slice(1, NonceSize);
        var tag = sealedBytes.Slice(1 + NonceSize, TagSize);
        var plaintext = new byte[sealedBytes.Length - HeaderSize];
        foreach (var key in keys)
        {
            using var aes = new AesGcm(key, TagSize);
            try
            {
                aes.Decrypt(nonce, sealedBytes[HeaderSize..], tag, plaintext, purpose);
                return plaintext;
            }
            catch (AuthenticationTagMismatchException)
            {
                // Another key may fit.
            }
        }

        return null;
    }

    /// <summary>Whether the first key sealed it.</summary>
    public bool IsSealedByFirst(ReadOnlySpan<byte> sealedBytes, ReadOnlySpan<byte> purpose) =>
        new SealingKeys([keys[0]]).TryOpen(sealedBytes, purpose) is not null;
}
