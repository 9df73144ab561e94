using System.Text;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.Tests.Support;
using FsCheck.Xunit;

namespace ConnectionStateService.Tests.Store.Redis;

/// <summary>A merchant as it lies in Redis: a line with its place, then the record.</summary>
public sealed class RedisRecordTests
{
    private const string M = "merchant-1";
    private static readonly MerchantRecord Record = StoreSamples.FullRecord(M) with { Revision = 7 };

    [Theory]
    [InlineData(1, 1UL, "1-0000000000000001\n")]
    [InlineData(7, 0xFEDC_BA98_7654_3210, "7-fedcba9876543210\n")]
    [InlineData(long.MaxValue, ulong.MaxValue, "9223372036854775807-ffffffffffffffff\n")]
    public void It_begins_with_a_line_that_people_can_read(long revision, ulong commitId, string line)
    {
        var place = new HistoryPosition(revision, commitId);

        Assert.Equal(line, RedisRecord.PlaceLine(place));
        Assert.StartsWith(line, Encoding.Latin1.GetString(RedisRecord.Encode(Record with { Revision = revision }, commitId)), StringComparison.Ordinal);
        Assert.Equal(place, RedisRecord.DecodePosition(Encoding.ASCII.GetBytes(line)));
        Assert.InRange(line.Length, 1, RedisRecord.MaxPositionLength);
    }

    [Fact]
    public void Of_a_merchant_that_nothing_is_stored_of_there_is_no_line() => Assert.Equal("", RedisRecord.PlaceLine(default));

    [Theory]
    [InlineData(1UL)]
    [InlineData(0x8000_0000_0000_0001)]
    [InlineData(ulong.MaxValue)]
    public void What_was_encoded_is_decoded(ulong commitId)
    {
        var stored = RedisRecord.Decode(M, RedisRecord.Encode(Record, commitId));

        Assert.Equal(commitId, stored.CommitId);
        Assert.Equal(RecordText.Of(Record), RecordText.Of(stored.Record));
    }

    [Fact]
    public void What_is_not_there_is_a_merchant_without_a_past()
    {
        Assert.Equal(default, RedisRecord.Decode(M, null).Position);
        Assert.Equal(M, RedisRecord.Decode(M, null).Record.MerchantId);
        Assert.Equal(default, RedisRecord.DecodePosition([]));
    }

    [Fact]
    public void However_much_of_the_end_is_cut_off_it_is_found_out()
    {
        var bytes = RedisRecord.Encode(Record, 5);

        for (var length = 0; length < bytes.Length; length++)
        {
            AssertUnreadable(bytes[..length]);
        }
    }

    [Fact]
    public void However_much_of_the_beginning_is_cut_off_it_is_found_out()
    {
        var bytes = RedisRecord.Encode(Record, 5);

        for (var start = 1; start < bytes.Length; start++)
        {
            AssertUnreadable(bytes[start..]);
        }
    }

    [Fact]
    public void A_flipped_bit_is_found_out_wherever_it_can_do_harm()
    {
        var bytes = RedisRecord.Encode(Record, 5);
        var body = RedisRecord.PlaceLine(new HistoryPosition(7, 5)).Length;

        for (var i = 0; i < bytes.Length; i++)
        {
            // The bits of a commit id are all as good as any; case does not matter to it either.
            if (i is < 2 || i >= body - 1)
            {
                AssertUnreadable([.. bytes[..i], (byte)(bytes[i] ^ 1), .. bytes[(i + 1)..]]);
            }
        }
    }

    [Property(MaxTest = 1_000)]
    public void Garbage_is_found_out(byte[] garbage, bool afterAPlace)
    {
        AssertUnreadable([.. afterAPlace ? "7-0000000000000005\n"u8 : [], .. garbage, 0]);
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
    public void A_line_that_is_no_place_is_nobodys_place(string line)
    {
        byte[] bytes = [.. Encoding.ASCII.GetBytes(line), .. RedisRecord.Encode(Record, 5).SkipWhile(b => b != '\n').Skip(1)];

        AssertUnreadable(bytes);
        Assert.True(line.Length == 0 || RedisRecord.DecodePosition(Encoding.ASCII.GetBytes(line)) == RedisRecord.Unreadable);
    }

    [Fact]
    public void The_revision_of_the_line_is_the_records() =>
        AssertUnreadable([.. "8-0000000000000005\n"u8, .. RedisRecord.Encode(Record, 5).SkipWhile(b => b != '\n').Skip(1)]);

    [Fact]
    public void The_place_of_what_cannot_be_read_is_equal_to_none_that_is_known()
    {
        Assert.NotEqual(default, RedisRecord.Unreadable);
        Assert.True(RedisRecord.Unreadable.Revision < 0);
    }

    private static void AssertUnreadable(byte[] bytes) =>
        Assert.Equal(M, Assert.Throws<RecordUnreadableException>(() => RedisRecord.Decode(M, bytes)).MerchantId);
}
