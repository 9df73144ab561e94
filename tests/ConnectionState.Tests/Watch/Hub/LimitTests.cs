using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Watch;

namespace ConnectionStateService.Tests.Watch.Hub;

/// <summary>How many streams there may be, and what is counted of them.</summary>
public sealed class LimitTests
{
    [Fact]
    public async Task A_merchant_has_20_streams_and_the_21st_is_refused()
    {
        await using var hub = await TestHub.StartAsync();
        for (var i = 0; i < 20; i++)
        {
            hub.Open();
        }

        var refused = hub.Refused();

        Assert.Equal((WatchLimitScope.Merchant, 20), (refused.Scope, refused.Limit));
        Assert.True(refused.RetryAfter > TimeSpan.Zero);
    }

    [Fact]
    public async Task One_merchants_limit_is_not_anothers()
    {
        await using var hub = await TestHub.StartAsync(new WatchOptions { StreamsPerMerchant = 1 });
        hub.Open("merchant-1");
        hub.Refused("merchant-1");

        using var other = hub.Open("merchant-2");

        Assert.Equal("Initial 0", await other.TakeAsync());
    }

    [Fact]
    public async Task A_process_has_so_many_streams_whoever_they_are_of()
    {
        await using var hub = await TestHub.StartAsync(new WatchOptions { Streams = 3 });
        hub.Open("merchant-1");
        hub.Open("merchant-1");
        hub.Open("merchant-2");

        var refused = hub.Refused("merchant-3");

        Assert.Equal((WatchLimitScope.Process, 3), (refused.Scope, refused.Limit));
    }

    [Theory]
    [InlineData(1, 100)]
    [InlineData(100, 1)]
    public async Task Who_leaves_makes_room_for_one(int perMerchant, int perProcess)
    {
        await using var hub = await TestHub.StartAsync(new WatchOptions { StreamsPerMerchant = perMerchant, Streams = perProcess });
        for (var i = 0; i < 5; i++)
        {
            var stream = hub.Open();
            hub.Refused();
            stream.Dispose();
        }

        using var last = hub.Open();
        Assert.Equal("Initial 0", await last.TakeAsync());
    }

    [Fact]
    public async Task Who_leaves_after_a_failure_makes_room_for_one()
    {
        await using var hub = await TestHub.StartAsync(new WatchOptions { StreamsPerMerchant = 1 });
        hub.Fail(nameof(IConnectionStore.ReadAsync));
        using (var failed = hub.Open())
        {
            await Assert.ThrowsAsync<StoreUnavailableException>(failed.TakeDeliveryAsync);
            hub.Refused();
        }

        hub.Heal();
        using var next = hub.Open();

        Assert.Equal("Initial 0", await next.TakeAsync());
    }

    [Fact]
    public async Task Who_is_refused_takes_no_room_and_gives_none_back()
    {
        await using var hub = await TestHub.StartAsync(new WatchOptions { Streams = 1 });
        using var open = hub.Open();
        Assert.NotNull(hub.Hub.TryOpen(TestHub.M, null, out var refused));

        refused.Dispose();

        hub.Refused();
        Assert.Equal("Initial 0", await open.TakeAsync());
    }

    [Fact]
    public async Task However_many_come_at_once_no_more_than_the_limit_get_in_and_all_room_is_given_back()
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
        Assert.Equal(WatchLimitScope.Merchant, hub.Refused("merchant-0").Scope);
        hub.Open("merchant-2");
        Assert.Equal(WatchLimitScope.Process, hub.Refused("merchant-3").Scope);
        Assert.Equal("Initial 0", await one[0].TakeAsync());
        Assert.Equal("Initial 0", await other.TakeAsync());
    }

    [Fact]
    public async Task Open_and_refused_streams_are_counted()
    {
        await using var hub = await TestHub.StartAsync(new WatchOptions { StreamsPerMerchant = 2, Streams = 3 });
        using var refused = new CounterReading(hub.Meters, "connectionstate.watch.refused");
        using var open = new OpenReading(hub.Meters);
        Assert.Equal(0, open.Value);

        var first = hub.Open();
        hub.Open();
        hub.Refused();
        hub.Open("merchant-2");
        hub.Refused("merchant-2");
        Assert.Equal((3, 2), (open.Value, refused.Total));

        first.Dispose();
        Assert.Equal((2, 2), (open.Value, refused.Total));
    }

    [Fact]
    public async Task A_stream_that_falls_behind_is_counted_once_and_the_others_notice_nothing()
    {
        await using var hub = await TestHub.StartAsync(new WatchOptions { BufferedChanges = 1 });
        using var fallenBehind = new CounterReading(hub.Meters, "connectionstate.watch.fallen_behind");
        using var slow = await hub.JoinAsync();
        using var quick = await hub.JoinAsync();

        for (var revision = 1; revision <= 5; revision++)
        {
            await hub.CommitAsync();
            Assert.Equal($"changes {revision}-{revision}", await quick.TakeAsync());
        }

        Assert.Equal(["FellBehind 5"], await slow.TakeAllAsync());
        Assert.Equal(1, fallenBehind.Total);
    }
}
