using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using ConnectionStateService.Watch;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectionStateService.Tests.Client;

/// <summary>The cache with the service itself.</summary>
public sealed class PageListCacheWithServiceTests
{
    [Fact]
    public async Task A_cache_of_many_merchants_has_one_stream_that_does_not_count_as_a_stream_of_screens_and_sees_every_change()
    {
        await using var service = await Service.StartAsync(new() { ["Watch:Streams"] = "1", ["WatchLists:Starting"] = "8" }, listens: true);
        await using var cache = new PageListCache(service.Client);
        var ids = Enumerable.Range(0, 300).Select(n => $"m{n}").ToList();
        await Task.WhenAll(ids.Select(id => cache.WaitForAsync(id, _ => true))).WaitAsync(Eventually.Patience);

        foreach (var id in ids.Take(20))
        {
            await service.Client.Plans.SetPlanAsync(new() { MerchantId = id, Plan = Plan.Standard, BoughtPages = 7 });
        }

        await Task.WhenAll(ids.Take(20).Select(id => cache.WaitForAsync(id, list => list.Quota.Bought == 7))).WaitAsync(Eventually.Patience);
        using var screen = service.Client.Watches.WatchPageList(new() { MerchantId = "m0" });
        Assert.True(await screen.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(WatchLimitScope.Process, Assert.IsType<WatchFault.LimitExceeded>(
            service.Services.GetRequiredService<WatchHub>().TryOpen("m1", null, out _)).Scope);

        // Forgotten merchants leave the stream.
        Assert.True(cache.Forget("m1"));
        Assert.Equal(299, cache.Count);
    }

    [Fact]
    public async Task A_cache_resumes_over_a_stream_that_ends_without_missing_a_change()
    {
        await using var service = await Service.StartAsync(new() { ["Watch:StreamLifetime"] = "00:00:01" }, listens: true);
        await using var cache = new PageListCache(service.Client);
        for (var pages = 1; pages <= 30; pages++)
        {
            await service.Client.Plans.SetPlanAsync(new() { MerchantId = "m", Plan = Plan.Standard, BoughtPages = pages });
            await cache.WaitForAsync("m", list => list.Quota.Bought == pages).WaitAsync(Eventually.Patience);
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }

        Assert.True(cache.TryGet("m", out var found) && found.PageList.Quota.Bought == 30);
    }
}
