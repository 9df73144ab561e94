using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Records;
using ConnectionStateService.Tests.Support;
using FsCheck.Xunit;

namespace ConnectionStateService.Tests.Core;

/// <summary>Stored records and commits are decoded unchanged, or rejected.</summary>
public class RecordCodecTests
{
    [Property(MaxTest = 1_000, StartSize = 60, EndSize = 60)]
    public void RecordCodec_round_trips_records_and_histories(ArbitraryCommandSeed[] seeds)
    {
        var merchant = NewMerchant(seeds);

        var record = StoredParts.Encode(merchant.Record).Decode("m1", merchant.Record.Revision, merchant.Record.Requests);
        Assert.Equal(RecordText.Of(merchant.Record), RecordText.Of(record));
        Assert.All(merchant.History, commit =>
            Assert.Equal(RecordText.Of(commit), RecordText.Of(RecordCodec.DecodeCommit("m1", RecordCodec.Encode("m1", commit)))));
    }

    [Property(MaxTest = 2_000, StartSize = 12, EndSize = 12)]
    public void RecordCodec_round_trips_edge_case_texts_times_and_numbers(RecordSeed[] seeds)
    {
        var record = RecordSeed.Record(seeds);
        var commit = RecordSeed.Commit(seeds);

        Assert.Equal(
            RecordText.Of(record), RecordText.Of(StoredParts.Encode(record).Decode("m1", record.Revision, record.Requests)));
        Assert.Equal(RecordText.Of(commit), RecordText.Of(RecordCodec.DecodeCommit("m1", RecordCodec.Encode("m1", commit))));
    }

    // Each case checks every position of its bytes.
    [Property(MaxTest = 50, StartSize = 40, EndSize = 40)]
    public void RecordCodec_rejects_bytes_with_any_one_byte_changed(ArbitraryCommandSeed[] seeds, byte mask)
    {
        var merchant = NewMerchant(seeds);
        var flip = (byte)Math.Max((byte)1, mask);
        var (record, parts) = (merchant.Record, StoredParts.Encode(merchant.Record));
        AssertEveryPosition(parts.PageList, flip, bytes => RecordCodec.DecodePageList("m1", record.Revision, bytes));
        foreach (var (session, candidates) in record.Sessions.Zip(parts.Candidates))
        {
            AssertEveryPosition(candidates, flip, bytes => RecordCodec.WithCandidates("m1", session, bytes));
        }

        AssertEveryPosition(RecordCodec.Encode("m1", merchant.History[^1]), flip, bytes => RecordCodec.DecodeCommit("m1", bytes));
    }

    // Each case checks every length of its bytes.
    [Property(MaxTest = 50, StartSize = 40, EndSize = 40)]
    public void RecordCodec_rejects_truncated_bytes(ArbitraryCommandSeed[] seeds)
    {
        var merchant = NewMerchant(seeds);
        var (record, parts) = (merchant.Record, StoredParts.Encode(merchant.Record));
        var commit = RecordCodec.Encode("m1", merchant.History[^1]);

        AssertEveryLength(parts.PageList, bytes => RecordCodec.DecodePageList("m1", record.Revision, bytes));
        foreach (var (session, candidates) in record.Sessions.Zip(parts.Candidates))
        {
            AssertEveryLength(candidates, bytes => RecordCodec.WithCandidates("m1", session, bytes));
        }

        Assert.All(Enumerable.Range(0, commit.Length), length => Assert.Throws<RecordUnreadableException>(
            () => RecordCodec.DecodeCommit("m1", commit.AsSpan(0, length))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(SealedBytes.Schema - 1)]
    [InlineData(SealedBytes.Schema + 1)]
    [InlineData(byte.MaxValue)]
    public void RecordCodec_rejects_an_unknown_schema(byte schema)
    {
        var bytes = RecordCodec.EncodePageList(MerchantRecord.Unknown("m1"));
        bytes[0] = schema;

        var exception = Assert.Throws<RecordUnreadableException>(() => RecordCodec.DecodePageList("m1", 0, bytes));

        Assert.Equal("m1", exception.MerchantId);
    }

    [Fact]
    public void RecordCodec_rejects_candidates_of_another_time_or_session_or_merchant()
    {
        var merchant = new CoreMerchant();
        var session = merchant.Session(merchant.OpenSession(Pages.Oa(1)));
        var unloaded = RecordCodec.DecodePageList("m1", merchant.Record.Revision, RecordCodec.EncodePageList(merchant.Record)).FindSession(session.Id)!;

        Assert.Single(RecordCodec.WithCandidates("m1", unloaded, RecordCodec.EncodeCandidates("m1", session)).Candidates);
        foreach (var bytes in (byte[][])
            [
                RecordCodec.EncodeCandidates("m1", session with { CandidatesRevision = session.CandidatesRevision - 1 }),
                RecordCodec.EncodeCandidates("m1", session with { Id = "other" }),
                RecordCodec.EncodeCandidates("m2", session),
                [],
            ])
        {
            Assert.Throws<RecordUnreadableException>(() => RecordCodec.WithCandidates("m1", unloaded, bytes));
        }
    }

    [Theory]
    [InlineData("m2", 0)]
    [InlineData("m1", 1)]
    public void RecordCodec_rejects_a_record_of_another_merchant_or_revision(string merchantId, long revision)
    {
        var bytes = RecordCodec.EncodePageList(MerchantRecord.Unknown("m1"));

        Assert.Throws<RecordUnreadableException>(() => RecordCodec.DecodePageList(merchantId, revision, bytes));
    }

    [Fact]
    public void RecordCodec_rejects_a_commit_of_another_merchant()
    {
        var bytes = RecordCodec.Encode("m1", new Commit(1, 7, 0, StoreSamples.Time, "", "", StoreSamples.EveryChange()));

        Assert.Throws<RecordUnreadableException>(() => RecordCodec.DecodeCommit("m2", bytes));
    }

    [Fact]
    public void RecordCodec_rejects_an_unknown_state()
    {
        var merchant = new CoreMerchant();
        var known = merchant.Connect(Pages.Oa(1));
        var bytes = RecordCodec.EncodePageList(merchant.Record.With(known with { State = (State)99 }));

        Assert.Throws<RecordUnreadableException>(() => RecordCodec.DecodePageList("m1", merchant.Record.Revision, bytes));
    }

    [Fact]
    public void RecordCodec_encodes_equal_records_to_equal_bytes() =>
        Assert.Equal(StoredParts.Encode(MerchantRecord.Unknown("m1")).Bytes, StoredParts.Encode(MerchantRecord.Unknown("m1")).Bytes);

    private static CoreMerchant NewMerchant(ArbitraryCommandSeed[] seeds)
    {
        // An odd fraction of a second, to detect loss of precision.
        var merchant = new CoreMerchant().After(TimeSpan.FromTicks(1_234_567));
        merchant.ExpectChanged(TestCommands.SetPlan(Plan.Trial, boughtPages: 2) with { Origin = CoreMerchant.NewOrigin("r-first", uint.MaxValue) });
        foreach (var seed in seeds)
        {
            var command = seed.Command(merchant);
            CommandGenerator.AdvanceClock(merchant, command);
            merchant.Execute(command is Command.Report report ? report with { Code = seed.Choice - 99, Subcode = seed.Wild } : command);
        }

        return merchant;
    }

    private static void AssertEveryLength(byte[] bytes, Action<byte[]> decode)
    {
        for (var length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<RecordUnreadableException>(() => decode(bytes[..length]));
        }
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
