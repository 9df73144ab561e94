using System.Security.Cryptography;
using System.Text.Json;
using ConnectionStateService.Auth;

namespace ConnectionStateService.Tests.Auth;

/// <summary>The signing keys: rotation, and how they are sealed.</summary>
public sealed class SigningKeyTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Rotation = TimeSpan.FromDays(30);

    [Fact]
    public void A_next_key_is_published_before_it_signs_and_the_old_one_until_its_last_token_has_expired()
    {
        var first = SigningKeySet.Empty.RotateAt(Start, Rotation);
        var firstId = SignerAt(first, Start);
        Assert.Same(first, first.RotateAt(Start + Rotation - SigningKeySet.PublishedBefore - TimeSpan.FromTicks(1), Rotation));

        var published = Start + Rotation - SigningKeySet.PublishedBefore;
        var both = first.RotateAt(published, Rotation);

        Assert.Equal(2, Ids(both).Count);
        Assert.Equal(firstId, SignerAt(both, Start + Rotation - TimeSpan.FromTicks(1)));
        Assert.NotEqual(firstId, SignerAt(both, Start + Rotation));
        var lastExpiry = Start + Rotation + MerchantTokenOptions.MaxLifetime + new AuthOptions().ClockSkew;
        Assert.Same(both, both.RotateAt(lastExpiry, Rotation));
        Assert.Equal([SignerAt(both, Start + Rotation)], Ids(both.RotateAt(lastExpiry + TimeSpan.FromMinutes(2), Rotation)));
    }

    [Fact]
    public void A_set_that_was_not_looked_at_for_long_gets_a_new_key_and_keeps_one_that_signs()
    {
        var old = SigningKeySet.Empty.RotateAt(Start, Rotation);

        var later = old.RotateAt(Start + (3 * Rotation), Rotation);

        Assert.Equal(2, Ids(later).Count);
        Assert.Equal(SignerAt(old, Start), SignerAt(later, Start + (3 * Rotation)));
    }

    [Fact]
    public void A_set_is_read_back()
    {
        var set = SigningKeySet.Empty.RotateAt(Start, Rotation).RotateAt(Start + Rotation, Rotation);

        Assert.Equal(JsonSerializer.Serialize(set.PublicKeys), JsonSerializer.Serialize(SigningKeySet.Decode(set.Encode()).PublicKeys));
    }

    [Fact]
    public void What_is_sealed_opens_with_the_key_for_its_purpose_and_unaltered_only()
    {
        var (a, b) = (NewKey(), NewKey());
        var box = Keys(a).Seal("secret"u8, "purpose"u8);

        Assert.Equal("secret"u8.ToArray(), Keys(a).TryOpen(box, "purpose"u8));
        Assert.Equal("secret"u8.ToArray(), Keys(b, a).TryOpen(box, "purpose"u8));
        Assert.True(Keys(a, b).IsSealedByFirst(box, "purpose"u8));
        Assert.False(Keys(b, a).IsSealedByFirst(box, "purpose"u8));
        Assert.Null(Keys(b).TryOpen(box, "purpose"u8));
        Assert.Null(Keys(a).TryOpen(box, "other"u8));
        Assert.Null(Keys(a).TryOpen([], "purpose"u8));
        for (var i = 0; i < box.Length; i++)
        {
            var altered = box.ToArray();
            altered[i] ^= 1;
            Assert.Null(Keys(a).TryOpen(altered, "purpose"u8));
        }

        Assert.NotEqual(box, Keys(a).Seal("secret"u8, "purpose"u8));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("AAAA")]
    public void A_sealing_key_file_without_32_byte_keys_is_refused(string content) =>
        Assert.Contains("openssl rand -base64 32", SealingKeys.Parse(content, out _), StringComparison.Ordinal);

    private static string NewKey() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(SealingKeys.KeySize));

    private static SealingKeys Keys(params string[] keys)
    {
        Assert.Null(SealingKeys.Parse(string.Join('\n', keys), out var parsed));
        return parsed!;
    }

    private static string SignerAt(SigningKeySet set, DateTimeOffset time) => set.CredentialsAt(time).Key.KeyId;

    private static List<string> Ids(SigningKeySet set) =>
        [.. JsonSerializer.SerializeToElement(set.PublicKeys).EnumerateArray().Select(key => key.GetProperty("kid").GetString()!)];
}
