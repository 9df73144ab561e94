using System.Buffers.Text;
using System.Security.Cryptography;
using ConnectionStateService.Core;
using ConnectionStateService.Watch;

namespace ConnectionStateService.Tests.Watch;

public sealed class ResumeTokenTests
{
    private const string Merchant = "shop-1";

    private static readonly HistoryPosition Position = new(77, 0xFEDC_BA98_7654_3210);

    [Theory]
    [InlineData(0, 0UL)]
    [InlineData(1, 1UL)]
    [InlineData(long.MaxValue, ulong.MaxValue)]
    public void A_resume_token_decodes_to_the_position_that_was_encoded(long revision, ulong commitId)
    {
        var token = ResumeToken.Encode(Merchant, new HistoryPosition(revision, commitId));

        Assert.Null(ResumeToken.Decode(token, Merchant, out var position));
        Assert.Equal(new HistoryPosition(revision, commitId), position);
    }

    [Fact]
    public void A_resume_token_of_the_longest_merchant_id_is_within_the_maximum_length() =>
        Assert.InRange(ResumeToken.Encode(new string('m', 64), Position).Length, 1, ResumeToken.MaxLength);

    [Fact]
    public void A_resume_token_needs_no_escaping_in_a_URL() =>
        Assert.Matches("^[A-Za-z0-9_-]+$", ResumeToken.Encode(Merchant, Position));

    [Theory]
    [InlineData("shop-2")]
    [InlineData("shop-")]
    [InlineData("shop-11")]
    [InlineData("SHOP-1")]
    public void A_resume_token_of_another_merchant_is_invalid(string other) =>
        Assert.Equal(ResumeTokenProblem.OtherMerchant, ResumeToken.Decode(ResumeToken.Encode(other, Position), Merchant, out _));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("77")]
    [InlineData("not a token")]
    [InlineData("AQAAAAAAAABN")]
    [InlineData("CAESAggB")]
    [InlineData("ạ")]
    public void A_text_that_is_not_a_resume_token_is_malformed(string text) =>
        Assert.Equal(ResumeTokenProblem.Malformed, ResumeToken.Decode(text, Merchant, out _));

    [Fact]
    public void A_resume_token_with_any_character_changed_removed_or_inserted_is_invalid()
    {
        var token = ResumeToken.Encode(Merchant, Position);
        for (var i = 0; i < token.Length; i++)
        {
            var other = token[i] == 'A' ? 'B' : 'A';
            Assert.NotNull(ResumeToken.Decode($"{token[..i]}{other}{token[(i + 1)..]}", Merchant, out _));
            Assert.NotNull(ResumeToken.Decode(token.Remove(i, 1), Merchant, out _));
            Assert.NotNull(ResumeToken.Decode(token.Insert(i, "A"), Merchant, out _));
            Assert.NotNull(ResumeToken.Decode(token.Insert(i, "\n"), Merchant, out _));
        }
    }

    [Fact]
    public void A_very_long_text_is_malformed() =>
        Assert.Equal(ResumeTokenProblem.Malformed, ResumeToken.Decode(new string('A', 100_000), Merchant, out _));

    [Fact]
    public void A_resume_token_of_a_newer_version_is_reported_as_such() =>
        Assert.Equal(ResumeTokenProblem.NewerVersion, ResumeToken.Decode(Altered(bytes => bytes[0] = 2), Merchant, out _));

    [Fact]
    public void A_resume_token_of_version_0_is_malformed() =>
        Assert.Equal(ResumeTokenProblem.Malformed, ResumeToken.Decode(Altered(bytes => bytes[0] = 0), Merchant, out _));

    [Fact]
    public void A_resume_token_of_an_impossible_position_is_malformed()
    {
        Assert.Equal(ResumeTokenProblem.Malformed, ResumeToken.Decode(Altered(bytes => bytes[1] = 0x80), Merchant, out _));
        Assert.Equal(ResumeTokenProblem.Malformed, ResumeToken.Decode(ResumeToken.Encode(Merchant, new HistoryPosition(5, 0)), Merchant, out _));
        Assert.Equal(ResumeTokenProblem.Malformed, ResumeToken.Decode(ResumeToken.Encode(Merchant, new HistoryPosition(0, 5)), Merchant, out _));
    }

    // Alters a token and corrects its digest.
    private static string Altered(Action<byte[]> alter)
    {
        var bytes = Base64Url.DecodeFromChars(ResumeToken.Encode(Merchant, Position));
        alter(bytes);
        SHA256.HashData(bytes.AsSpan(..^4)).AsSpan(..4).CopyTo(bytes.AsSpan(bytes.Length - 4));
        return Base64Url.EncodeToString(bytes);
    }
}
