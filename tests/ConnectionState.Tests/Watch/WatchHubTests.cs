using ConnectionStateService.Store;
using ConnectionStateService.Watch;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;

namespace ConnectionStateService.Tests.Watch;

/// <summary>The limits of open streams, and the metrics of the hub.</summary>
public sealed class WatchHubTests
{
    [Fact]
    public async Task Bounded_A_merchant_has_20_streams_by_default_and_one_more_is_refused()
    {
        await using var hub = await TestHub.StartAsync();
        for (var i = 0; i < 20; i++)
        {
            hub.Open();
        }

        var refused = hub.OpenRefused();

        Assert.Equal((WatchLimitScope.Merchant, 20), (refused.Scope, refused.Limit));
        Assert.True(refused.RetryAfter > TimeSpan.Zero);
    }

    [Fact]
    public async Task Bounded_The_limit_of_one_merchant_does_not_affect_another()
    {
        await using var hub = await TestHub.StartAsync(new WatchOptions { StreamsPerMerchant = 1 });
        hub.Open("merchant-1");
        hub.OpenRefused("merchant-1");

        using var other = hub.Open("merchant-2");

        Assert.Equal("Initial 0", await other.NextAsync());
    }

    [Fact]
    public async Task Bounded_The_limit_of_the_process_counts_the_streams_of_all_merchants()
    {
        await using var hub = await TestHub.StartAsync(new WatchOptions { Streams = 3 });
        hub.Open("merchant-1");
        hub.Open("merchant-1");
        hub.Open("merchant-2");

        var refused = hub.OpenRefused("merchant-3");

        Assert.Equal((WatchLimitScope.Process, 3), (refused.Scope, refused.Limit));
    }

    [Theory]
    [InlineData(1, 100)]
    [InlineData(100, 1)]
    public async Task Bounded_A_closed_stream_frees_its_place(int perMerchant, int perProcess)
    {
        await using var hub = await TestHub.StartAsync(new WatchOptions { StreamsPerMerchant = perMerchant, Streams = perProcess });
        for (var i = 0; i < 5; i++)
        {
            var stream = hub.Open();
            hub.OpenRefused();
            stream.Dispose();
        }

        using var last = hub.Open();
        Assert.Equal("Initial 0", await last.NextAsync());
    }

    [Fact]
    public async Task Bounded_A_stream_that_is_closed_twice_frees_one_place()
    {
        await using var hub = await TestHub.StartAsync(new WatchOptions { Streams = 2 });
        using var other = hub.Open("merchant-2");
        var stream = hub.Open();
        stream.Dispose();
        stream.Dispose();
        using var next = hub.Open();

        hub.OpenRefused("merchant-3");
    }

    [Fact]
    public async Task Bounded_A_failed_stream_frees_its_place_when_it_is_closed()
    {
        await using var hub = await TestHub.StartAsync(new WatchOptions { StreamsPerMerchant = 1 });
        hub.Fail(nameof(IConnectionStore.ReadAsync));
        using (var failed = hub.Open())
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(failed.NextEventAsync);
            hub.OpenRefused();
        }

        hub.Recover();
        using var next = hub.Open();

        Assert.Equal("Initial 0", await next.NextAsync());
    }

    [Fact]
    public async Task Bounded_A_refused_stream_takes_no_place_and_frees_none()
    {
        await using var hub = await TestHub.StartAsync(new WatchOptions { Streams = 1 });
        using var open = hub.Open();
        Assert.NotNull(hub.Hub.TryOpen(TestHub.Merchant, null, out var refused));

        refused.Dispose();

        hub.OpenRefused();
        Assert.Equal("Initial 0", await open.NextAsync());
    }

    [Fact]
    public async Task Bounded_Concurrent_opens_never_exceed_the_limits_and_all_places_are_freed()
    {
        await using var hub = await TestHub.StartAsync(new WatchOptions { StreamsPerMerchant = 3, Streams = 5 });
        await Parallel.ForAsync(0, 2_000, async (i, _) =>
        {
            if (hub.Hub.TryOpen($"merchant-{i % 4}", null, out var stream) is null)
            {
                await Task.Yield();
                stream.Dispose();
            }
        });

        var (one, other) = (Enumerable.Range(0, 3).Select(_ => hub.Open("merchant-0")).ToList(), hub.Open("merchant-1"));
        Assert.Equal(WatchLimitScope.Merchant, hub.OpenRefused("merchant-0").Scope);
        hub.Open("merchant-2");
        Assert.Equal(WatchLimitScope.Process, hub.OpenRefused("merchant-3").Scope);
        Assert.Equal("Initial 0", await one[0].NextAsync());
        Assert.Equal("Initial 0", await other.NextAsync());
    }

    [Fact]
    public async Task The_metrics_count_open_and_refused_streams()
    {
        await using var hub = await TestHub.StartAsync(new WatchOptions { StreamsPerMerchant = 2, Streams = 3 });
        Assert.Equal(0, OpenStreams(hub));

        var first = hub.Open();
        hub.Open();
        hub.OpenRefused();
        hub.Open("merchant-2");
        hub.OpenRefused("merchant-2");
        Assert.Equal((3, 2L), (OpenStreams(hub), hub.Refused.GetMeasurementSnapshot().EvaluateAsCounter()));

        first.Dispose();
        Assert.Equal(2, OpenStreams(hub));
    }

    [Theory]
    [InlineData(true, "FellBehind 6")]
    [InlineData(false, "Initial 6")]
    public async Task Bounded_A_stream_that_falls_behind_is_counted_once_and_the_others_get_every_change(bool hasStarted, string expected)
    {
        await using var hub = await TestHub.StartAsync(new WatchOptions { BufferedChanges = 1 });
        using var slow = hasStarted ? await hub.StartStreamAsync() : hub.Open();
        using var fast = await hub.StartStreamAsync();

        for (var revision = 1; revision <= 6; revision++)
        {
            await hub.CommitAsync();
            Assert.Equal($"changes {revision}-{revision}", await fast.NextAsync());
        }

        Assert.Equal([expected], await slow.DrainAsync());
        Assert.Equal(1, hub.FallenBehind.GetMeasurementSnapshot().EvaluateAsCounter());
    }

    [Fact]
    public async Task A_subscriber_that_throws_does_not_affect_commits_or_streams()
    {
        await using var hub = await TestHub.StartAsync();
        using var subscription = hub.Store.Subscribe(_ => throw new InvalidOperationException("a bug"), () => { });
        using var stream = await hub.StartStreamAsync();

        await hub.CommitAsync();

        Assert.Equal("changes 1-1", await stream.NextAsync());
    }

    private static int OpenStreams(TestHub hub)
    {
        hub.OpenStreams.RecordObservableInstruments();
        return hub.OpenStreams.LastMeasurement!.Value;
    }
}
