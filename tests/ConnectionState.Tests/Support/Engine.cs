using System.Diagnostics.Metrics;
using ConnectionStateService.Core;
using ConnectionStateService.Merchants;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Telemetry;
using ConnectionStateService.Timers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace ConnectionStateService.Tests.Support;

/// <summary>Everything below the API, on an embedded store of its own whose calls a test can intercept.</summary>
internal sealed class Engine : IAsyncDisposable
{
    public static readonly Origin Origin = new("test");

    private static readonly TraceSampling Sampling = new(ratio: 0, _ => false);

    private readonly TemporaryFolder folder;
    private readonly ServiceProvider metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly Instruments instruments;
    private readonly IOptions<Rules> rules = Options.Create(new Rules());
    private readonly IOptions<StoreOptions> storeOptions;
    private readonly IOptions<TimerOptions> timerOptions;

    private Engine(TemporaryFolder folder, StoreOptions store, TimerOptions timer)
    {
        this.folder = folder;
        store.Path = folder.File("engine.db");
        storeOptions = Options.Create(store);
        timerOptions = Options.Create(timer);
        instruments = new Instruments(metrics.GetRequiredService<IMeterFactory>());
        Store = new InterceptedStore(new SqliteStore(storeOptions, Clock));
        Queries = new MerchantQueries(Store, Store, Store, Store, instruments);
        Settlement = NewSettlement(Store);
        Handler = NewHandler(Store);
    }

    public FakeTimeProvider Clock { get; } = new(StoreSamples.Time);

    public InterceptedStore Store { get; }

    public MerchantQueries Queries { get; }

    public ClaimSettlement Settlement { get; }

    public MerchantCommandHandler Handler { get; }

    public FakeLogger<DeadlineProcessor> DeadlineLog { get; } = new();


    public static async Task<Engine> StartAsync(StoreOptions? store = null, TimerOptions? timer = null)
    {
        var engine = new Engine(new TemporaryFolder(), store ?? new StoreOptions(), timer ?? new TimerOptions());
        await engine.Store.OpenAsync(CancellationToken.None);
        return engine;
    }

    public ClaimSettlement NewSettlement(IConnectionStore store) => NewSettlement(store, NewCommitter(store));

    public ClaimSettlement NewSettlement(IConnectionStore store, MerchantCommitter committer) =>
        new(
            committer,
            new MerchantQueries(store, store, store, store, instruments),
            store,
            store,
            instruments,
            NullLogger<ClaimSettlement>.Instance);

    /// <summary>Creates what carries out commands in another process: it shares the store and nothing else.</summary>
    public MerchantCommandHandler NewHandler(IConnectionStore store)
    {
        var committer = NewCommitter(store);
        return new(committer, NewSettlement(store, committer), new MerchantQueries(store, store, store, store, instruments));
    }

    public DeadlineProcessor NewDeadlineProcessor(IConnectionStore store) =>
        new(store, store, NewHandler(store), instruments, Sampling, rules, timerOptions, DeadlineLog);

    public PageClaimProcessor NewPageClaimProcessor(IConnectionStore store) =>
        new(store, store, NewSettlement(store), instruments, Sampling, timerOptions, NullLogger<PageClaimProcessor>.Instance);

    /// <summary>Collects the measurements of an instrument from now on.</summary>
    public MetricCollector<long> Collect(string instrument) =>
        new(metrics.GetRequiredService<IMeterFactory>(), Instruments.MeterName, instrument);

    /// <summary>Collects the durations that an instrument measures from now on, in seconds.</summary>
    public MetricCollector<double> CollectDurations(string instrument) =>
        new(metrics.GetRequiredService<IMeterFactory>(), Instruments.MeterName, instrument);

    public RawDatabase OpenDatabase() => new(storeOptions.Value.Path);

    /// <summary>Carries out a command as if in a process of its own: a test may do so while another command waits for the store.</summary>
    public Task<Decision> HandleAsync(string merchantId, Command command) =>
        NewHandler(Store).HandleAsync(merchantId, command, CancellationToken.None);

