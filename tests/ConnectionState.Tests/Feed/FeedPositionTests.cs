using System.Buffers.Text;
using System.IO.Hashing;
using ConnectionStateService.Feed;
using ConnectionStateService.Store;

namespace ConnectionStateService.Tests.Feed;

public sealed class FeedPositionTests
{
    [Theory]
    [InlineData(0, 0L, 0UL)]
    [InlineData(255, long.MaxValue, ulong.MaxValue)]
    [InlineData(7, 1L, 1UL)]
    public void A_position_is_decoded_as_it_was_encoded_and_has_at_most_48_characters(int partition, long number, ulong commitId)
    {
        var position = FeedPosition.Encode(partition, new(number, commitId));

        Assert.Null(FeedPosition.Decode(position, partition, out var point));
        Assert.Equal(new FeedPoint(number, commitId), point);
        Assert.InRange(position.Length, 1, 48);
    }

    [Fact]
    public void A_position_of_another_partition_is_refused() =>
        Assert.Equal(FeedPositionProblem.OtherPartition, FeedPosition.Decode(FeedPosition.Encode(7, new(1, 2)), 8, out _));

    [Fact]
    public void Every_altered_character_is_noticed()
    {
        var position = FeedPosition.Encode(7, new(123_456, 0xFEDC_BA98));
        for (var i = 0; i < position.Length; i++)
        {
            foreach (var other in "AZaz09-_".Where(c => c != position[i]))
            {
                var altered = position[..i] + other + position[(i + 1)..];

                // The last character has bits that decode to nothing.
                Assert.True(FeedPosition.Decode(altered, 7, out var point) is FeedPositionProblem.Malformed || point == new FeedPoint(123_456, 0xFEDC_BA98), altered);
            }
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("AA")]
    [InlineData("not a position")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void Text_that_is_no_position_is_malformed(string text) =>
        Assert.Equal(FeedPositionProblem.Malformed, FeedPosition.Decode(text, 0, out _));

    [Fact]
    public void A_position_of_a_newer_version_is_told_from_a_malformed_one() => Assert.Equal(FeedPositionProblem.NewerVersion, FeedPosition.Decode(Seal([2, 7, 1]), 7, out _));

    [Fact]
    public void A_beginning_with_a_commit_id_is_malformed() =>
        Assert.Equal(FeedPositionProblem.Malformed, FeedPosition.Decode(FeedPosition.Encode(7, new(0, 1)), 7, out _));

    private static string Seal(byte[] bytes) => Base64Url.EncodeToString([.. bytes, .. BitConverter.GetBytes(Crc32.HashToUInt32(bytes)).Reverse()]);
}
