using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.SystemTests.Redis;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace ConnectionStateService.SystemTests.Stores;

/// <summary>The processes that share the partitions, and what they find in them, damaged or not.</summary>
public sealed class RedisFleetTests : IAsyncLifetime
{
    private const int Merchants = 60;

    // Shorter than the time-out of commands, one minute, in the test that a look ends early.
    private static readonly TimeSpan HangBound = TimeSpan.FromSeconds(50);
    private static readonly string[] AllMerchants = [.. Enumerable.Range(0, Merchants).Select(n => $"merchant-{n}")];

    private readonly FakeTimeProvider stopwatch = new();
    private readonly FakeLogger<RedisStore> log = new();
    private readonly List<RedisStore> stores = [];
    private RedisServer server = null!;

    public async Task InitializeAsync() => server = await RedisServer.StartAsync();

    public async Task DisposeAsync()
    {
        await Task.WhenAll(stores.Select(store => store.DisposeAsync().AsTask()));
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Partitions_that_a_process_does_not_reach_are_taken_over_by_another_and_given_back()
    {
        await server.CommandAsync("ACL", "SETUSER", "cut-off", "on", ">secret", "~*", "&*", "+@all");
        var cutOff = await OpenAsync(",user=cut-off,password=secret");
        var healthy = await OpenAsync();
        cutOff.Join();
        healthy.Join();
        await UntilMembersAsync(members => members.Length == 2);
        await MakeDueAsync();
        await UntilAsync(async () => (await FindAsync(cutOff)).Length is > 0 and < Merchants && (await FindAsync(healthy)).Length < Merchants);

        // As if the connection to a shard were broken: the fleet and a part of the partitions answer, the others do not.
        await server.CommandAsync("ACL", "SETUSER", "cut-off", "resetkeys", "~cs:fleet", "~cs:{[0-3]*");
        await UntilAsync(async () => (await LookAsync(healthy)).Union(await LookAsync(cutOff)).Count() == Merchants);
        Assert.Contains(await MembersAsync(), member => member.Contains(' ', StringComparison.Ordinal));

        await server.CommandAsync("ACL", "SETUSER", "cut-off", "~*");
        await UntilAsync(async () =>
        {
            var found = await LookAsync(cutOff);
            return found.Length > 0 && (await LookAsync(healthy)).Length < Merchants
                && !(await MembersAsync()).Any(member => member.Contains(' ', StringComparison.Ordinal));
        });

        await cutOff.LeaveAsync();
        await UntilMembersAsync(members => members.Length == 1);
    }

    [Fact]
    public async Task A_damaged_set_of_members_is_logged_once_and_the_process_takes_all_partitions()
    {
        await server.CommandAsync("SET", "cs:fleet", "no set");
        var store = await OpenAsync();
        store.Join();
        await MakeDueAsync();

        await UntilAsync(async () =>
        {
            stopwatch.Advance(TimeSpan.FromSeconds(1));
            return (await FindAsync(store)).Length == Merchants;
        });

        var warning = Assert.Single(log.Collector.GetSnapshot(), entry => entry.Level == LogLevel.Warning);
        Assert.Contains("cs:fleet", warning.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-inf")]
    [InlineData("0.5")]
    [InlineData("-1e300")]
    public async Task A_damaged_deadline_hides_no_other_merchant_and_is_mended(string score)
    {
        var store = await OpenAsync();
        await MakeDueAsync();
        await server.CommandAsync("ZADD", StoredMerchants.DueKey(AllMerchants[0]), score, AllMerchants[0]);
        stopwatch.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(AllMerchants.Order(), (await FindAsync(store)).Order());

        var time = (await server.TimeAsync()).ToUnixTimeMilliseconds();
        Assert.InRange((await server.CommandAsync("ZSCORE", StoredMerchants.DueKey(AllMerchants[0]), AllMerchants[0])).Number, time - 60_000, time);
        Assert.Equal(AllMerchants.Order(), (await FindAsync(store)).Order());
        Assert.Single(log.Collector.GetSnapshot(), entry => entry.Level == LogLevel.Error);
    }

    [Theory]
    [InlineData("inf", "1/page-2/merchant-1")]
    [InlineData("0.5", "1/page-2/merchant-1")]
    [InlineData("1", "7/page-1/merchant-1")]
    [InlineData("1", "page-1")]
    public async Task A_damaged_claim_hides_no_other_claim_and_is_logged_once(string score, string damaged)
    {
        var store = await OpenAsync();
        var claim = new Claim("merchant-1", StoreSamples.Page, StoreSamples.Time);
        await AddClaimAsync(claim);
        await server.CommandAsync("ZADD", StoredMerchants.ClaimsKey("merchant-1"), score, damaged);

        Assert.Equal([claim], await ClaimsAsync(store));
        Assert.Equal([claim], await ClaimsAsync(store));

        Assert.Single(log.Collector.GetSnapshot(), entry => entry.Level == LogLevel.Error);
    }

    [Fact]
    public async Task A_partition_with_many_claims_returns_all_of_them_in_pages_and_holds_up_no_other()
    {
        var store = await OpenAsync();
        Claim[] many = [.. Enumerable.Range(0, 300).Select(n => NewClaim("merchant-1", n))];
        var partition = RedisKeys.PartitionOf("merchant-1");
        Claim[] others = [.. AllMerchants.Where(id => RedisKeys.PartitionOf(id) != partition).Select(id => NewClaim(id, 0))];
        await Task.WhenAll(many.Concat(others).Select(AddClaimAsync));

        var found = new List<Claim>();
        for (var page = 0; page < 3; page++)
        {
            var claims = await ClaimsAsync(store);
            Assert.InRange(claims.Count(claim => claim.MerchantId == "merchant-1"), 1, 128);
            Assert.Equal(others.ToHashSet(), claims.Where(claim => claim.MerchantId != "merchant-1").ToHashSet());
            found.AddRange(claims.Where(claim => claim.MerchantId == "merchant-1"));
        }

        Assert.Equal(many, found);
        Assert.Equal(many[..128], (await ClaimsAsync(store)).Where(claim => claim.MerchantId == "merchant-1"));
    }

    [Fact]
    public async Task Claims_that_are_removed_between_the_pages_hide_no_other_claim()
    {
        var store = await OpenAsync();
        Claim[] many = [.. Enumerable.Range(0, 300).Select(n => NewClaim("merchant-1", n)), .. AtOnce(400, 300)];
        await Task.WhenAll(many.Select(AddClaimAsync));

        var found = new List<Claim>();
        while (found.Count < many.Length)
        {
            var claims = await ClaimsAsync(store);
            Assert.NotEmpty(claims);
            found.AddRange(claims);

            // The last one of the page too, but not all: the next page must find its beginning without it.
            await Task.WhenAll(claims.Where((_, n) => n % 2 == 1).Select(claim => store.RemoveClaimAsync(claim, CancellationToken.None).AsTask()));
        }

        Assert.Equal(many, found);

        // Of the same millisecond, in the order of Redis.
        static IEnumerable<Claim> AtOnce(int first, int count) =>
            Enumerable.Range(first, count).Select(n => NewClaim("merchant-1", n) with { GrantedAt = StoreSamples.Time.AddHours(1) });
    }

    [Fact]
    public async Task Partitions_that_are_not_reached_hold_up_no_look_and_are_looked_at_again_once_they_answer()
    {
        await MakeDueAsync();
        await using var fleet = await OpenQueueAsync();
        fleet.Schedule.Assign([.. Enumerable.Range(0, RedisKeys.PartitionCount)], groupSize: 64);
        fleet.Membership.ReportLook(Enumerable.Range(0, RedisKeys.PartitionCount), isReached: false);
        stopwatch.Advance(FleetMembership.Lifetime);
        fleet.Membership.ReportLook(Enumerable.Range(0, RedisKeys.PartitionCount), isReached: false);
        await server.FreezeAsync();
        try
        {
            // A look that waited for them would fail.
            Assert.Empty(await fleet.Queue.FindAsync(10_000, CancellationToken.None));
        }
        finally
        {
            server.Thaw();
        }

        await UntilAsync(async () =>
        {
            stopwatch.Advance(TimeSpan.FromSeconds(1));
            return (await fleet.Queue.FindAsync(10_000, CancellationToken.None)).Length == Merchants;
        });
    }

    [Fact]
    public async Task Looks_that_failed_before_a_partition_moved_to_another_process_do_not_count_when_it_is_back()
    {
        int[] all = [.. Enumerable.Range(0, RedisKeys.PartitionCount)];
        await using var fleet = await OpenQueueAsync();
        fleet.Membership.Join();
        await UntilAsync(() => Task.FromResult(all.All(fleet.Schedule.IsAssigned)));
        fleet.Membership.ReportLook(all, isReached: false);

        await server.CommandAsync("ZADD", "cs:fleet", (await server.TimeAsync()).ToUnixTimeMilliseconds(), "other");
        fleet.Membership.NotifyChanged();
        await UntilAsync(() => Task.FromResult(!all.All(fleet.Schedule.IsAssigned)));
        var moved = all.First(partition => !fleet.Schedule.IsAssigned(partition));
        stopwatch.Advance(FleetMembership.Lifetime);

        await UntilAsync(() =>
        {
            fleet.Membership.ReportLook([moved], isReached: false);
            return Task.FromResult(!fleet.Membership.IsUnreached(moved));
        });
    }

    [Fact]
    public async Task A_damaged_partition_is_retried_without_the_others_of_its_group()
    {
        const int Damaged = 5;
        await using var fleet = await OpenQueueAsync();
        await server.CommandAsync("SET", (string)RedisKeys.Due(Damaged)!, "no set");
        fleet.Schedule.Assign([.. Enumerable.Range(0, 64)], groupSize: 64);

        await fleet.Queue.FindAsync(10, CancellationToken.None);

        stopwatch.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal([Damaged], fleet.Schedule.TakeReady(64).AsEnumerable());
    }

    [Fact]
    public async Task A_partition_whose_claims_cannot_be_read_holds_up_no_other()
    {
        var store = await OpenAsync();
        await server.CommandAsync("SET", StoredMerchants.ClaimsKey("merchant-1"), "no set");
        var claim = NewClaim("merchant-2", 0);
        await AddClaimAsync(claim);

        Assert.Equal([claim], await ClaimsAsync(store));
        Assert.Equal([claim], await ClaimsAsync(store));

        Assert.Single(log.Collector.GetSnapshot(), entry => entry.Level == LogLevel.Error);
    }

    [Fact]
    public async Task A_look_at_a_server_that_does_not_answer_ends_early_however_long_other_commands_may_take()
    {
        var store = await OpenAsync(timeout: TimeSpan.FromMinutes(1));
        await server.FreezeAsync();
        try
        {
            var looking = store.FindDueAsync(1, CancellationToken.None).AsTask();

            await Assert.ThrowsAsync<StoreUnavailableException>(() => looking.WaitAsync(HangBound));
        }
        finally
        {
            server.Thaw();
        }
    }

    private static Claim NewClaim(string merchantId, int n) =>
        new(merchantId, new PageRef(Provider.Facebook, $"page-{n:000}"), StoreSamples.Time.AddSeconds(n));

    private async Task<RedisStore> OpenAsync(string credentials = "", TimeSpan? timeout = null)
    {
        var options = new StoreOptions { Redis = { Configuration = server.Configuration + credentials, Timeout = timeout ?? TimeSpan.FromSeconds(10) } };
        var store = new RedisStore(Options.Create(options), stopwatch, log);
        stores.Add(store);
        await store.OpenAsync(CancellationToken.None);
        return store;
    }

    private async Task<OpenQueue> OpenQueueAsync()
    {
        var connection = new RedisConnection(RedisConfiguration.Build(new RedisOptions { Configuration = server.Configuration }), log);
        await connection.OpenAsync();
        var clock = new RedisClock(stopwatch, () => [Task.FromResult(0L)]);
        var schedule = new DeadlineSchedule(RedisKeys.PartitionCount, TimeSpan.FromSeconds(8), stopwatch);
        var membership = new FleetMembership(connection, clock, schedule, stopwatch, log);
        var queue = new RedisDueQueue(connection, clock, schedule, membership, new RedisClaims(connection, schedule, log), log);
        return new OpenQueue(connection, schedule, membership, queue);
    }

    private async Task MakeDueAsync() =>
        await Task.WhenAll(AllMerchants.Select(id => server.CommandAsync("ZADD", StoredMerchants.DueKey(id), 1, id)));

    private Task AddClaimAsync(Claim claim) => server.CommandAsync(
        "ZADD", StoredMerchants.ClaimsKey(claim.MerchantId), claim.GrantedAt.ToUnixTimeMilliseconds(), RedisClaims.Encode(claim));

    // As the timer does. Partitions that do not answer are none of this test's business.
    private static async Task<string[]> FindAsync(RedisStore store)
    {
        try
        {
            return [.. (await store.FindDueAsync(10_000, CancellationToken.None)).Select(due => due.MerchantId)];
        }
        catch (StoreUnavailableException)
        {
            return [];
        }
    }

    private Task<string[]> LookAsync(RedisStore store)
    {
        stopwatch.Advance(TimeSpan.FromMilliseconds(250));
        return FindAsync(store);
    }

    // A look at the deadlines tells which partitions have claims.
    private async Task<Claim[]> ClaimsAsync(RedisStore store)
    {
        stopwatch.Advance(TimeSpan.FromSeconds(10));
        await FindAsync(store);
        return await store.FindClaimsAsync(CancellationToken.None).ToArrayAsync();
    }

    private Task UntilMembersAsync(Func<string[], bool> condition) => UntilAsync(async () => condition(await MembersAsync()));

    private async Task<string[]> MembersAsync() => [.. (await server.CommandAsync("ZRANGE", "cs:fleet", 0, -1)).Items.Select(item => item.Text)];

    private static Task UntilAsync(Func<Task<bool>> condition) => Eventually.TrueAsync(condition);

    private sealed record OpenQueue(RedisConnection Connection, DeadlineSchedule Schedule, FleetMembership Membership, RedisDueQueue Queue)
        : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Membership.DisposeAsync();
            await Connection.DisposeAsync();
            Schedule.Dispose();
        }
    }
}