    /// <summary>Does what the timer does at each of its intervals.</summary>
    public async Task ProcessDueAsync()
    {
        // A processor that finds the same merchants again and again must fail the test, not hang it.
        using var timeout = new CancellationTokenSource(Eventually.Patience);
        await NewDeadlineProcessor(Store).ProcessDueAsync(timeout.Token);
        await NewPageClaimProcessor(Store).ProcessUnsettledAsync(timeout.Token);
    }

    public async Task ProcessAfterAsync(TimeSpan time)
    {
        Clock.Advance(time);
        await ProcessDueAsync();
    }

    /// <summary>Begins a session in which the page can be chosen, and returns its id.</summary>
    public async Task<string> OfferAsync(string merchantId, PageRef page)
    {
        var sessionId = $"session-{Guid.NewGuid():N}";
        var candidate = new Candidate(page.PageId, "A page", PageRole.Editor, []);
        await HandleAsync(merchantId, new Command.BeginConnect(Origin, sessionId, page.Provider, null));
        await HandleAsync(merchantId, new Command.SubmitAccount(Origin, sessionId, new Account("person", "A Person", true), [candidate], Complete: false));
        return sessionId;
    }

    /// <summary>Begins a session that waits for the provider's consent to the page, and returns its id.</summary>
    public async Task<string> RequestAsync(string merchantId, PageRef page)
    {
        var sessionId = await OfferAsync(merchantId, page);
        await HandleAsync(merchantId, new Command.ChoosePage(Origin, sessionId, page.PageId));
        return sessionId;
    }

    public static Command.Grant Grant(string sessionId, DateTimeOffset? expiresAt = null, string requestId = "") =>
        new(new Origin("test", requestId, PayloadHash: 7), sessionId, RandomIds.Next(), MessagingConsent: true, expiresAt);

    public async Task ConnectAsync(string merchantId, PageRef page, DateTimeOffset? expiresAt = null) =>
        await HandleAsync(merchantId, Grant(await RequestAsync(merchantId, page), expiresAt));

    /// <summary>Grants the page to each merchant, as if the process had crashed before settling the claim.</summary>
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

    /// <summary>Connects a number of merchants, each to a page with its own id. The tokens expire a second after one another.</summary>
    public async Task<string[]> ConnectManyAsync(int count)
    {
        var merchants = Enumerable.Range(1, count).Select(n => $"merchant-{n:000}").ToArray();
        await Task.WhenAll(merchants.Select((id, i) =>
            ConnectAsync(id, new PageRef(Provider.Facebook, id), Clock.GetUtcNow() + TimeSpan.FromSeconds(i + 1))));

        // Processes the warnings, so that only the expiries are left.
        await ProcessDueAsync();
        return merchants;
    }

    public Task<MerchantRecord> ReadAsync(string merchantId) => Queries.GetAsync(merchantId, CancellationToken.None);

    public async Task<State?> StateAsync(string merchantId, PageRef page) => (await ReadAsync(merchantId)).Find(page)?.State;

    public async Task<Commit[]> HistoryAsync(string merchantId) =>
        [.. await Store.ReadCommitsAsync(merchantId, 0, 10_000, CancellationToken.None)];

    public async Task<int> CountAsync(string merchantId, Trigger trigger) =>
        (await HistoryAsync(merchantId)).SelectMany(c => c.Changes).Count(c => c is Change.Transition t && t.Trigger == trigger);

    /// <summary>Returns the merchants that are expired and became so exactly once.</summary>
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

    /// <summary>Flips a bit of the merchant's stored record.</summary>
    public async Task MakeUnreadableAsync(string merchantId)
    {
        using var database = OpenDatabase();
        database.Damage(merchantId, RecordDamage.Flip);

        // The store notices that its file was changed, and forgets what it has cached.
        await Store.CheckAsync(CancellationToken.None);
    }

    /// <summary>All unsettled claims.</summary>
    public async Task<Claim[]> ClaimsAsync() =>
        await Store.FindClaimsAsync(CancellationToken.None).ToArrayAsync();

    public async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        await metrics.DisposeAsync();
        folder.Dispose();
    }

    public MerchantCommitter NewCommitter(IConnectionStore store) =>
        new(store, store, store, new MerchantQueues(storeOptions), instruments, new CommitLatency(), rules, storeOptions, Clock);
}
