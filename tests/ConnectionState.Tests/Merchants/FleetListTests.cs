using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.Tests.Support.Watch;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using static ConnectionStateService.V1.ListConnectionsRequest.Types;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Tests.Merchants;

/// <summary>Lists and counts over all merchants, through the public API.</summary>
public sealed class FleetListTests : IAsyncLifetime
{
    private static readonly PageRef Page = ApiMerchant.Facebook("page-1");
    private static readonly PageRef Other = ApiMerchant.Facebook("page-2");

    private Service service = null!;

    private FleetService.FleetServiceClient Fleet => service.Client.Fleet;

    public async Task InitializeAsync() => service = await Service.StartAsync(new() { ["Rules:OneHolderPerPage"] = "false" });

    public async Task DisposeAsync() => await service.DisposeAsync();

    [Fact]
    public async Task Lost_connections_are_listed_by_the_time_of_their_loss_whatever_the_size_of_the_pages()
    {
        string[] lost = [.. await Task.WhenAll(Enumerable.Range(0, 9).Select(async n => (await ConnectAsync($"shop-{n}")).Id))];
        await ConnectAsync("works");
        foreach (var id in lost.Reverse())
        {
            service.Clock.Advance(TimeSpan.FromMinutes(1));
            await new ApiMerchant(service.Client, id).ReportAsync(Page, Signal.PermissionRevoked, service.Clock.GetUtcNow());
        }

        foreach (var size in new[] { 1, 2, 4, 9, 500 })
        {
            var listed = await ListAsync(new() { PageSize = size });
            Assert.Equal(lost.Reverse(), listed.Select(c => c.MerchantId));
            Assert.All(listed, c => Assert.Equal(State.Revoked, c.Connection.State));
        }

        var first = (await ListAsync(new()))[0];
        var pageList = (await service.Client.Pages.GetPageListAsync(new() { MerchantId = first.MerchantId })).PageList;
        Assert.Equal((pageList.Revision, pageList.Connections[0]), (first.Revision, first.Connection));
    }

