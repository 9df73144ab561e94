using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Watch;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Tests.Watch.Hub;

/// <summary>What was once wrong with the watch below the API, each with the moment at which it went wrong.</summary>
public sealed class PastFaultTests : IAsyncLifetime
{
    private TestHub hub = null!;

    public async Task InitializeAsync() => hub = await TestHub.StartAsync();

    public async Task DisposeAsync() => await hub.DisposeAsync();

    [Fact]
    public async Task A_stream_that_is_disposed_of_twice_gives_its_room_back_once()
    {
        await using var small = await TestHub.StartAsync(new WatchOptions { Streams = 2 });
        using var other = small.Open("merchant-2");
        var stream = small.Open();
        stream.Dispose();
        stream.Dispose();
        using var next = small.Open();

        small.Refused("merchant-3");
    }

    [Fact]
    public async Task A_stream_that_is_disposed_of_twice_leaves_who_came_after_it_alone()
    {
        var stream = await hub.JoinAsync();
        stream.Dispose();
        using var next = await hub.JoinAsync();
        stream.Dispose();

        await hub.CommitAsync();

        Assert.Equal("changes 1-1", await next.TakeAsync());
    }

    [Fact]
    public async Task A_comparison_that_comes_together_with_a_hint_still_gives_quiet_streams_a_checkpoint()
    {
        using var quiet = await hub.JoinAsync();
        hub.Clock.Advance(TimeSpan.FromSeconds(15));
        var hold = new StoreCallGate(nameof(IConnectionStore.ReadAsync));
        hub.Before = hold.PassAsync;
        using var one = hub.Open();
        await hold.ReachedAsync();
        using var two = hub.Open();
        await hub.ReconcileAsync();
        hold.Release();

        Assert.Equal("checkpoint 0", await quiet.TakeAsync());
    }

    [Fact]
    public async Task The_reader_does_not_run_in_the_context_of_the_call_that_started_it()
    {
        var context = new AsyncLocal<string?> { Value = "a call" };
        var seen = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        hub.Before = _ =>
        {
            seen.TrySetResult(context.Value);
            return Task.CompletedTask;
        };
        using var stream = hub.Open();

        Assert.Null(await seen.Task);
    }

    [Fact]
    public async Task A_comparison_that_the_store_cancels_does_not_end_the_comparing()
    {
        using var stream = await hub.JoinAsync();
        var asked = 0;
        hub.Before = method => method == nameof(IConnectionStore.ReadPositionsAsync) && Interlocked.Increment(ref asked) == 1
            ? throw new OperationCanceledException("the driver's own timeout")
            : Task.CompletedTask;
        var options = new WatchOptions { ReconciliationInterval = TimeSpan.FromMilliseconds(100) };
        using var service = new WatchReconciliationService(
            hub.Hub, Options.Create(options), TimeProvider.System, NullLogger<WatchReconciliationService>.Instance);

        await service.StartAsync(CancellationToken.None);

        await Eventually.TrueAsync(() => Task.FromResult(Volatile.Read(ref asked) >= 2));
        await service.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_listener_that_throws_does_not_stop_the_store()
    {
        using var listening = hub.Store.Listen(_ => throw new InvalidOperationException("a bug"), () => { });

        await hub.CommitAsync().WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Fact]
    public void Two_who_listen_with_the_same_action_are_two()
    {
        var heard = 0;
        void Hear(string merchantId) => heard++;
        var listeners = new CommitSubscribers(NullLogger.Instance);
        var first = listeners.Add(Hear, () => { });
        using var second = listeners.Add(Hear, () => { });

        first.Dispose();
        first.Dispose();
        listeners.Tell("m");

        Assert.Equal(1, heard);
    }

    [Fact]
    public async Task What_comes_after_a_failure_is_not_put_before_it()
    {
        using var stream = TestStreams.New();
        stream.Fail(new InvalidOperationException("the failure"));
        stream.Tell(SampleHistory.Changes(4, 4));

        await Assert.ThrowsAsync<InvalidOperationException>(stream.TakeAsync);
    }

    [Fact]
    public async Task Falling_behind_before_the_first_list_was_taken_is_counted_once()
    {
        await using var small = await TestHub.StartAsync(new WatchOptions { BufferedChanges = 1 });
        using var fallenBehind = new CounterReading(small.Meters, "connectionstate.watch.fallen_behind");
        using var slow = small.Open();
        using var quick = await small.JoinAsync();
        for (var revision = 1; revision <= 6; revision++)
        {
            await small.CommitAsync();
            Assert.Equal($"changes {revision}-{revision}", await quick.TakeAsync());
        }

        Assert.Equal(1, fallenBehind.Total);
    }

    [Fact]
    public async Task Who_comes_while_a_read_fails_gets_a_read_of_its_own()
    {
        var hold = new StoreCallGate(nameof(IConnectionStore.ReadAsync));
        var failed = false;
        hub.Before = async method =>
        {
            await hold.PassAsync(method);
            if (!failed)
            {
                failed = true;
                throw new StoreUnavailableException("an outage that is over");
            }
        };
        using var first = hub.Open();
        await hold.ReachedAsync();
        using var later = hub.Open();
        hold.Release();

        Assert.Equal("Initial 0", await later.TakeAsync());
        Assert.Empty(await later.TakeAllAsync());
    }
}
