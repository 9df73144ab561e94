using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using FsCheck.Xunit;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.SystemTests.Stores;

/// <summary>After the same random operations, the embedded store and the store on Redis return the same.</summary>
public sealed class StoreAgreementTests(StoreAgreementTests.Fixture fixture) : IClassFixture<StoreAgreementTests.Fixture>
{
    private const int Kept = 8;
    private const int All = 100_000;

    // All cases share the stores, so each check finds what any case before it has left.
    private const int DerivedDataInterval = 250;

    private static readonly Rules Rules = new() { StandardPages = 2 };
    private static int cases;

    private readonly ManualClock clock = fixture.Clock;
    private readonly SqliteStore embedded = fixture.Embedded;
    private readonly RedisStore redis = fixture.Redis;

    private IReadOnlyList<IConnectionStore> Stores => [embedded, redis];

    [Property(MaxTest = 1_000, StartSize = 30, EndSize = 30)]
    public async Task The_embedded_store_and_Redis_agree_after_random_operations(CommandSeed[] draws)
    {
        var name = $"case{Interlocked.Increment(ref cases)}";
        CoreMerchant[] merchants = [NewMerchant($"{name}-a"), NewMerchant($"{name}-b")];
        foreach (var (draw, i) in draws.Select((draw, i) => (draw, i)))
        {
            await StepAsync(merchants[i % merchants.Length], draw);
        }

        await AssertAgreeAsync([.. merchants.Select(merchant => merchant.Record)]);
        foreach (var store in Stores)
        {
            await RemoveWorkAsync(store, merchants);
        }

        if (cases % DerivedDataInterval == 0)
        {
            await Task.WhenAll(Stores.Select(store => DerivedData.AssertMatchesAsync(store, merchants.Select(merchant => merchant.Record.MerchantId))));
        }
    }

    private CoreMerchant NewMerchant(string merchantId) => new CoreMerchant(Rules, merchantId).At(clock.GetUtcNow());

    private Task StepAsync(CoreMerchant merchant, CommandSeed draw) => (draw.Choice % 16) switch
    {
        0 => RemoveClaimAsync(merchant),
        1 => RescheduleAsync(merchant, draw),
        2 => CommitOnStaleRecordAsync(merchant),
        _ => MoveAsync(merchant, draw),
    };

    private async Task MoveAsync(CoreMerchant merchant, CommandSeed draw)
    {
        merchant.At(clock.GetUtcNow());
        var command = CommandGenerator.Next(merchant, draw);
        CommandGenerator.AdvanceClock(merchant, command);
        clock.Advance(merchant.Now - clock.GetUtcNow());
        var claims = merchant.Claims.Count;
        if (merchant.Execute(command) is not Decision.Changed)
        {
            return;
        }

        var (record, commit) = (merchant.Record, merchant.History[^1]);
        var claim = merchant.Claims.Count > claims ? merchant.Claims[^1] : null;
        foreach (var store in Stores)
        {
            var read = await store.ReadAsync(record.MerchantId, CancellationToken.None);
            var result = await store.CommitAsync(new(read, record, commit, merchant.NextDeadline, claim), CancellationToken.None);
            Assert.True(result.Succeeded);
            Assert.Equal(Text(new StoredMerchant(record, commit.Id)), Text(await store.ReadAsync(record.MerchantId, CancellationToken.None)));
            if (claim is not null)
            {
                await RegisterAsync(store, record, claim.Page, isExpected: draw.Page % 4 > 0);
            }
        }
    }

    private static async Task RegisterAsync(IConnectionStore store, MerchantRecord record, PageRef page, bool isExpected)
    {
        var registered = (await store.ReadHoldAsync(page, CancellationToken.None))?.HoldId ?? 0;
        var hold = new PageHold(record.MerchantId, record.Find(page)!.HoldId);
        await store.RegisterAsync(page, hold, isExpected ? registered : registered + 1, CancellationToken.None);
    }

    // The stores do not interpret claims, so claims of two merchants to the same page need no order here.
    private async Task RemoveClaimAsync(CoreMerchant merchant)
    {
        if (merchant.Claims is [.., var claim])
        {
            await Task.WhenAll(Stores.Select(store => store.RemoveClaimAsync(claim, CancellationToken.None).AsTask()));
        }
    }

    private async Task RescheduleAsync(CoreMerchant merchant, CommandSeed draw)
    {
        if (merchant.NextDeadline is { } deadline)
        {
            var due = new DueMerchant(merchant.Record.MerchantId, StoreTime.ToTime(StoreTime.RoundUp(deadline)));
            var next = draw.Page % 2 == 0 ? (DateTimeOffset?)null : clock.GetUtcNow().AddMinutes(-draw.Page);
            await Task.WhenAll(Stores.Select(store => store.RescheduleAsync(due, next, CancellationToken.None).AsTask()));
        }
    }

