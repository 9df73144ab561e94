using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Records;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Core;

/// <summary>What was stored by the version before the present schema is read as it was meant, and written anew with the next commit.</summary>
public class Schema1Tests
{
    // Written by the last version that wrote schema 1.
    private const string FullRecord =
        "CAERlc1JbJJYcZga9wIKCm1lcmNoYW50LTEYAiACKgoIgIeVzQYQxKxLMAk6bQoICAISBG9hLTESEEPhu61hIGjDoG5nIPCfmYIYByAHKghwZX"
        + "Jzb24tMjIKCIC2r80GEMSsSzoKCIDZtM0GEMSsS0IKCID8uc0GEMSsS0oKCICfv80GEMSsS1ABWAFgBWgIcglzZXNzaW9uLTM6PAoKCAESBnBh"
        + "Z2UtMRIGQSBwYWdlGAIqCHBlcnNvbi0xMgYIgOSPzQY6BgiA5I/NBkIGCIDkj80GYAFoAUJvCglzZXNzaW9uLTEQAhoEb2EtMSIWCghwZXJzb2"
        + "4tMRIIQSBQZXJzb24YASoKCIDCxM0GEMSsSzIiCgRvYS0xEgVBbiBPQRgFIgZNQU5BR0UiCU1FU1NBR0lORzoEb2EtMUIKCIDlyc0GEMSsS0gE"
        + "SiEKCXJlcXVlc3QtMRH//////////xgDIglzZXNzaW9uLTFKFgoJcmVxdWVzdC0yEQEAAAAAAAAAGAQ=";

    private const string UnknownMerchant =
        "CAERjA9EQi2rK70aBgoCbTEwAQ==";

    private const string CommitOfEveryChange =
        "CAERAxcjfxkG7wwangIIDBEVfEp/uXk3nhkQMlR2mLrc/iIJCIDkj80GELwFKgh0aGUgdGVzdDIgZGQ2OTNlODkzZDJhZDUxYWY1ZDEzNTJiOW"
        + "M3YzczNjk6SQpHCgoIARIGcGFnZS0xEAYYAiAFKAUyJQi+ARD5//////////8BGgoIgKqazQYQxKxLIglhIHdlYmhvb2s6CgiAzZ/NBhDErEs6"
        + "IAoeCgoIARIGcGFnZS0xEAEgATIMGgoIgPCkzQYQxKxLOgwSCggBEgZwYWdlLTE6GhoYCgoIARIGcGFnZS0xEgoIgJOqzQYQxKxLOggiBggCEA"
        + "IYATodKhsKCXNlc3Npb24tMRACGAQiCggBEgZwYWdlLTE6ESoPCglzZXNzaW9uLTIQARgB";

    [Fact]
    public void A_record_is_read_in_every_member()
    {
        var bytes = Convert.FromBase64String(FullRecord);

        Assert.Equal(1, Envelope.Parser.ParseFrom(bytes).Schema);
        Assert.Equal(
            RecordText.Of(StoreSamples.FullRecord("merchant-1")), RecordText.Of(RecordCodec.DecodeRecord("merchant-1", 0, bytes)));
    }

    [Fact]
    public void A_record_without_anything_is_read() => Assert.Equal(
        RecordText.Of(MerchantRecord.Unknown("m1")),
        RecordText.Of(RecordCodec.DecodeRecord("m1", 0, Convert.FromBase64String(UnknownMerchant))));

    [Fact]
    public void A_commit_is_read_with_every_kind_of_change()
    {
        var expected = new Commit(
            12,
            0x9E37_79B9_7F4A_7C15,
            0xFEDC_BA98_7654_3210,
            StoreSamples.Time.AddTicks(7),
            "the test",
            "dd693e893d2ad51af5d1352b9c7c7369",
            StoreSamples.EveryChange());

        Assert.Equal(
            RecordText.Of(expected),
            RecordText.Of(RecordCodec.DecodeCommit("merchant-1", Convert.FromBase64String(CommitOfEveryChange))));
    }

    [Fact]
    public void It_is_written_with_the_present_schema()
    {
        var read = RecordCodec.DecodeRecord("merchant-1", 0, Convert.FromBase64String(FullRecord));

        Assert.Equal(2, Envelope.Parser.ParseFrom(RecordCodec.Encode(read)).Schema);
    }

    [Fact]
    public void Damage_is_found_out()
    {
        var bytes = Convert.FromBase64String(FullRecord);

        Assert.Throws<RecordUnreadableException>(() => RecordCodec.DecodeRecord("merchant-1", 0, RecordDamage.Flip(bytes)));
        Assert.Throws<RecordUnreadableException>(() => RecordCodec.DecodeRecord("merchant-1", 0, bytes.AsSpan(0, bytes.Length - 1)));
    }
}