    [Fact]
    public async Task A_connection_that_changes_while_the_list_is_read_is_listed_at_least_once()
    {
        var shops = new List<ApiMerchant>();
        for (var n = 0; n < 6; n++)
        {
            shops.Add(await ConnectAsync($"shop-{n}"));
            service.Clock.Advance(TimeSpan.FromMinutes(1));
            await shops[n].ReportAsync(Page, Signal.PermissionRevoked, service.Clock.GetUtcNow());
        }

        var request = new ListConnectionsRequest { PageSize = 2 };
        var first = await Fleet.ListConnectionsAsync(request);

        // One behind the reader and one ahead of it are deleted; one ahead works again.
        service.Clock.Advance(TimeSpan.FromMinutes(1));
        await shops[0].ReportAsync(Page, Signal.PageDeleted, service.Clock.GetUtcNow());
        await shops[3].ReportAsync(Page, Signal.PageDeleted, service.Clock.GetUtcNow());
        await service.Client.Signals.RenewGrantAsync(new() { MerchantId = shops[4].Id, Page = Page });

        request.PageToken = first.NextPageToken;
        var rest = await ListAsync(request);
        Assert.Equal(["shop-0", "shop-1"], first.Connections.Select(c => c.MerchantId));
        Assert.Equal(
            [("shop-2", State.Revoked), ("shop-5", State.Revoked), ("shop-0", State.Deleted), ("shop-3", State.Deleted)],
            rest.Select(c => (c.MerchantId, c.Connection.State)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_that_moves_while_the_last_page_is_read_comes_at_its_new_place(bool isAfterThePage)
    {
        InterceptedStore store = null!;
        await using var intercepted = await Service.StartAsync(
            new() { ["Rules:OneHolderPerPage"] = "false" }, services => services.AddInterceptedStore(created => store = created));
        var shops = new[] { new ApiMerchant(intercepted.Client, "shop-1"), new ApiMerchant(intercepted.Client, "shop-2") };
        foreach (var shop in shops)
        {
            await shop.ConnectAsync(Page);
            intercepted.Clock.Advance(TimeSpan.FromMinutes(1));
            await shop.ReportAsync(Page, Signal.PermissionRevoked, intercepted.Clock.GetUtcNow());
        }

        // Of processes whose clocks differ, one may commit a time between those of two commits of others.
        var time = intercepted.Clock.GetUtcNow() + (isAfterThePage ? TimeSpan.FromSeconds(30) : TimeSpan.FromSeconds(-30));
        var moves = 1;
        store.After = async method =>
        {
            if (method == nameof(store.ReadLostAsync) && Interlocked.Decrement(ref moves) == 0)
            {
                store.Time = () => time;
                await shops[0].ReportAsync(Page, Signal.PageDeleted, time);
            }
        };

        var first = await intercepted.Client.Fleet.ListConnectionsAsync(new());
        var rest = first.NextPageToken.Length == 0 ? null : await intercepted.Client.Fleet.ListConnectionsAsync(new() { PageToken = first.NextPageToken });

        Assert.Equal(isAfterThePage, rest is not null);
        Assert.Equal(
            isAfterThePage ? [("shop-2", State.Revoked), ("shop-1", State.Deleted)] : [("shop-1", State.Deleted), ("shop-2", State.Revoked)],
            first.Connections.Concat(rest?.Connections ?? []).Select(c => (c.MerchantId, c.Connection.State)));
    }

    [Fact]
    public async Task Each_condition_selects_connections()
    {
        var (revoked, roleLost, expiring, zalo) = (await ConnectAsync("a"), await ConnectAsync("b"), new ApiMerchant(service.Client, "c"), new ApiMerchant(service.Client, "d"));
        await expiring.ConnectUntilAsync(Page, service.Clock.GetUtcNow().AddDays(30));
        await zalo.ConnectAsync(ApiMerchant.Oa);
        await revoked.ReportAsync(Page, Signal.PermissionRevoked, service.Clock.GetUtcNow());
        service.Clock.Advance(TimeSpan.FromHours(1));
        var later = service.Clock.GetUtcNow();
        await roleLost.ReportAsync(Page, Signal.RoleLost, later);
        await zalo.ReportAsync(ApiMerchant.Oa, Signal.TokenExpired, later);

        await AssertListedAsync(["a", "b", "d"], new());
        await AssertListedAsync(["d"], new() { Provider = Provider.Zalo });
        await AssertListedAsync(["a", "b"], new() { States = { State.Revoked } });
        await AssertListedAsync(["b"], new() { Causes = { Cause.RoleLost } });
        await AssertListedAsync(["b", "d"], new() { Since = Timestamp.FromDateTimeOffset(later) });
        await AssertListedAsync(["c"], new()
        {
            States = { State.Connected },
            ExpiresBefore = Timestamp.FromDateTimeOffset(later.AddDays(31)),
            Order = Order.Merchant,
        });
        await AssertListedAsync([], new() { States = { State.Revoked }, Causes = { Cause.TokenExpired } });

        async Task AssertListedAsync(string[] expected, ListConnectionsRequest request)
        {
            Assert.Equal(expected, (await ListAsync(request)).Select(c => c.MerchantId));
            request.Order = Order.Merchant;
            Assert.Equal(expected, (await ListAsync(request)).Select(c => c.MerchantId));
        }
    }

    [Fact]
    public async Task Connections_are_listed_by_merchant_and_those_of_one_merchant_are_in_one_page()
    {
        // More merchants than are read at once.
        foreach (var n in Enumerable.Range(0, 230))
        {
            await ConnectAsync($"shop-{n:000}");
        }

        foreach (var id in new[] { "shop-000", "shop-100", "shop-229" })
        {
            await new ApiMerchant(service.Client, id).ConnectAsync(Other);
        }

        var request = new ListConnectionsRequest { States = { State.Connected }, Order = Order.Merchant, PageSize = 100 };
        var pages = await PagesAsync(request);
        Assert.Equal(Enumerable.Range(0, 230).Select(n => $"shop-{n:000}"), pages.SelectMany(p => p.Connections).Select(c => c.MerchantId).Distinct());
        Assert.Equal(233, pages.Sum(p => p.Connections.Count));
        Assert.All(pages, page => Assert.InRange(page.Connections.Count, 0, 100));
        Assert.All(
            pages.SelectMany((page, n) => page.Connections.Select(c => (c.MerchantId, n))).GroupBy(c => c.MerchantId),
            merchant => Assert.Single(merchant.Select(c => c.n).Distinct()));

        request.PageSize = 1;
        Assert.Equal(["page-1", "page-2"], (await Fleet.ListConnectionsAsync(request)).Connections.Select(c => c.Connection.Page.PageId));
    }

    [Fact]
    public async Task Counts_are_those_of_the_listed_connections()
    {
        var (first, second) = (await ConnectAsync("a"), await ConnectAsync("b"));
        await second.ConnectAsync(ApiMerchant.Oa);
        await first.ReportAsync(Page, Signal.RoleLost, service.Clock.GetUtcNow());

        var counts = await Fleet.CountConnectionsAsync(new());

        Assert.Equal(
            [
                (Provider.Facebook, State.Connected, Cause.Unspecified, 1L),
                (Provider.Facebook, State.Revoked, Cause.RoleLost, 1),
                (Provider.Zalo, State.Connected, Cause.Unspecified, 1),
            ],
            counts.Counts.Select(c => (c.Provider, c.State, c.Cause, c.Count_)));
        Assert.Equal(service.Clock.GetUtcNow(), counts.AsOf.ToDateTimeOffset());
    }

    [Fact]
    public async Task Losses_are_counted_by_the_days_on_which_they_happened()
    {
        var (first, second) = (await ConnectAsync("a"), await ConnectAsync("b"));
        await first.ReportAsync(Page, Signal.RoleLost, service.Clock.GetUtcNow());
        await service.Client.Signals.RenewGrantAsync(new() { MerchantId = "a", Page = Page });
        await service.PassAsync(TimeSpan.FromDays(2));
        await first.ReportAsync(Page, Signal.PageDeleted, service.Clock.GetUtcNow());
        await first.AcknowledgeAsync(Page);
        await second.ReportAsync(Page, Signal.PageDeleted, service.Clock.GetUtcNow());

        var today = service.Clock.GetUtcNow().UtcDateTime;
        var losses = await Fleet.CountLossesAsync(new() { Days = 3 });

        Assert.Equal(
            [($"{today.AddDays(-2):yyyy-MM-dd}", State.Revoked, Cause.RoleLost, 1L), ($"{today:yyyy-MM-dd}", State.Deleted, Cause.PageDeleted, 2)],
            losses.Counts.Select(c => (c.Day, c.State, c.Cause, c.Count_)));
        Assert.Equal(2, Assert.Single((await Fleet.CountLossesAsync(new() { Days = 2 })).Counts).Count_);
    }

    [Fact]
    public async Task Merchants_are_listed_by_what_their_ids_begin_with_and_have_their_page_lists_if_asked_for()
    {
        foreach (var id in new[] { "shop-2", "shop-1", "shop-10", "store-1" })
        {
            await ConnectAsync(id);
        }

        Assert.Equal(["shop-1", "shop-10"], (await Fleet.ListMerchantsAsync(new() { Prefix = "shop-1" })).Merchants.Select(m => m.MerchantId));
        var found = new List<string>();
        var request = new ListMerchantsRequest { PageSize = 3, IncludePageList = true };
        do
        {
            var page = await Fleet.ListMerchantsAsync(request);
            found.AddRange(page.Merchants.Select(m => m.MerchantId));
            Assert.All(page.Merchants, m => Assert.Equal(("page-1", m.MerchantId), (m.PageList.Connections.Single().Page.PageId, m.PageList.MerchantId)));
            request.PageToken = page.NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.Equal(["shop-1", "shop-10", "shop-2", "store-1"], found);
        Assert.All((await Fleet.ListMerchantsAsync(new())).Merchants, m => Assert.Null(m.PageList));
    }

    [Fact]
    public async Task Merchants_whose_records_are_unreadable_are_counted_and_the_others_are_listed()
    {
        var (damaged, fine) = (await ConnectAsync("damaged"), await ConnectAsync("fine"));
        await damaged.ReportAsync(Page, Signal.RoleLost, service.Clock.GetUtcNow());
        await fine.ReportAsync(Page, Signal.RoleLost, service.Clock.GetUtcNow());
        using (var database = new RawDatabase(service.Database))
        {
            database.Execute("UPDATE merchant SET record = x'00' WHERE id = $1", damaged.Id);
        }

        await service.NoticeForeignChangesAsync();

        foreach (var order in new[] { Order.Since, Order.Merchant })
        {
            var page = await Fleet.ListConnectionsAsync(new() { Order = order });
            Assert.Equal(("fine", 1), (Assert.Single(page.Connections).MerchantId, page.Unreadable));
        }

        var merchants = (await Fleet.ListMerchantsAsync(new() { IncludePageList = true })).Merchants;
        Assert.Equal([("damaged", false), ("fine", true)], merchants.Select(m => (m.MerchantId, m.PageList is not null)));
    }

    [Fact]
    public async Task A_page_token_belongs_to_its_request_and_is_taken_unaltered_only()
    {
        for (var n = 0; n < 3; n++)
        {
            await (await ConnectAsync($"shop-{n}")).ReportAsync(Page, Signal.RoleLost, service.Clock.GetUtcNow());
        }

        var token = (await Fleet.ListConnectionsAsync(new() { PageSize = 1 })).NextPageToken;
        var merchantToken = (await Fleet.ListMerchantsAsync(new() { PageSize = 1 })).NextPageToken;

        Assert.Equal("shop-1", (await Fleet.ListConnectionsAsync(new() { PageSize = 2, PageToken = token })).Connections[0].MerchantId);
        Assert.Equal("shop-1", (await Fleet.ListMerchantsAsync(new() { IncludePageList = true, PageToken = merchantToken })).Merchants[0].MerchantId);
        foreach (var request in new ListConnectionsRequest[]
        {
            new() { PageToken = token, Provider = Provider.Facebook },
            new() { PageToken = token, Order = Order.Merchant },
            new() { PageToken = merchantToken },
            new() { PageToken = token[..^1] },
            new() { PageToken = char.ToUpperInvariant(token[8]) + token[1..] },
            new() { PageToken = token + " " },
        })
        {
            AssertInvalid(await Assert.ThrowsAsync<RpcException>(() => Fleet.ListConnectionsAsync(request).ResponseAsync));
        }

        AssertInvalid(await Assert.ThrowsAsync<RpcException>(
            () => Fleet.ListMerchantsAsync(new() { Prefix = "s", PageToken = merchantToken }).ResponseAsync));

        static void AssertInvalid(RpcException e)
        {
            Assert.Equal(ErrorReason.InvalidRequest, e.GetConnectionStateError().Reason);
            Assert.Contains("page_token", e.Status.Detail, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Connections_that_are_not_lost_cannot_be_listed_by_the_time_of_their_state()
    {
        var failure = await Assert.ThrowsAsync<RpcException>(
            () => Fleet.ListConnectionsAsync(new() { States = { State.Revoked, State.Connected } }).ResponseAsync);

        Assert.Contains("states", failure.Status.Detail, StringComparison.Ordinal);
    }

    private async Task<ApiMerchant> ConnectAsync(string id)
    {
        var merchant = new ApiMerchant(service.Client, id);
        await merchant.ConnectAsync(Page);
        return merchant;
    }

    private async Task<List<MerchantConnection>> ListAsync(ListConnectionsRequest request) =>
        [.. (await PagesAsync(request)).SelectMany(page => page.Connections)];

    private async Task<List<ListConnectionsResponse>> PagesAsync(ListConnectionsRequest request)
    {
        var pages = new List<ListConnectionsResponse>();
        request = request.Clone();
        do
        {
            pages.Add(await Fleet.ListConnectionsAsync(request));
            request.PageToken = pages[^1].NextPageToken;
        }
        while (request.PageToken.Length > 0);

        return pages;
    }
}