    // What is left to do for the merchants of one case would be read by every case after it.
    private static async Task RemoveWorkAsync(IConnectionStore store, CoreMerchant[] merchants)
    {
        foreach (var due in await store.FindDueAsync(All, CancellationToken.None))
        {
            await store.RescheduleAsync(due, null, CancellationToken.None);
        }

        foreach (var claim in merchants.SelectMany(merchant => merchant.Claims))
        {
            await store.RemoveClaimAsync(claim, CancellationToken.None);
        }
    }

    private async Task CommitOnStaleRecordAsync(CoreMerchant merchant)
    {
        if (merchant.History is not [.., var last])
        {
            return;
        }

        var stale = new StoredMerchant(merchant.Record with { Revision = last.Revision - 1 }, last.PreviousId);
        var rejected = new List<CommitResult>();
        foreach (var store in Stores)
        {
            rejected.Add(await store.CommitAsync(StoreSamples.After(stale, merchant.Record), CancellationToken.None));
        }

        Assert.All(rejected, result => Assert.False(result.Succeeded));
        Assert.Equal(Text(rejected[0].Current), Text(rejected[1].Current));
    }

    private async Task AssertAgreeAsync(MerchantRecord[] records)
    {
        string[] ids = [.. records.Select(record => record.MerchantId)];
        var descriptions = new List<string>();
        foreach (var store in Stores)
        {
            descriptions.Add(await DescribeAsync(store, ids));
        }

        Assert.Equal(descriptions[0], descriptions[1]);
        Assert.All(records, record => Assert.Contains(RecordText.Of(record), descriptions[1], StringComparison.Ordinal));
    }

    // Everything that a store returns about merchants.
    private static async Task<string> DescribeAsync(IConnectionStore store, string[] ids)
    {
        var descriptions = new List<string> { $"{await store.GetTimeAsync(CancellationToken.None):O}" };
        foreach (var id in ids)
        {
            descriptions.Add(Text(await store.ReadAsync(id, CancellationToken.None)));
            descriptions.AddRange((await store.ReadCommitsAsync(id, 0, All, CancellationToken.None)).Select(RecordText.Of));
        }

        foreach (var page in CommandGenerator.AllPages)
        {
            descriptions.AddRange((await store.FindMerchantsAsync(page, CancellationToken.None)).Intersect(ids).Select(id => $"{id} has {page}"));
            descriptions.Add($"{page} is held by {await store.ReadHoldAsync(page, CancellationToken.None)}");
        }

        foreach (var account in CommandGenerator.AllAccounts)
        {
            descriptions.AddRange((await store.FindMerchantsAsync(account, CancellationToken.None)).Intersect(ids).Select(id => $"{id} uses {account}"));
        }

        var due = await store.FindDueAsync(All, CancellationToken.None);
        var claims = await store.FindClaimsAsync(CancellationToken.None).ToArrayAsync();
        descriptions.AddRange((await store.ReadPositionsAsync([.. ids], CancellationToken.None)).Select(place => $"{place}"));
        descriptions.AddRange(due.Where(d => ids.Contains(d.MerchantId)).Select(d => $"due {d}").Order());
        descriptions.AddRange(claims.Where(c => ids.Contains(c.MerchantId)).Select(c => $"claims {c}").Order());
        return string.Join('\n', descriptions);
    }

    private static string Text(StoredMerchant stored) => $"{stored.CommitId} {RecordText.Of(stored.Record)}";

    /// <summary>Both stores. A fixture, because FsCheck.Xunit does not call <see cref="IAsyncLifetime.DisposeAsync"/> of a test class.</summary>
    public sealed class Fixture : IAsyncLifetime, IDisposable
    {
        private readonly TemporaryFolder folder = new();
        private RedisServer server = null!;

        internal ManualClock Clock { get; } = new();

        internal SqliteStore Embedded { get; private set; } = null!;

        internal RedisStore Redis { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            server = await RedisServer.StartWithClockAsync(Clock.GetUtcNow());
            Clock.Moving = server.SetClock;
            var options = server.NewStoreOptions();
            options.Path = folder.File("agreement.db");
            options.KeptCommits = Kept;
            Embedded = new SqliteStore(Options.Create(options), Clock);
            Redis = new RedisStore(Options.Create(options), new ManualStopwatch(Clock));
            await Embedded.OpenAsync(CancellationToken.None);
            await Redis.OpenAsync(CancellationToken.None);
        }

        public async Task DisposeAsync()
        {
            await Embedded.DisposeAsync();
            await Redis.DisposeAsync();
            await server.DisposeAsync();
        }

        public void Dispose() => folder.Dispose();
    }
}
