using System.Buffers.Text;
using System.Security.Cryptography;
using ConnectionStateService.Core;
using ConnectionStateService.Watch;

namespace ConnectionStateService.Tests.Watch;

public sealed class ResumeTokenTests
{
    private const string Merchant = "shop-1";

    private static readonly HistoryPosition Somewhere = new(77, 0xFEDC_BA98_7654_3210);

    [Theory]
    [InlineData(0, 0UL)]
    [InlineData(1, 1UL)]
    [InlineData(long.MaxValue, ulong.MaxValue)]
    public void A_token_says_where_it_was_made(long revision, ulong commitId)
    {
        var token = ResumeToken.Encode(Merchant, new HistoryPosition(revision, commitId));

        Assert.Null(ResumeToken.Decode(token, Merchant, out var place));
        Assert.Equal(new HistoryPosition(revision, commitId), place);
    }

    [Fact]
    public void The_longest_merchants_token_is_no_longer_than_promised() =>
        Assert.InRange(ResumeToken.Encode(new string('m', 64), Somewhere).Length, 1, ResumeToken.MaxLength);

    [Fact]
    public void A_token_can_stand_in_an_address_as_it_is() =>
        Assert.Matches("^[A-Za-z0-9_-]+$", ResumeToken.Encode(Merchant, Somewhere));

    [Theory]
    [InlineData("shop-2")]
    [InlineData("shop-")]
    [InlineData("shop-11")]
    [InlineData("SHOP-1")]
    public void Another_merchants_token_is_refused(string other) =>
        Assert.Equal(ResumeTokenProblem.OtherMerchant, ResumeToken.Decode(ResumeToken.Encode(other, Somewhere), Merchant, out _));

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("77")]
    [InlineData("not a token")]
    [InlineData("AQAAAAAAAABN")]
    [InlineData("CAESAggB")]
    [InlineData("ạ")]
    public void What_is_no_token_is_refused(string text) =>
        Assert.Equal(ResumeTokenProblem.Malformed, ResumeToken.Decode(text, Merchant, out _));

    [Fact]
    public void A_token_with_any_character_changed_left_out_or_added_is_refused()
    {
        var token = ResumeToken.Encode(Merchant, Somewhere);
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
    public void A_very_long_text_is_refused() =>
        Assert.Equal(ResumeTokenProblem.Malformed, ResumeToken.Decode(new string('A', 100_000), Merchant, out _));

    [Fact]
    public void A_newer_versions_token_is_told_from_a_malformed_one() =>
        Assert.Equal(ResumeTokenProblem.NewerVersion, ResumeToken.Decode(Altered(bytes => bytes[0] = 2), Merchant, out _));

    [Fact]
    public void A_token_of_no_version_is_refused() =>
        Assert.Equal(ResumeTokenProblem.Malformed, ResumeToken.Decode(Altered(bytes => bytes[0] = 0), Merchant, out _));

    [Fact]
    public void A_token_of_a_place_that_cannot_be_is_refused()
    {
        Assert.Equal(ResumeTokenProblem.Malformed, ResumeToken.Decode(Altered(bytes => bytes[1] = 0x80), Merchant, out _));
        Assert.Equal(ResumeTokenProblem.Malformed, ResumeToken.Decode(ResumeToken.Encode(Merchant, new HistoryPosition(5, 0)), Merchant, out _));
        Assert.Equal(ResumeTokenProblem.Malformed, ResumeToken.Decode(ResumeToken.Encode(Merchant, new HistoryPosition(0, 5)), Merchant, out _));
    }

    // A token that was altered with its digest made good again, as a bug would, or another version.
    private static string Altered(Action<byte[]> alter)
    {
        var bytes = Base64Url.DecodeFromChars(ResumeToken.Encode(Merchant, Somewhere));
        alter(bytes);
        SHA256.HashData(bytes.AsSpan(..^4)).AsSpan(..4).CopyTo(bytes.AsSpan(bytes.Length - 4));
        return Base64Url.EncodeToString(bytes);
    }
}
