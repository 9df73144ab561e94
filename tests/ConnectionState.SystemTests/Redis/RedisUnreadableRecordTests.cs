using System.Diagnostics.Metrics;
using ConnectionStateService.Client;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectionStateService.SystemTests.Redis;

/// <summary>
/// A damaged record in Redis fails only the calls of its merchant, is never overwritten, and is counted. The service has no cached copy of
/// the merchant, as after a start.
/// </summary>
public sealed class RedisUnreadableRecordTests : IAsyncLifetime
{
    private static readonly PageRef Page = ApiMerchant.A;

    private RedisServer redis = null!;
    private Service service = null!;

    public static TheoryData<string> Methods => [.. MerchantCalls.Names];

    public static TheoryData<string> Damages =>
        [.. RecordDamage.All.Keys, "no line", "half a line", "a text of its own", "another kind of key"];

    public async Task InitializeAsync()
    {
        redis = await RedisServer.StartAsync();
        service = await Service.StartAsync(new()
        {
            ["Store:Kind"] = "Redis",
            ["Store:Redis:Configuration"] = redis.Configuration,
            ["Store:CachedBytes"] = "0",
        });
    }

    public async Task DisposeAsync()
    {
        await service.DisposeAsync();
        await redis.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Methods))]
    public async Task Every_call_for_the_merchant_fails_with_RECORD_UNREADABLE_and_keeps_the_bytes(string method)
    {
        var shop = await UnreadableAsync("a flipped bit");
        var before = await DumpAsync(shop.Id);

        var refused = await RefusedAsync(() => MerchantCalls.CallAsync(service.Client, method, shop.Id, Page));

        Assert.Equal(shop.Id, refused.Metadata["merchant_id"]);
        Assert.Equal(before, await DumpAsync(shop.Id));
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Every_kind_of_damage_fails_only_its_merchant_and_is_counted_and_kept(string damage)
    {
        var shop = await UnreadableAsync(damage);
        var before = await DumpAsync(shop.Id);
        var other = service.NewMerchant();
        await other.ConnectAsync(Page);
        using var counted = new CounterReading(
            service.Services.GetRequiredService<IMeterFactory>(), "connectionstate.records.unreadable");

        await RefusedAsync(shop.ListAsync);
        await RefusedAsync(() => shop.SetPlanAsync(Plan.Standard, 1));
        Assert.Equal(2, counted.Total);
        await service.PassAsync(TimeSpan.Zero);
        Assert.Equal(3, counted.Total);

        Assert.Equal(before, await DumpAsync(shop.Id));
        Assert.Equal([Page.PageId], await other.ListedAsync());
        var found = await service.Client.Pages.FindConnectionsAsync(new() { Page = Page });
        Assert.Equal([other.Id], found.Connections.Select(c => c.MerchantId));
        Assert.Equal(1, found.Unreadable);
    }

    [Fact]
    public async Task The_timer_postpones_an_unreadable_merchant_and_processes_the_others()
    {
        var shop = await UnreadableAsync("a flipped bit");
        var other = service.NewMerchant();
        await other.ConnectAsync(ApiMerchant.B);
        await MakeDueAsync(other.Id);

        await service.PassAsync(TimeSpan.Zero);

        Assert.True((await redis.CommandAsync("ZSCORE", StoredMerchants.DueKey(other.Id), other.Id)).IsNull);
        var due = (await redis.CommandAsync("ZSCORE", StoredMerchants.DueKey(shop.Id), shop.Id)).Number;
        Assert.True(due > DateTimeOffset.UtcNow.AddSeconds(30).ToUnixTimeMilliseconds());
    }

    [Fact]
    public async Task A_cached_merchant_is_evicted_once_its_record_cannot_be_read()
    {
        await using var caching = await StartCachingAsync();
        var shop = new ApiMerchant(caching.Client, "cached");
        await shop.ConnectAsync(Page);
        await DamageAsync(shop.Id, "no line");
        var before = await DumpAsync(shop.Id);

        await RefusedAsync(shop.ListAsync);
        await RefusedAsync(() => shop.SetPlanAsync(Plan.Standard, 1));

        Assert.Equal(before, await DumpAsync(shop.Id));
    }

    // A process that has the merchant cached compares the position only, so it neither meets the damage nor keeps it.
    [Fact]
    public async Task A_merchant_that_is_cached_is_served_although_its_record_is_damaged_and_its_next_commit_repairs_it()
    {
        await using var caching = await StartCachingAsync();
        var shop = new ApiMerchant(caching.Client, "cached");
        await shop.ConnectAsync(Page);
        await DamageAsync(shop.Id, "a flipped bit");
        await RefusedAsync(new ApiMerchant(service.Client, shop.Id).ListAsync);

        Assert.Equal([Page.PageId], await shop.ListedAsync());
        await shop.SetPlanAsync(Plan.Standard, 1);

        Assert.Equal([Page.PageId], await new ApiMerchant(service.Client, shop.Id).ListedAsync());
    }

    // Only the history says whether a request with an id was carried out before.
    [Theory]
    [InlineData("a flipped bit")]
    [InlineData("an end cut off")]
    [InlineData("no bytes")]
    [InlineData("a newer schema")]
    public async Task An_unreadable_history_entry_fails_the_history_and_changes_with_a_request_id_and_nothing_else(string damage)
    {
        var shop = service.NewMerchant();
        await shop.ConnectAsync(Page);
        await DamageHistoryAsync(shop.Id, damage);

        var refused = await RefusedAsync(() => shop.HistoryAsync());
        Assert.Equal(shop.Id, refused.Metadata["merchant_id"]);
        await RefusedAsync(() => shop.DisconnectAsync(Page));

        Assert.Equal([Page.PageId], await shop.ListedAsync());
        await MakeDueAsync(shop.Id);
        await service.PassAsync(TimeSpan.Zero);
        Assert.True((await redis.CommandAsync("ZSCORE", StoredMerchants.DueKey(shop.Id), shop.Id)).IsNull);
    }

    [Fact]
    public async Task A_history_key_of_another_type_fails_its_merchant_without_a_partial_commit()
    {
        var shop = service.NewMerchant();
        await shop.ConnectAsync(Page);
        var before = await DumpAsync(shop.Id);
        await redis.CommandAsync("DEL", StoredMerchants.ChangesKey(shop.Id));
        await redis.CommandAsync("SET", StoredMerchants.ChangesKey(shop.Id), "a text");

        await RefusedAsync(() => shop.HistoryAsync());
        await RefusedAsync(() => shop.SetPlanAsync(Plan.Standard, 1));

        Assert.Equal([Page.PageId], await shop.ListedAsync());
        Assert.Equal(before, await DumpAsync(shop.Id));
    }

    [Fact]
    public async Task The_timer_continues_when_the_index_of_a_partition_is_unreadable()
    {
        var (broken, other) = (new ApiMerchant(service.Client, "merchant-1"), new ApiMerchant(service.Client, "merchant-2"));
        await other.ConnectAsync(ApiMerchant.B);
        await MakeDueAsync(other.Id);
        await redis.CommandAsync("SET", StoredMerchants.DueKey(broken.Id), "no index");
        await redis.CommandAsync("SET", StoredMerchants.ClaimsKey(broken.Id), "no index");
        await redis.CommandAsync("ZADD", StoredMerchants.ClaimsKey(other.Id), 0, "no claim");

        await service.PassAsync(TimeSpan.Zero);

        Assert.True((await redis.CommandAsync("ZSCORE", StoredMerchants.DueKey(other.Id), other.Id)).IsNull);
        await RefusedAsync(() => broken.SetPlanAsync(Plan.Standard, 1));
        Assert.Equal("no index", (await redis.CommandAsync("GET", StoredMerchants.DueKey(broken.Id))).Text);
    }

    private Task<Service> StartCachingAsync() => Service.StartAsync(new()
    {
        ["Store:Kind"] = "Redis",
        ["Store:Redis:Configuration"] = redis.Configuration,
    });

    // Its deadline is due.
    private async Task<ApiMerchant> UnreadableAsync(string damage)
    {
        var shop = service.NewMerchant();
        await shop.ConnectAsync(Page);
        await DamageAsync(shop.Id, damage);
        await MakeDueAsync(shop.Id);
        return shop;
    }

    private async Task MakeDueAsync(string merchantId)
    {
        await redis.CommandAsync("ZADD", StoredMerchants.DueKey(merchantId), 1, merchantId);

        // Tells the store of the deadline, as a commit would.
        var deadline = DateTimeOffset.FromUnixTimeMilliseconds(1);
        await service.Store.RescheduleAsync(
            new ConnectionStateService.Store.DueMerchant(merchantId, deadline), deadline, CancellationToken.None);
    }

    private async Task DamageAsync(string merchantId, string damage)
    {
        var key = StoredMerchants.RecordKey(merchantId);
        var bytes = (await redis.CommandAsync("GET", key)).Bytes!;
        var (line, body) = (bytes[..(Array.IndexOf(bytes, (byte)'\n') + 1)], bytes[(Array.IndexOf(bytes, (byte)'\n') + 1)..]);
        await redis.CommandAsync("DEL", key);
        object[] command = damage switch
        {
            "no line" => ["SET", key, body],
            "half a line" => ["SET", key, (byte[])[.. line[..5], .. body]],
            "a text of its own" => ["SET", key, "not bytes at all"],
            "another kind of key" => ["RPUSH", key, bytes],
            "no bytes" => ["SET", key, ""],
            "a text" => ["SET", key, (byte[])[.. line, .. "not bytes at all"u8]],
            _ => ["SET", key, (byte[])[.. line, .. (byte[])RecordDamage.All[damage](merchantId, body)]],
        };
        await redis.CommandAsync(command);
    }

    private async Task<byte[]> DumpAsync(string merchantId) =>
        (await redis.CommandAsync("DUMP", StoredMerchants.RecordKey(merchantId))).Bytes!;

    // The second entry is damaged.
    private async Task DamageHistoryAsync(string merchantId, string damage)
    {
        var key = StoredMerchants.ChangesKey(merchantId);
        var entries = (await redis.CommandAsync("XRANGE", key, "-", "+")).Items;
        await redis.CommandAsync("DEL", key);
        foreach (var (i, entry) in entries.Index())
        {
            var bytes = entry.Items[1].Items[1].Bytes!;
            await redis.CommandAsync("XADD", key, entry.Items[0].Text, "commit", i == 1 ? RecordDamage.All[damage](merchantId, bytes) : bytes);
        }
    }

    private static Task<ConnectionStateError> RefusedAsync(Func<Task> call) =>
        ApiMerchant.ExpectRefusedAsync(ErrorReason.RecordUnreadable, StatusCode.DataLoss, call);
}
