using System.Text;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.Tests.Support;
using FsCheck.Xunit;

namespace ConnectionStateService.Tests.Store.Redis;

/// <summary>The encoding of a merchant in Redis: the position line, then the page list part.</summary>
public sealed class RedisRecordTests
{
    private const string M = "merchant-1";

    // Without the parts that are stored apart.
    private static readonly MerchantRecord Record = StoreSamples.FullRecord(M) with
    {
        Revision = 7,
        Requests = [],
        Sessions = [.. StoreSamples.FullRecord(M).Sessions.Select(s => s with { Candidates = [] })],
    };

    [Theory]
    [InlineData(1, 1UL, "1-0000000000000001\n")]
    [InlineData(7, 0xFEDC_BA98_7654_3210, "7-fedcba9876543210\n")]
    [InlineData(long.MaxValue, ulong.MaxValue, "9223372036854775807-ffffffffffffffff\n")]
    public void An_encoded_record_starts_with_a_readable_position_line(long revision, ulong commitId, string line)
    {
        var position = new HistoryPosition(revision, commitId);

        Assert.Equal(line, RedisRecord.PositionLine(position));
        Assert.StartsWith(line, Encoding.Latin1.GetString(RedisRecord.Encode(Record with { Revision = revision }, commitId)), StringComparison.Ordinal);
        Assert.Equal(position, RedisRecord.DecodePosition(Encoding.ASCII.GetBytes(line)));
        Assert.InRange(line.Length, 1, RedisRecord.MaxPositionLength);
    }

    [Fact]
    public void A_merchant_that_was_never_stored_has_an_empty_position_line() => Assert.Equal("", RedisRecord.PositionLine(default));

    [Theory]
    [InlineData(1UL)]
    [InlineData(0x8000_0000_0000_0001)]
    [InlineData(ulong.MaxValue)]
    public void Decoding_returns_what_was_encoded(ulong commitId)
    {
        var stored = RedisRecord.Decode(M, RedisRecord.Encode(Record, commitId));

        Assert.Equal(commitId, stored.CommitId);
        Assert.Equal(RecordText.Of(Record), RecordText.Of(stored.Record));
    }

    [Fact]
    public void A_missing_record_decodes_to_an_unknown_merchant_at_revision_0()
    {
        Assert.Equal(default, RedisRecord.Decode(M, null).Position);
        Assert.Equal(M, RedisRecord.Decode(M, null).Record.MerchantId);
        Assert.Equal(default, RedisRecord.DecodePosition([]));
    }

    [Fact]
    public void A_record_truncated_at_the_end_is_unreadable()
    {
        var bytes = RedisRecord.Encode(Record, 5);

        for (var length = 0; length < bytes.Length; length++)
        {
            AssertUnreadable(bytes[..length]);
        }
    }

    [Fact]
    public void A_record_truncated_at_the_start_is_unreadable()
    {
        var bytes = RedisRecord.Encode(Record, 5);

        for (var start = 1; start < bytes.Length; start++)
        {
            AssertUnreadable(bytes[start..]);
        }
    }

    [Fact]
    public void A_record_with_a_flipped_bit_outside_the_commit_id_is_unreadable()
    {
        var bytes = RedisRecord.Encode(Record, 5);
        var body = RedisRecord.PositionLine(new HistoryPosition(7, 5)).Length;

        for (var i = 0; i < bytes.Length; i++)
        {
            // Every commit id is valid, in upper and lower case.
            if (i is < 2 || i >= body - 1)
            {
                AssertUnreadable([.. bytes[..i], (byte)(bytes[i] ^ 1), .. bytes[(i + 1)..]]);
            }
        }
    }

    [Property(MaxTest = 1_000)]
    public void Garbage_is_unreadable(byte[] garbage, bool afterPosition)
    {
        AssertUnreadable([.. afterPosition ? "7-0000000000000005\n"u8 : [], .. garbage, 0]);
        RedisRecord.DecodePosition(garbage);
    }

    [Theory]
    [InlineData("")]
    [InlineData("7")]
    [InlineData("7-\n")]
    [InlineData("-5\n")]
    [InlineData("0-0000000000000005\n")]
    [InlineData("-7-0000000000000005\n")]
    [InlineData("+7-0000000000000005\n")]
    [InlineData(" 7-0000000000000005\n")]
    [InlineData("7-0000000000000005")]
    [InlineData("7-00000000000000005\n")]
    [InlineData("9223372036854775808-0000000000000005\n")]
    public void A_malformed_position_line_decodes_to_the_unreadable_position(string line)
    {
        byte[] bytes = [.. Encoding.ASCII.GetBytes(line), .. RedisRecord.Encode(Record, 5).SkipWhile(b => b != '\n').Skip(1)];

        AssertUnreadable(bytes);
        Assert.True(line.Length == 0 || RedisRecord.DecodePosition(Encoding.ASCII.GetBytes(line)) == RedisRecord.Unreadable);
    }

    [Fact]
    public void A_revision_in_the_position_line_that_differs_from_the_record_is_unreadable() =>
        AssertUnreadable([.. "8-0000000000000005\n"u8, .. RedisRecord.Encode(Record, 5).SkipWhile(b => b != '\n').Skip(1)]);

    [Fact]
    public void The_unreadable_position_equals_no_real_position()
    {
        Assert.NotEqual(default, RedisRecord.Unreadable);
        Assert.True(RedisRecord.Unreadable.Revision < 0);
    }

    private static void AssertUnreadable(byte[] bytes) =>
        Assert.Equal(M, Assert.Throws<RecordUnreadableException>(() => RedisRecord.Decode(M, bytes)).MerchantId);
}
