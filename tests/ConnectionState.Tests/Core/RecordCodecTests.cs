using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Records;
using ConnectionStateService.Tests.Model;
using ConnectionStateService.Tests.Support;
using FsCheck.Xunit;
using Google.Protobuf;

namespace ConnectionStateService.Tests.Core;

/// <summary>What is stored comes back whole, or is found out.</summary>
public class RecordCodecTests
{
    [Property(MaxTest = 500, StartSize = 60, EndSize = 60)]
    public void A_record_and_its_history_come_back_as_they_were(WildDraw[] draws)
    {
        var play = Played(draws);

        var bytes = RecordCodec.Encode(play.Record);
        var record = RecordCodec.DecodeRecord("m1", play.Record.Revision, bytes);
        Assert.Equal(RecordText.Of(play.Record), RecordText.Of(record));
        Assert.All(play.History, commit =>
            Assert.Equal(RecordText.Of(commit), RecordText.Of(RecordCodec.DecodeCommit("m1", RecordCodec.Encode("m1", commit)))));
    }

    [Property(MaxTest = 2_000, StartSize = 12, EndSize = 12)]
    public void Any_record_and_any_commit_come_back_as_they_were_whatever_their_texts_times_and_numbers(RecordDraw[] draws)
    {
        var record = RecordDraw.Record(draws);
        var commit = RecordDraw.Commit(draws);

        Assert.Equal(
            RecordText.Of(record), RecordText.Of(RecordCodec.DecodeRecord("m1", record.Revision, RecordCodec.Encode(record))));
        Assert.Equal(RecordText.Of(commit), RecordText.Of(RecordCodec.DecodeCommit("m1", RecordCodec.Encode("m1", commit))));
    }

    [Property(MaxTest = 50, StartSize = 40, EndSize = 40)]
    public void Bytes_with_one_byte_changed_are_not_read_whichever_it_is(WildDraw[] draws, byte mask)
    {
        var play = Played(draws);
        var flip = (byte)Math.Max((byte)1, mask);
        AssertEveryPosition(RecordCodec.Encode(play.Record), flip, bytes => RecordCodec.DecodeRecord("m1", play.Record.Revision, bytes));
        AssertEveryPosition(RecordCodec.Encode("m1", play.History[^1]), flip, bytes => RecordCodec.DecodeCommit("m1", bytes));
    }

    [Property(MaxTest = 50, StartSize = 40, EndSize = 40)]
    public void Bytes_that_were_cut_short_are_not_read_wherever_the_cut(WildDraw[] draws)
    {
        var play = Played(draws);
        var record = RecordCodec.Encode(play.Record);
        var commit = RecordCodec.Encode("m1", play.History[^1]);

        Assert.All(Enumerable.Range(0, record.Length), length => Assert.Throws<RecordUnreadableException>(
            () => RecordCodec.DecodeRecord("m1", play.Record.Revision, record.AsSpan(0, length))));
        Assert.All(Enumerable.Range(0, commit.Length), length => Assert.Throws<RecordUnreadableException>(
            () => RecordCodec.DecodeCommit("m1", commit[..length])));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(RecordCodec.Schema + 1)]
    public void A_schema_that_is_not_known_is_not_read(int schema)
    {
        var envelope = Envelope.Parser.ParseFrom(RecordCodec.Encode(MerchantRecord.Unknown("m1")));
        envelope.Schema = schema;

        var exception = Assert.Throws<RecordUnreadableException>(() => RecordCodec.DecodeRecord("m1", 0, envelope.ToByteArray()));

        Assert.Equal("m1", exception.MerchantId);
    }

    [Theory]
    [InlineData("m2", 0)]
    [InlineData("m1", 1)]
    public void A_record_of_another_merchant_or_revision_is_not_read(string merchantId, long revision)
    {
        var bytes = RecordCodec.Encode(MerchantRecord.Unknown("m1"));

        Assert.Throws<RecordUnreadableException>(() => RecordCodec.DecodeRecord(merchantId, revision, bytes));
    }

    [Fact]
    public void A_commit_of_another_merchant_is_not_read()
    {
        var bytes = RecordCodec.Encode("m1", new Commit(1, 7, 0, StoreSamples.Time, "", "", StoreSamples.EveryChange()));

        Assert.Throws<RecordUnreadableException>(() => RecordCodec.DecodeCommit("m2", bytes));
    }

    [Fact]
    public void A_state_that_this_version_does_not_know_is_not_read()
    {
        var play = new Play();
        var known = play.Connect(Pages.Oa(1));
        var bytes = RecordCodec.Encode(play.Record.With(known with { State = (State)99 }));

        Assert.Throws<RecordUnreadableException>(() => RecordCodec.DecodeRecord("m1", play.Record.Revision, bytes));
    }

    [Fact]
    public void Equal_records_have_equal_bytes() =>
        Assert.Equal(RecordCodec.Encode(MerchantRecord.Unknown("m1")), RecordCodec.Encode(MerchantRecord.Unknown("m1")));

    private static Play Played(WildDraw[] draws)
    {
        // An odd fraction of a second, so that none is lost on the way.
        var play = new Play().After(TimeSpan.FromTicks(1_234_567));
        play.Must(PlayCommands.SetPlan(Plan.Trial, boughtPages: 2) with { Origin = Play.By("r-first", uint.MaxValue) });
        foreach (var draw in draws)
        {
            var command = draw.Command(play);
            SmallWorld.Wait(play, command);
            play.Do(command is Command.Report report ? report with { Code = draw.Choice - 99, Subcode = draw.Wild } : command);
        }

        return play;
    }

    private static void AssertEveryPosition(byte[] bytes, byte flip, Action<byte[]> decode)
    {
        for (var position = 0; position < bytes.Length; position++)
        {
            var damaged = bytes.ToArray();
            damaged[position] ^= flip;
            Assert.Throws<RecordUnreadableException>(() => decode(damaged));
        }
    }
}
