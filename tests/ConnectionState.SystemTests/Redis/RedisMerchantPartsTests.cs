using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Records;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Options;
using static ConnectionStateService.SystemTests.Redis.StoredMerchants;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>A merchant is stored in parts: each is written when it changes, read when it is needed, and never mixed with another time's.</summary>
public sealed class RedisMerchantPartsTests : IAsyncLifetime
{
    private const string M = "merchant-1";
    private const string Id = "session-1";

    private static readonly RememberedRequest First = new("request-1", 1, 1, null);

    private RedisServer server = null!;
    private RedisStore store = null!;
    private RedisStore other = null!;

    public async Task InitializeAsync()
    {
        server = await RedisServer.StartAsync();
        (store, other) = (NewStore(), NewStore());
        await store.OpenAsync(CancellationToken.None);
        await other.OpenAsync(CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await store.DisposeAsync();
        await other.DisposeAsync();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_read_returns_the_parts_that_are_asked_for()
    {
        await CommitAsync(record => record with { Requests = [First], Sessions = [NewSession(1)] });

        Assert.Equal(MerchantParts.PageList, (await other.ReadAsync(M, MerchantParts.PageList, default)).Record.Parts);
        Assert.Equal(MerchantParts.Requests, (await other.ReadAsync(M, MerchantParts.Requests, default)).Record.Parts);
        var all = await other.ReadAsync(M, MerchantParts.All, default);
        Assert.Equal([First], all.Record.Requests);
        Assert.Equal(RecordText.Of(store.TryGetCached(M)!.Record), RecordText.Of(all.Record));
    }

    [Fact]
    public async Task A_commit_writes_the_parts_that_change()
    {
        await CommitAsync(record => record with { Requests = [First], Sessions = [NewSession(1)] });
        await server.CommandAsync("DEL", CandidatesKey(M, Id));

        await CommitAsync(record => record with { BoughtPages = 1 });
        Assert.Equal(0, (await server.CommandAsync("EXISTS", CandidatesKey(M, Id))).Number);

        await CommitAsync(record => record with { Sessions = [NewSession(3)] });
        Assert.Equal(1, (await server.CommandAsync("EXISTS", CandidatesKey(M, Id))).Number);
    }

    [Fact]
    public async Task A_commit_on_a_record_without_its_parts_keeps_them()
    {
        await CommitAsync(record => record with { Requests = [First], Sessions = [NewSession(1)] });
        var part = await other.ReadAsync(M, MerchantParts.PageList, default);

        Assert.True((await other.CommitAsync(StoreSamples.After(part, part.Record with { BoughtPages = 7 }), default)).Succeeded);

        var all = await store.ReadAsync(M, MerchantParts.All, default);
        Assert.Equal((7, 2), (all.Record.BoughtPages, all.Record.Revision));
        Assert.Equal([First], all.Record.Requests);
        Assert.Equal("page-1", Assert.Single(all.Record.FindSession(Id)!.Candidates).PageId);
    }

    [Fact]
    public async Task A_rejected_commit_returns_the_parts_that_the_command_needs()
    {
        var stale = await store.ReadAsync(M, MerchantParts.All, default);
        await CommitAsync(record => record with { Requests = [First], Sessions = [NewSession(1)] });

        foreach (var needs in (MerchantParts[])[MerchantParts.PageList, MerchantParts.Requests, MerchantParts.Candidates, MerchantParts.All])
        {
            var rejected = await NewStoreAsync(s => s.CommitAsync(StoreSamples.After(stale) with { Needs = needs }, default).AsTask());

            Assert.False(rejected.Succeeded);
            Assert.True(rejected.Current.Record.Parts.HasFlag(needs));
        }
    }

    [Fact]
    public async Task The_candidates_of_a_session_are_removed_when_it_ends_and_do_not_expire_before()
    {
        await CommitAsync(record => record with { Sessions = [NewSession(1), NewSession(1) with { Id = "session-2" }] });
        Assert.Equal(-1, (await server.CommandAsync("PEXPIRETIME", CandidatesKey(M, Id))).Number);

        await CommitAsync(record => record.With(record.FindSession(Id)! with { Ended = SessionEnd.Refused, Candidates = [], CandidatesRevision = 0 }));

        Assert.Equal(0, (await server.CommandAsync("EXISTS", CandidatesKey(M, Id))).Number);
        Assert.Equal(1, (await server.CommandAsync("EXISTS", CandidatesKey(M, "session-2"))).Number);
    }

    [Fact]
    public async Task Missing_candidates_of_an_open_session_make_the_merchant_unreadable_for_what_needs_them()
    {
        await CommitAsync(record => record with { Sessions = [NewSession(1)] });
        await server.CommandAsync("DEL", CandidatesKey(M, Id));

        await Assert.ThrowsAsync<RecordUnreadableException>(async () => await other.ReadAsync(M, MerchantParts.Candidates, default));
        Assert.Single((await other.ReadAsync(M, MerchantParts.PageList, default)).Record.Sessions);
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("all missing")]
    [InlineData("damaged")]
    [InlineData("another merchant's")]
    [InlineData("another history's")]
    [InlineData("another type")]
    public async Task Without_the_history_entry_of_a_remembered_request_a_merchant_is_unreadable_for_what_needs_it(string damage)
    {
        await CommitAsync(record => record with { Requests = [First] });
        await CommitAsync(record => record with { Requests = record.Requests.Add(First with { Id = "request-2" }) });
        await CommitAsync(record => record with { Requests = record.Requests.Add(First with { Id = "request-3" }) });
        var entries = (await server.CommandAsync("XRANGE", ChangesKey(M), "-", "+")).Items.Select(entry => entry.Items[1].Items[1].Bytes!).ToArray();
        var commit = RecordCodec.DecodeCommit(M, entries[1]);
        await server.CommandAsync("DEL", ChangesKey(M));
        foreach (var (n, entry) in entries.Index())
        {
            var bytes = n != 1 ? entry : damage switch
            {
                "damaged" => RecordDamage.Flip(entry),
                "another merchant's" => RecordCodec.Encode("merchant-2", commit),
                "another history's" => RecordCodec.Encode(M, commit with { Id = 99 }),
                _ => entry,
            };
            await (damage == "all missing" || (damage == "missing" && n == 1) ? Task.CompletedTask
                : damage == "another type" ? server.CommandAsync("RPUSH", ChangesKey(M), bytes)
                : server.CommandAsync("XADD", ChangesKey(M), $"{n + 1}-0", "commit", bytes));
        }

        var unreadable = await Assert.ThrowsAsync<RecordUnreadableException>(async () => await other.ReadAsync(M, MerchantParts.Requests, default));
        Assert.Equal(M, unreadable.MerchantId);
        Assert.Equal(new RequestSpan(1, 3), (await other.ReadAsync(M, MerchantParts.PageList, default)).Record.RequestSpan);
    }

    [Fact]
    public async Task A_process_whose_merchant_is_behind_reads_what_is_new_of_the_history_at_once()
    {
        await CommitAsync(record => record with { Requests = [First] });
        await other.ReadAsync(M, MerchantParts.Requests, default);
        await CommitAsync(record => record with { Requests = record.Requests.Add(First with { Id = "request-2" }) });
        await server.CommandAsync("XDEL", ChangesKey(M), "1-0");

        Assert.Equal(["request-1", "request-2"], (await other.ReadAsync(M, MerchantParts.Requests, default)).Record.Requests.Select(r => r.Id));
    }

    [Theory]
    [InlineData(16, new[] { "get", "xrevrange" })]
    [InlineData(17, new[] { "get", "getrange", "xrange", "xrevrange" })]
    public async Task The_first_read_of_a_merchant_reads_its_requests_in_the_same_round_trip_if_they_are_few(int requests, string[] reads)
    {
        for (var n = 1; n <= requests; n++)
        {
            await CommitAsync(record => record with { Requests = record.Requests.Add(new($"request-{n}", (uint)n, n, null)) });
        }

        await server.CommandAsync("CONFIG", "RESETSTAT");

        var read = await other.ReadAsync(M, MerchantParts.Requests, default);

        Assert.Equal(requests, read.Record.Requests.Length);
        Assert.Equal(reads, (await CallsAsync()).Where(command => command.Contains("range", StringComparison.Ordinal) || command == "get"));
    }

    [Fact]
    public async Task A_damaged_history_entry_from_before_the_remembered_requests_does_not_matter_to_the_first_read()
    {
        await CommitAsync(record => record with { BoughtPages = 1 });
        await CommitAsync(record => record with { Requests = [First with { Revision = 2 }] });
        var second = (await server.CommandAsync("XRANGE", ChangesKey(M), "2-0", "2-0")).Items[0].Items[1].Items[1].Bytes!;
        await server.CommandAsync("DEL", ChangesKey(M));
        await server.CommandAsync("XADD", ChangesKey(M), "1-0", "commit", "damaged");
        await server.CommandAsync("XADD", ChangesKey(M), "2-0", "commit", second);

        Assert.Equal(First.Id, Assert.Single((await other.ReadAsync(M, MerchantParts.Requests, default)).Record.Requests).Id);
    }

    // A process that has missed a failover would otherwise take a request for executed whose commit was lost.
    [Fact]
    public async Task A_process_forgets_the_requests_of_a_history_that_was_lost()
    {
        await CommitAsync(record => record with { Requests = [First] });
        var lost = await other.ReadAsync(M, MerchantParts.All, default);
        await server.CommandAsync("DEL", RecordKey(M), ChangesKey(M));
        await NewStoreAsync(async fresh =>
        {
            foreach (var id in (string[])["request-2", "request-3"])
            {
                var read = await fresh.ReadAsync(M, MerchantParts.All, default);
                var record = read.Record with { Requests = read.Record.Requests.Add(First with { Id = id }) };
                Assert.True((await fresh.CommitAsync(StoreSamples.After(read, record), default)).Succeeded);
            }

            return 0;
        });

        var rejected = await other.CommitAsync(StoreSamples.After(lost) with { Needs = MerchantParts.All }, default);

        Assert.False(rejected.Succeeded);
        Assert.Equal(["request-2", "request-3"], rejected.Current.Record.Requests.Select(r => r.Id));
    }

    [Fact]
    public async Task A_read_of_a_cached_merchant_transfers_its_position_alone()
    {
        await CommitAsync(record => record with { Requests = [First], Sessions = [NewSession(1)] });
        await server.CommandAsync("CONFIG", "RESETSTAT");

        var read = await store.ReadAsync(M, MerchantParts.All, default);

        Assert.Same(store.TryGetCached(M), read);
        var stats = (await server.CommandAsync("INFO", "commandstats")).Text;
        Assert.Contains("cmdstat_getrange:calls=1,", stats, StringComparison.Ordinal);
        Assert.DoesNotContain("cmdstat_get:", stats, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_read_returns_what_another_process_committed()
    {
        await CommitAsync(record => record with { BoughtPages = 1 });
        for (var pages = 2; pages < 20; pages++)
        {
            var read = await other.ReadAsync(M, MerchantParts.All, default);
            Assert.True((await other.CommitAsync(StoreSamples.After(read, read.Record with { BoughtPages = pages }), default)).Succeeded);
            Assert.Equal(pages, (await store.ReadAsync(M, MerchantParts.PageList, default)).Record.BoughtPages);
        }
    }

    [Fact]
    public async Task A_commit_takes_six_commands_and_one_more_if_its_deadline_changes()
    {
        await CommitAsync(record => record with { Requests = [First] });
        await server.CommandAsync("CONFIG", "RESETSTAT");

        await CommitAsync(record => record with { Requests = record.Requests.Add(First with { Revision = 2 }) });

        Assert.Equal(
            ["evalsha", "getrange", "set", "spublish", "xadd", "xadd", "zscore"],
            await CallsAsync());
    }

    // Otherwise, the history would have an entry of a commit that was not stored.
    [Fact]
    public async Task A_commit_whose_record_may_not_be_written_leaves_no_history_entry()
    {
        var user = await StoreOfUserAsync();
        await CommitAsync(record => record with { BoughtPages = 1 });
        await server.CommandAsync("ACL", "SETUSER", "cs", "-set");
        var read = await user.ReadAsync(M, MerchantParts.All, default);

        await Assert.ThrowsAsync<StoreUnavailableException>(
            async () => await user.CommitAsync(StoreSamples.After(read, read.Record with { BoughtPages = 2 }), default));

        Assert.Equal(1, (await server.CommandAsync("XLEN", ChangesKey(M))).Number);
        Assert.Equal(1, (await store.ReadAsync(M, MerchantParts.All, default)).Record.BoughtPages);
        await server.CommandAsync("ACL", "SETUSER", "cs", "+set");
        Assert.True((await user.CommitAsync(StoreSamples.After(read, read.Record with { BoughtPages = 2 }), default)).Succeeded);
        Assert.Equal([1, 2], (await store.ReadCommitsAsync(M, 0, 10, default)).Select(c => c.Revision));
        await user.DisposeAsync();
    }

    private RedisStore NewStore(string credentials = "") =>
        new(Options.Create(server.NewStoreOptions(credentials)), TimeProvider.System);

    private async Task<T> NewStoreAsync<T>(Func<RedisStore, Task<T>> use)
    {
        await using var fresh = NewStore();
        await fresh.OpenAsync(CancellationToken.None);
        return await use(fresh);
    }

    private async Task<RedisStore> StoreOfUserAsync()
    {
        await server.CommandAsync("ACL", "SETUSER", "cs", "on", ">secret", "~*", "&*", "+@all");
        var user = NewStore(",user=cs,password=secret");
        await user.OpenAsync(CancellationToken.None);
        return user;
    }

    private static ConnectSession NewSession(long revision) => new()
    {
        Id = Id,
        Provider = Provider.Facebook,
        Account = new Account("person-1", "A Person", IsPersonal: true),
        SignedInAt = new(2099, 1, 1, 0, 0, 0, TimeSpan.Zero),
        Deadline = new(2099, 1, 2, 0, 0, 0, TimeSpan.Zero),
        Candidates = [new Candidate("page-1", "A page", PageRole.Admin, ["MANAGE"])],
        CandidatesRevision = revision,
        OffersPages = true,
    };

    private async Task CommitAsync(Func<MerchantRecord, MerchantRecord> change)
    {
        var read = store.TryGetCached(M) ?? await store.ReadAsync(M, MerchantParts.All, default);
        Assert.True((await store.CommitAsync(StoreSamples.After(read, change(read.Record)), default)).Succeeded);
    }

    // The commands since the statistics were reset, without those that the store sends every second.
    private async Task<string[]> CallsAsync()
    {
        var lines = (await server.CommandAsync("INFO", "commandstats")).Text.Split("\r\n");
        return
        [
            .. lines.Where(line => line.StartsWith("cmdstat_", StringComparison.Ordinal))
                .Select(line => line["cmdstat_".Length..].Split(":calls="))
                .Where(parts => parts[0] is not ("config|resetstat" or "time" or "info" or "ping"))
                .SelectMany(parts => Enumerable.Repeat(parts[0], parts[0] == "spublish" ? 1 : int.Parse(parts[1].Split(',')[0])))
                .Order(),
        ];
    }
}
