using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Telemetry;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Watch;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Tests.Watch;

/// <summary>A hub over an embedded store whose calls the test can intercept. It reconciles only when the test says so.</summary>
internal sealed class TestHub : IAsyncDisposable
{
    public const string Merchant = "merchant-1";

    private readonly TemporaryFolder folder = new();
    private readonly ServiceProvider metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ConcurrentDictionary<string, int> calls = new();
    private readonly SqliteStore inner;

    private TestHub(WatchOptions options, WatchListsOptions lists)
    {
        var meters = metrics.GetRequiredService<IMeterFactory>();
        FallenBehind = new(meters, Instruments.MeterName, "connectionstate.watch.fallen_behind");
        Refused = new(meters, Instruments.MeterName, "connectionstate.watch.refused");
        Unreadable = new(meters, Instruments.MeterName, "connectionstate.records.unreadable");
        OpenStreams = new(meters, Instruments.MeterName, "connectionstate.watch.open");
        inner = new SqliteStore(Options.Create(new StoreOptions { Path = folder.File("hub.db") }), TimeProvider.System);
        Store = new InterceptedStore(inner) { Before = CountAsync };
        Hub = new WatchHub(Store, Store, new Instruments(meters), Options.Create(options), Options.Create(lists), Clock, Log);
    }

    public InterceptedStore Store { get; }

    public WatchHub Hub { get; }

    public RecordingClock Clock { get; } = new();

    public FakeLogger<WatchHub> Log { get; } = new();

    public MetricCollector<long> FallenBehind { get; }

    public MetricCollector<long> Refused { get; }

    public MetricCollector<long> Unreadable { get; }

    public MetricCollector<int> OpenStreams { get; }

    /// <summary>Runs before each store call of the hub.</summary>
    public Func<string, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>The number of times the hub has read a record.</summary>
    public int Reads => Calls(nameof(IConnectionStore.ReadAsync));

    public static async Task<TestHub> StartAsync(WatchOptions? options = null, WatchListsOptions? lists = null)
    {
        var hub = new TestHub(options ?? new(), lists ?? new());
        await hub.inner.OpenAsync(CancellationToken.None);
        return hub;
    }

    /// <summary>The number of calls of a store method.</summary>
    public int Calls(string method) => calls.GetValueOrDefault(method);

    /// <summary>Makes a store method fail as in an outage, until <see cref="Recover"/>.</summary>
    public void Fail(string method) => Before = called =>
        called == method ? throw new StoreUnavailableException("an outage") : Task.CompletedTask;

    public void Recover() => Before = _ => Task.CompletedTask;

    /// <summary>Pauses the next call of a store method, before it reaches the store.</summary>
    public StoreCallGate PauseBefore(string method)
    {
        var gate = new StoreCallGate(method);
        Before = gate.PassAsync;
        return gate;
    }

    /// <summary>Pauses the next call of a store method, before its result reaches the hub.</summary>
    public StoreCallGate PauseAfter(string method)
    {
        var gate = new StoreCallGate(method);
        Store.After = gate.PassAsync;
        return gate;
    }

    public WatchStream Open(string merchantId = Merchant, HistoryPosition? from = null)
    {
        Assert.Null(Hub.TryOpen(merchantId, from, out var stream));
        return stream;
    }

    /// <summary>Opens a stream, and reads its first snapshot.</summary>
    public async Task<WatchStream> StartStreamAsync(string merchantId = Merchant)
    {
        var stream = Open(merchantId);
        Assert.StartsWith("Initial ", await stream.NextAsync(), StringComparison.Ordinal);
        return stream;
    }

    /// <summary>Opens a stream of many merchants.</summary>
    public WatchSet OpenSet()
    {
        Assert.Null(Hub.TryOpenSet(out var set));
        return set;
    }

    public WatchFault.LimitExceeded OpenRefused(string merchantId = Merchant) =>
        Assert.IsType<WatchFault.LimitExceeded>(Hub.TryOpen(merchantId, null, out _));

    public Task ReconcileAsync() => Hub.ReconcileAsync(TimeSpan.Zero, CancellationToken.None);

    /// <summary>Commits without the hub's hooks, and returns the new position.</summary>
    public async Task<HistoryPosition> CommitAsync(string merchantId = Merchant, int times = 1)
    {
        var read = await inner.ReadAsync(merchantId, CancellationToken.None);
        for (var i = 0; i < times; i++)
        {
            var result = await inner.CommitAsync(StoreSamples.After(read), CancellationToken.None);
            Assert.True(result.Succeeded);
            read = result.Current;
        }

        return read.Position;
    }

    /// <summary>Waits until the hub has called a store method so many times.</summary>
    public Task UntilCalledAsync(string method, int times) => Eventually.TrueAsync(() => Task.FromResult(Calls(method) >= times));

    public Task UntilLoggedAsync(string text) => Eventually.TrueAsync(() => Task.FromResult(
        Log.Collector.GetSnapshot().Any(entry => entry.Message.Contains(text, StringComparison.Ordinal))));

    public RawDatabase OpenDatabase() => new(folder.File("hub.db"));

    /// <summary>Lets the store notice that the test has changed its file.</summary>
    public Task NoticeForeignChangesAsync() => inner.CheckAsync(CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        Hub.Dispose();
        await inner.DisposeAsync();
        FallenBehind.Dispose();
        Refused.Dispose();
        Unreadable.Dispose();
        OpenStreams.Dispose();
        await metrics.DisposeAsync();
        folder.Dispose();
    }

    private Task CountAsync(string method)
    {
        calls.AddOrUpdate(method, 1, (_, count) => count + 1);
        return Before(method);
    }
}
