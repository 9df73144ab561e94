using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Watch;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Tests.Watch.Hub;

/// <summary>When the store says that notifications may have been lost, what is watched is compared at once.</summary>
public sealed class MissedTests : IAsyncLifetime, IDisposable
{
    private const string Places = nameof(IConnectionStore.ReadPositionsAsync);

    // Nothing is compared because of the time: a test would hang.
    private static readonly WatchOptions Patient = new() { ReconciliationInterval = TimeSpan.FromMinutes(1), CheckpointInterval = TimeSpan.FromMinutes(5) };
    private TestHub hub = null!;
    private WatchReconciliationService comparison = null!;

    public async Task InitializeAsync()
    {
        hub = await TestHub.StartAsync(Patient);
        comparison = new WatchReconciliationService(
            hub.Hub, Options.Create(Patient), TimeProvider.System, NullLogger<WatchReconciliationService>.Instance);
    }

    public async Task DisposeAsync()
    {
        await comparison.StopAsync(CancellationToken.None);
        await hub.DisposeAsync();
    }

    public void Dispose() => comparison.Dispose();

    [Fact]
    public async Task What_was_missed_is_found_out_at_once()
    {
        await comparison.StartAsync(CancellationToken.None);
        using var stream = await hub.JoinAsync();
        hub.Store.IsDeaf = true;
        await hub.CommitAsync(times: 2);

        hub.Store.Miss();

        Assert.Equal("changes 1-2", await stream.TakeAsync());
        Assert.Equal(1, hub.Calls(Places));
    }

    [Fact]
    public async Task What_is_said_during_a_comparison_is_followed_by_another_one()
    {
        await comparison.StartAsync(CancellationToken.None);
        using var stream = await hub.JoinAsync();
        var hold = new StoreCallGate(Places);
        hub.Store.After = hold.PassAsync;
        hub.Store.IsDeaf = true;
        hub.Store.Miss();
        await hold.ReachedAsync();
        await hub.CommitAsync();

        hub.Store.Miss();
        hold.Release();

        Assert.Equal("changes 1-1", await stream.TakeAsync());
    }

    [Fact]
    public async Task A_comparison_that_fails_does_not_keep_the_next_from_following()
    {
        await comparison.StartAsync(CancellationToken.None);
        using var stream = await hub.JoinAsync();
        hub.Store.IsDeaf = true;
        await hub.CommitAsync();
        hub.Fail(Places);
        hub.Store.Miss();
        await hub.CalledAsync(Places, 1);
        hub.Heal();

        hub.Store.Miss();

        Assert.Equal("changes 1-1", await stream.TakeAsync());
    }

    [Fact]
    public async Task What_is_said_before_anybody_compares_is_kept()
    {
        using var stream = await hub.JoinAsync();
        hub.Store.IsDeaf = true;
        await hub.CommitAsync();
        hub.Store.Miss();

        await comparison.StartAsync(CancellationToken.None);

        Assert.Equal("changes 1-1", await stream.TakeAsync());
    }

    [Fact]
    public void Everybody_who_listens_is_told_until_they_leave_also_when_one_fails()
    {
        var log = new Logbook<CommitSubscribers>();
        var listeners = new CommitSubscribers(log);
        var (first, last) = (0, 0);
        var leaving = listeners.Add(_ => { }, () => first++);
        listeners.Add(_ => { }, () => throw new InvalidOperationException("a bug"));
        listeners.Add(_ => { }, () => last++);

        listeners.TellMissed();
        leaving.Dispose();
        listeners.TellMissed();

        Assert.Equal((1, 2), (first, last));
        Assert.Equal(2, log.Entries.Count);
    }
}
