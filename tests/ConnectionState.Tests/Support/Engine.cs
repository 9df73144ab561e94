using System.Diagnostics.Metrics;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Timers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Tests.Support;

/// <summary>What stands behind the API, on an embedded store of its own that the test can step in front of.</summary>
internal sealed class Engine : IAsyncDisposable
{
    public static readonly Origin Origin = new("the test");

    private readonly TemporaryFolder folder;
    private readonly ServiceProvider metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Instruments instruments;
    private readonly IOptions<StoreOptions> storeOptions;
    private readonly IOptions<TimerOptions> timerOptions;

    private Engine(TemporaryFolder folder, StoreOptions store, TimerOptions timer)
    {
        this.folder = folder;
        store.Path = folder.File("engine.db");
        storeOptions = Options.Create(store);
        timerOptions = Options.Create(timer);
        instruments = new Instruments(Meters);
        Store = new InterceptedStore(new SqliteStore(storeOptions, Clock));
        Claims = NewClaims(Store);
        Merchants = NewMerchants(Store);
        DeadlineProcessor = NewSweeper(Store);
    }

    public ManualClock Clock { get; } = new();

    public InterceptedStore Store { get; }

    public ClaimSettlement Claims { get; }

    public MerchantCommandHandler Merchants { get; }

    public DeadlineProcessor DeadlineProcessor { get; }

    public Logbook<DeadlineProcessor> SweeperLog { get; } = new();

    public IMeterFactory Meters => metrics.GetRequiredService<IMeterFactory>();

    public static async Task<Engine> StartAsync(StoreOptions? store = null, TimerOptions? timer = null)
    {
        var engine = new Engine(new TemporaryFolder(), store ?? new StoreOptions(), timer ?? new TimerOptions());
        await engine.Store.OpenAsync(CancellationToken.None);
        return engine;
    }

    public ClaimSettlement NewClaims(IConnectionStore store) => new(store, instruments, NullLogger<ClaimSettlement>.Instance);

    public MerchantCommandHandler NewMerchants(IConnectionStore store) =>
        new(store, NewClaims(store), instruments, Options.Create(new Rules()), storeOptions);

    public DeadlineProcessor NewSweeper(IConnectionStore store) => new(
        store, NewMerchants(store), NewClaims(store), instruments, Options.Create(new Rules()), timerOptions, SweeperLog);

    public RawDatabase OpenDatabase() => new(storeOptions.Value.Path);

    public Task<Decision> HandleAsync(string merchantId, Command command) =>
        Merchants.HandleAsync(merchantId, command, CancellationToken.None);

    public async Task ProcessDueAsync()
    {
        // Far longer than anything takes: a sweep that finds the same merchants again and again must fail, not hang.
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        await DeadlineProcessor.ProcessDueAsync(patience.Token);
    }

    public async Task SweepAfterAsync(TimeSpan time)
    {
        Clock.Advance(time);
        await ProcessDueAsync();
    }

    /// <summary>A session in which the page can be chosen; its id.</summary>
    public async Task<string> OfferAsync(string merchantId, PageRef page)
    {
        var sessionId = $"session-{Guid.NewGuid():N}";
        var candidate = new Candidate(page.PageId, "A page", PageRole.Editor, []);
        await HandleAsync(merchantId, new Command.BeginConnect(Origin, sessionId, page.Provider, null));
        await HandleAsync(merchantId, new Command.SubmitAccount(Origin, sessionId, new Account("person", "A Person", true), [candidate]));
        return sessionId;
    }

    /// <summary>A session that awaits the provider's answer for the page; its id.</summary>
    public async Task<string> RequestAsync(string merchantId, PageRef page)
    {
        var sessionId = await OfferAsync(merchantId, page);
        await HandleAsync(merchantId, new Command.ChoosePage(Origin, sessionId, page.PageId));
        return sessionId;
    }

    public static Command.Grant Grant(string sessionId, DateTimeOffset? expiresAt = null, string requestId = "") =>
        new(new Origin("the test", requestId, PayloadHash: 7), sessionId, MessagingConsent: true, expiresAt);

    public async Task ConnectAsync(string merchantId, PageRef page, DateTimeOffset? expiresAt = null) =>
        await HandleAsync(merchantId, Grant(await RequestAsync(merchantId, page), expiresAt));

    /// <summary>Grants the page to each, as if the process had ended between storing the grant and settling its claim.</summary>
    public async Task GrantUnsettledAsync(PageRef page, params string[] merchants)
    {
        foreach (var id in merchants)
        {
            var session = await RequestAsync(id, page);
            Store.Before = method => method == nameof(IConnectionStore.FindMerchantsAsync)
                ? throw new StoreUnavailableException("an outage")
                : Task.CompletedTask;
            await HandleAsync(id, Engine.Grant(session));
            Store.Before = _ => Task.CompletedTask;
        }
    }

    /// <summary>Connects so many merchants, each to a page called like itself; they expire one after another, a second apart.</summary>
    public async Task<string[]> ConnectManyAsync(int count)
    {
        var merchants = Enumerable.Range(1, count).Select(n => $"merchant-{n:000}").ToArray();
        await Task.WhenAll(merchants.Select((id, i) =>
            ConnectAsync(id, new PageRef(Provider.Facebook, id), Clock.GetUtcNow() + TimeSpan.FromSeconds(i + 1))));

        // The warnings, so that only the expiries are left.
        await ProcessDueAsync();
        return merchants;
    }

    public Task<MerchantRecord> ReadAsync(string merchantId) => Merchants.ReadAsync(merchantId, CancellationToken.None);

    public async Task<State?> StateAsync(string merchantId, PageRef page) => (await ReadAsync(merchantId)).Find(page)?.State;

    public async Task<Commit[]> HistoryAsync(string merchantId) =>
        [.. await Store.ReadCommitsAsync(merchantId, 0, 10_000, CancellationToken.None)];

    public async Task<int> CountAsync(string merchantId, Trigger trigger) =>
        (await HistoryAsync(merchantId)).SelectMany(c => c.Changes).Count(c => c is Change.Transition t && t.Trigger == trigger);

    /// <summary>Those of the merchants that are expired, and became so once.</summary>
    public async Task<string[]> ExpiredOnceAsync(string[] merchants)
    {
        var expired = new List<string>();
        foreach (var id in merchants)
        {
            if (await StateAsync(id, new PageRef(Provider.Facebook, id)) is State.Expired && await CountAsync(id, Trigger.Expire) == 1)
            {
                expired.Add(id);
            }
        }

        return [.. expired];
    }

    /// <summary>Changes a bit of what is stored of the merchant.</summary>
    public void MakeUnreadable(string merchantId)
    {
        using var database = OpenDatabase();
        database.Damage(merchantId, RecordDamage.Flip);
    }

    /// <summary>All claims that wait to be settled.</summary>
    public async Task<Claim[]> ClaimsAsync() =>
        [.. await Store.FindClaimsAsync(DateTimeOffset.MaxValue, 10_000, CancellationToken.None)];

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await metrics.DisposeAsync();
        folder.Dispose();
    }
}
