using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.SystemTests.Redis;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.SystemTests.Stores;

/// <summary>Candidates are read after the page list part: they belong to the same commit, also if the merchant changes in between.</summary>
public sealed class CandidatesReadTests : IAsyncLifetime
{
    private const string M = "merchant-1";

    private readonly MerchantCache cache = new(capacity: 0);

    private RedisServer server = null!;
    private RedisConnection connection = null!;
    private RedisStore store = null!;
    private RedisMerchants merchants = null!;

    public async Task InitializeAsync()
    {
        server = await RedisServer.StartAsync();
        (connection, store) = await OpenAsync(server.NewStoreOptions());
        merchants = new RedisMerchants(connection, cache, new StoreOptions());
    }

    public async Task DisposeAsync()
    {
        await connection.DisposeAsync();
        await store.DisposeAsync();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_failover_that_replaces_the_commit_by_another_one_of_the_same_revision_mixes_nothing()
    {
        await CommitAsync(Session("session-1", "person-1", "page-1"));
        var read = await merchants.ReadAsync(M, MerchantParts.PageList, default);
        await LoseCommitsAsync();
        var replacing = await CommitAsync(Session("session-1", "person-2", "page-2"));

        var loaded = await merchants.LoadAsync(read, MerchantParts.Candidates, earlier: null, default);

        Assert.Equal((1, replacing.Position), (read.Position.Revision, loaded.Position));
        var session = Assert.Single(loaded.Record.Sessions);
        Assert.Equal(("person-2", "page-2"), (session.Account!.Id, Assert.Single(session.Candidates).PageId));
    }

    [Fact]
    public async Task A_session_that_begins_in_between_is_read_too()
    {
        await CommitAsync(Session("session-1", "person-1", "page-1"));
        var read = await merchants.ReadAsync(M, MerchantParts.PageList, default);
        await CommitAsync(Session("session-1", "person-1", "page-3"), Session("session-2", "person-2", "page-2"));

        var loaded = await merchants.LoadAsync(read, MerchantParts.All, earlier: null, default);

        Assert.Equal(RecordText.Of((await store.ReadAsync(M, MerchantParts.All, default)).Record), RecordText.Of(loaded.Record));
        Assert.Equal(["page-3", "page-2"], loaded.Record.Sessions.Select(session => Assert.Single(session.Candidates).PageId));
    }

    [Fact]
    public async Task A_session_that_ends_in_between_is_not_missed()
    {
        await CommitAsync(Session("session-1", "person-1", "page-1"));
        var read = await merchants.ReadAsync(M, MerchantParts.PageList, default);
        await CommitAsync(Session("session-1", "person-1", "page-1") with { Ended = SessionEnd.Refused, Candidates = [], CandidatesRevision = 0 });

        var loaded = await merchants.LoadAsync(read, MerchantParts.All, earlier: null, default);

        Assert.Equal(SessionEnd.Refused, Assert.Single(loaded.Record.Sessions).Ended);
    }

    [Fact]
    public async Task A_merchant_that_was_lost_in_between_is_unknown()
    {
        await CommitAsync(Session("session-1", "person-1", "page-1"));
        var read = await merchants.ReadAsync(M, MerchantParts.PageList, default);
        await LoseCommitsAsync();

        Assert.Equal(0, (await merchants.LoadAsync(read, MerchantParts.All, earlier: null, default)).Record.Revision);
    }

    private static async Task<(RedisConnection Connection, RedisStore Store)> OpenAsync(StoreOptions options)
    {
        var connection = new RedisConnection(RedisConfiguration.Build(options.Redis), NullLogger.Instance);
        await connection.OpenAsync();
        var store = new RedisStore(Options.Create(options), TimeProvider.System);
        await store.OpenAsync(CancellationToken.None);
        return (connection, store);
    }

    private async Task LoseCommitsAsync() => await server.CommandAsync(
        "DEL", StoredMerchants.RecordKey(M), StoredMerchants.ChangesKey(M), StoredMerchants.CandidatesKey(M, "session-1"));

    private async Task<StoredMerchant> CommitAsync(params ConnectSession[] sessions)
    {
        var read = await merchants.ReadAsync(M, MerchantParts.All, default);
        var committed = await merchants.CommitAsync(
            StoreSamples.After(read, read.Record with { Sessions = [.. sessions.Select(s => Revised(s, read.Record.Revision + 1))] }), default);
        Assert.True(committed.Succeeded);
        return committed.Current;
    }

    private static ConnectSession Revised(ConnectSession session, long revision) =>
        session.Candidates.IsEmpty ? session : session with { CandidatesRevision = revision };

    private static ConnectSession Session(string id, string person, string pageId) => new()
    {
        Id = id,
        Provider = Provider.Facebook,
        Account = new Account(person, "A Person", IsPersonal: true),
        SignedInAt = new(2099, 1, 1, 0, 0, 0, TimeSpan.Zero),
        Deadline = new(2099, 1, 2, 0, 0, 0, TimeSpan.Zero),
        Candidates = [new Candidate(pageId, "A page", PageRole.Admin, [])],
        OffersPages = true,
    };
}
