using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Records;
using ConnectionStateService.Tests.Support;
using FsCheck.Xunit;
using static ConnectionStateService.Tests.Support.TestCommands;

namespace ConnectionStateService.Tests.Core;

/// <summary>The remembered requests are read from the history.</summary>
public class RequestHistoryTests
{
    private readonly CoreMerchant merchant = new();

    public RequestHistoryTests()
    {
        for (var number = 1; number <= 9; number++)
        {
            merchant.ExpectChanged(SetPlan(Plan.Standard, number) with { Origin = CoreMerchant.NewOrigin(number % 3 == 0 ? "" : $"r{number}", (uint)number) });
        }
    }

    [Property(MaxTest = 200)]
    public void What_a_store_keeps_of_the_history_has_all_remembered_requests(CommandSeed[] seeds)
    {
        var changing = CommandGenerator.NewMerchant(seeds);
        foreach (var (n, seed) in seeds.Index())
        {
            var command = CommandGenerator.Next(changing, seed);
            command = command with { Origin = CoreMerchant.NewOrigin(seed.Choice % 4 == 0 ? "" : $"r{n}", (uint)seed.Choice) };
            CommandGenerator.AdvanceClock(changing, command);
            var before = changing.Record;
            if (changing.Execute(command) is not Decision.Changed)
            {
                continue;
            }

            var stored = Stored(changing);
            var kept = changing.History.TakeLast((int)new CommitRequest(stored, stored.Record, changing.History[^1], null, null).HistoryToKeep(1));
            Assert.Equal(changing.Record.Requests, Load(stored, kept).Record.Requests);

            var earlier = new StoredMerchant(before, changing.History[^1].PreviousId);
            Assert.Equal(changing.Record.Requests, Extend(stored, earlier, changing.History)!.Record.Requests);
        }
    }

    [Fact]
    public void Other_entries_than_those_with_remembered_requests_do_not_matter()
    {
        var stored = Stored(merchant, revision: 5);

        Assert.Equal(["r1", "r2", "r4", "r5"], Load(stored, merchant.History).Record.Requests.Select(r => r.Id));
        Assert.Equal([1u, 2, 4, 5], Load(stored, merchant.History).Record.Requests.Select(r => r.PayloadHash));
    }

    [Fact]
    public void A_history_without_one_of_the_remembered_requests_is_rejected()
    {
        for (var missing = 0; missing < 9; missing++)
        {
            var history = merchant.History.Where((_, n) => n != missing);
            Assert.Throws<RecordUnreadableException>(() => Load(Stored(merchant), history));
        }
    }

    [Fact]
    public void An_entry_of_another_history_or_merchant_is_rejected()
    {
        var replaced = merchant.History.Select((commit, n) => n == 3 ? commit with { Id = 99 } : commit).ToList();
        Assert.Throws<RecordUnreadableException>(() => Load(Stored(merchant), replaced));

        // The entries of another history that follow one another: that of a merchant that was restored twice.
        var (other, branch) = (new List<Commit>(), 0UL);
        foreach (var (n, commit) in merchant.History.Index())
        {
            other.Add(n < 5 ? commit : commit with { Id = commit.Id + 100, PreviousId = commit.PreviousId + branch });
            branch = n < 5 ? 0UL : 100;
        }

        Assert.Throws<RecordUnreadableException>(() => Load(Stored(merchant), other));
        Assert.Equal(["r1", "r2", "r4"], Load(Stored(merchant, revision: 4), other).Record.Requests.Select(r => r.Id));

        byte[][] entries = [.. merchant.History.Select((commit, n) => RecordCodec.Encode(n == 3 ? "another" : "m1", commit))];
        Assert.Throws<RecordUnreadableException>(() => RequestHistory.Load(Stored(merchant), entries));
    }

    [Fact]
    public void An_entry_without_the_newest_request_is_rejected()
    {
        var replaced = merchant.History.Select((commit, n) => n == 7 ? commit with { RequestId = "" } : commit);

        Assert.Throws<RecordUnreadableException>(() => Load(Stored(merchant), replaced));
    }

    [Fact]
    public void A_merchant_that_did_not_come_from_the_earlier_one_is_not_extended()
    {
        var (current, earlier) = (Stored(merchant), Stored(merchant, revision: 5));
        earlier = earlier with { Record = Load(earlier, merchant.History).Record };

        Assert.Equal(merchant.Record.Requests, Extend(current, earlier, merchant.History)!.Record.Requests);
        Assert.Null(Extend(current, earlier with { CommitId = 99 }, merchant.History));
        Assert.Null(Extend(current with { CommitId = 99 }, earlier, merchant.History));
        Assert.Null(Extend(current, earlier, merchant.History.Take(8)));
        Assert.Null(Extend(current, earlier, merchant.History.Skip(6)));
        Assert.Null(Extend(Stored(merchant, revision: 4), earlier, merchant.History));
    }

    // As it is stored, without its requests.
    private static StoredMerchant Stored(CoreMerchant merchant, int? revision = null)
    {
        var record = merchant.Record with { Revision = revision ?? merchant.Record.Revision };
        record = revision is null ? record : record with { Requests = [.. record.Requests.Where(r => r.Revision <= revision)] };
        var stored = RecordCodec.DecodePageList("m1", record.Revision, RecordCodec.EncodePageList(record));
        return new(stored, record.Revision == 0 ? 0 : merchant.History[(int)record.Revision - 1].Id);
    }

    private static StoredMerchant Load(StoredMerchant stored, IEnumerable<Commit> history) => RequestHistory.Load(stored, Encode(history));

    private static StoredMerchant? Extend(StoredMerchant current, StoredMerchant earlier, IEnumerable<Commit> history) =>
        RequestHistory.TryExtend(current, earlier, Encode(history));

    private static byte[][] Encode(IEnumerable<Commit> history) => [.. history.Select(commit => RecordCodec.Encode("m1", commit))];
}
