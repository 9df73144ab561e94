using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Sqlite;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Watch;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Tests.Watch.Hub;

/// <summary>A hub over an embedded store that the test steps in front of. Nothing is compared unless the test does it.</summary>
internal sealed class TestHub : IAsyncDisposable
{
    public const string M = "merchant-1";

    private readonly TemporaryFolder folder = new();
    private readonly ServiceProvider metrics = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ConcurrentDictionary<string, int> calls = new();
    private readonly SqliteStore inner;

    private TestHub(WatchOptions options)
    {
        inner = new SqliteStore(Options.Create(new StoreOptions { Path = folder.File("hub.db") }), new ManualClock());
        Store = new InterceptedStore(inner) { Before = CountAsync };
        Hub = new WatchHub(Store, new Instruments(Meters), Options.Create(options), Clock, Log);
    }

    public InterceptedStore Store { get; }

    public WatchHub Hub { get; }

    public StillClock Clock { get; } = new();

    public Logbook<WatchHub> Log { get; } = new();

    /// <summary>Runs before each call that the hub makes of the store.</summary>
    public Func<string, Task> Before { get; set; } = _ => Task.CompletedTask;

    public IMeterFactory Meters => metrics.GetRequiredService<IMeterFactory>();

    /// <summary>How often the hub has read a record.</summary>
    public int Reads => Calls(nameof(IConnectionStore.ReadAsync));

    public static async Task<TestHub> StartAsync(WatchOptions? options = null)
    {
        var hub = new TestHub(options ?? new WatchOptions());
        await hub.inner.OpenAsync(CancellationToken.None);
        return hub;
    }

    public int Calls(string method) => calls.GetValueOrDefault(method);

    /// <summary>Lets the method fail as it does in an outage.</summary>
    public void Fail(string method) => Before = called =>
        called == method ? throw new StoreUnavailableException("an outage") : Task.CompletedTask;

    public void Heal() => Before = _ => Task.CompletedTask;

    public WatchStream Open(string merchantId = M, HistoryPosition? from = null)
    {
        Assert.Null(Hub.TryOpen(merchantId, from, out var stream));
        return stream;
    }

    /// <summary>A stream that was told where it stands, after nothing else.</summary>
    public async Task<WatchStream> JoinAsync(string merchantId = M)
    {
        var stream = Open(merchantId);
        Assert.StartsWith("Initial ", await stream.TakeAsync(), StringComparison.Ordinal);
        return stream;
    }

    public WatchFault.LimitExceeded Refused(string merchantId = M) =>
        Assert.IsType<WatchFault.LimitExceeded>(Hub.TryOpen(merchantId, null, out _));

    public Task ReconcileAsync() => Hub.ReconcileAsync(CancellationToken.None);

    /// <summary>Stores commits without the hub's hooks; where the merchant stands after them.</summary>
    public async Task<HistoryPosition> CommitAsync(string merchantId = M, int times = 1)
    {
        var read = await inner.ReadAsync(merchantId, CancellationToken.None);
        for (var i = 0; i < times; i++)
        {
            var result = await inner.CommitAsync(StoreSamples.After(read), CancellationToken.None);
            Assert.True(result.Won);
            read = result.Current;
        }

        return read.Position;
    }

    /// <summary>Waits until the hub has asked the store so often.</summary>
    public Task CalledAsync(string method, int times) => Eventually.TrueAsync(() => Task.FromResult(Calls(method) >= times));

    public Task LoggedAsync(string text) =>
        Eventually.TrueAsync(() => Task.FromResult(Log.Entries.Any(entry => entry.Contains(text, StringComparison.Ordinal))));

    public RawDatabase OpenDatabase() => new(folder.File("hub.db"));

    public async ValueTask DisposeAsync()
    {
        Hub.Dispose();
        await inner.DisposeAsync();
        await metrics.DisposeAsync();
        folder.Dispose();
    }

    private Task CountAsync(string method)
    {
        calls.AddOrUpdate(method, 1, (_, count) => count + 1);
        return Before(method);
    }
}
