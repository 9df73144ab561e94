using BenchmarkDotNet.Attributes;
using ConnectionStateService.Core;
using ConnectionStateService.Core.Decisions;
using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Records;
using Google.Protobuf;

namespace ConnectionStateService.Benchmarks.Micro;

/// <summary>The pure work of a read and of a commit, on a merchant with three connected pages and all remembered requests.</summary>
public class MerchantBenchmarks
{
    private const int Pages = 3;
    private const int Renewals = 64;
    private static readonly Account Owner = new("1234567890", "An Account", IsPersonal: true);
    private readonly Rules rules = new();
    private MerchantRecord record = MerchantRecord.Unknown("merchant-1");
    private DateTimeOffset now = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);
    private byte[] storedPageList = [];
    private byte[][] storedHistory = [];
    private readonly List<Commit> history = [];
    private StoredMerchant withoutRequests = new(MerchantRecord.Unknown("merchant-1"), 0);
    private int requests;

    [GlobalSetup]
    public void SetUp()
    {
        for (var page = 0; page < Pages; page++)
        {
            var session = $"session-{page}";
            var candidate = new Candidate(PageOf(page).PageId, "A Page", PageRole.Editor, []);
            Apply(new Command.BeginConnect(NextRequest(), session, Provider.Facebook, null));
            Apply(new Command.SubmitAccount(NextRequest(), session, Owner, [candidate], Complete: false));
            Apply(new Command.ChoosePage(NextRequest(), session, candidate.PageId));
            Apply(new Command.Grant(NextRequest(), session, NewGrantId: (ulong)page + 1, MessagingConsent: true, ExpiresAt: null));
        }

        for (var renewal = 0; renewal < Renewals; renewal++)
        {
            Apply(NextRenewal());
        }

        storedPageList = RecordCodec.EncodePageList(record);
        var span = record.RequestSpan;
        storedHistory = [.. history.Where(c => c.Revision >= span.From && c.Revision <= span.To).Select(c => RecordCodec.Encode(record.MerchantId, c))];
        withoutRequests = new(RecordCodec.DecodePageList(record.MerchantId, record.Revision, storedPageList), history[^1].Id);
    }

    [Benchmark]
    public Decision Decide() => Decider.Decide(record, NextRenewal(), now, rules);

    [Benchmark]
    public byte[] EncodePageList() => RecordCodec.EncodePageList(record);

    [Benchmark]
    public byte[] EncodeCommit() => RecordCodec.Encode(record.MerchantId, history[^1]);

    [Benchmark]
    public MerchantRecord DecodePageList() => RecordCodec.DecodePageList(record.MerchantId, record.Revision, storedPageList);

    [Benchmark]
    public object DecodeRequests() => RequestHistory.Load(withoutRequests, storedHistory);

    [Benchmark]
    public byte[] Map() => record.ToPageList(rules).ToByteArray();

    private static PageRef PageOf(int page) => new(Provider.Facebook, $"{1_000_000_000_000_000 + page}");

    private Command.Renew NextRenewal() => new(NextRequest(), PageOf(0), GrantId: null, (ulong)requests + 100, IssuedAt: null, ExpiresAt: null);

    private Origin NextRequest() => new("benchmarks", $"{++requests:x32}", PayloadHash: 1);

    private void Apply(Command command)
    {
        now += TimeSpan.FromSeconds(1);
        var changed = Decider.Decide(record, command, now, rules) as Decision.Changed
            ?? throw new InvalidOperationException($"{command} changed nothing.");
        record = changed.Record;
        history.Add(new Commit(
            record.Revision, (ulong)record.Revision, (ulong)record.Revision - 1, now, command.Origin.Actor, command.Origin.RequestId, changed.Changes)
        {
            PayloadHash = command.Origin.PayloadHash,
            BegunSessionId = changed.BegunSessionId,
        });
    }
}
