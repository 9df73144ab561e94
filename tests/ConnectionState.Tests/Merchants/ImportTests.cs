using ConnectionStateService.Rpc.Mapping;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using static ConnectionStateService.V1.ImportMerchantsResponse.Types;
using State = ConnectionStateService.V1.Connection.Types.State;

namespace ConnectionStateService.Tests.Merchants;

/// <summary>Export and import, through the public API.</summary>
public sealed class ImportTests : IAsyncLifetime
{
    private static readonly PageRef Page = ApiMerchant.Facebook("page-1");

    private static readonly Timestamp Later = Timestamp.FromDateTimeOffset(CoreMerchant.Start.AddYears(1));

    private Service service = null!;

    private FleetService.FleetServiceClient Fleet => service.Client.Fleet;

    public async Task InitializeAsync() => service = await Service.StartAsync();

    public async Task DisposeAsync() => await service.DisposeAsync();

    [Fact]
    public async Task Everything_is_exported_and_an_import_into_another_store_is_exported_the_same()
    {
        for (var n = 0; n < 12; n++)
        {
            var merchant = new ApiMerchant(service.Client, $"shop-{n}");
            await merchant.ConnectAsync(ApiMerchant.Facebook($"page-{n}"));
            await merchant.RequestAsync(ApiMerchant.Facebook($"other-{n}"));
        }

        await new ApiMerchant(service.Client, "shop-3").ReportAsync(ApiMerchant.Facebook("page-3"), Signal.RoleLost);
        await service.Client.Plans.SetPlanAsync(new() { MerchantId = "shop-4", Plan = Plan.Trial, BoughtPages = 2 });
        var exported = await ExportAsync(service);
        Assert.Equal(12, exported.Count);

        await using var other = await Service.StartAsync();
        var outcomes = await ImportAsync(other, [.. exported]);

        Assert.All(outcomes, outcome => Assert.Equal(Result.Imported, outcome.Result));
        Assert.Equal(exported, await ExportAsync(other));
        foreach (var merchant in exported)
        {
            var (here, there) = (
                await service.Client.Pages.GetPageListAsync(new() { MerchantId = merchant.MerchantId }),
                await other.Client.Pages.GetPageListAsync(new() { MerchantId = merchant.MerchantId }));
            Assert.Equal(here.PageList, there.PageList);
        }

        await DerivedData.AssertMatchesAsync(other.Store, exported.Select(merchant => merchant.MerchantId));
        var change = Assert.Single((await other.Client.Pages.ListChangesAsync(new() { MerchantId = "shop-3", Limit = 10 })).Changes);
        Assert.Equal(("a test", exported.Single(m => m.MerchantId == "shop-3").Revision), (change.Imported.Source, change.Revision));
    }

    [Fact]
    public async Task A_merchant_that_is_stored_is_imported_only_at_the_revision_that_was_named()
    {
        await new ApiMerchant(service.Client, "shop").ConnectAsync(Page);
        var merchant = Assert.Single(await ExportAsync(service));
        var renamed = merchant.Clone();
        renamed.Connections[0].Connection.PageName = "Another name";

        Assert.Equal((Result.Present, merchant.Revision), await OneAsync(renamed, null));
        Assert.Equal((Result.Present, merchant.Revision), await OneAsync(renamed, merchant.Revision - 1));
        Assert.Equal("The page page-1", (await new ApiMerchant(service.Client, "shop").FindAsync(Page)).PageName);
        Assert.Equal((Result.Imported, merchant.Revision + 1), await OneAsync(renamed, merchant.Revision));
        Assert.Equal("Another name", (await new ApiMerchant(service.Client, "shop").FindAsync(Page)).PageName);
        Assert.Equal((Result.Present, merchant.Revision + 1), await OneAsync(renamed, merchant.Revision));

        async Task<(Result, long)> OneAsync(ExportedMerchant item, long? ifRevision)
        {
            var request = new ImportMerchantsRequest { Items = { new ImportMerchantsRequest.Types.Item { Merchant = item } }, Source = "a test" };
            if (ifRevision is { } revision)
            {
                request.Items[0].IfRevision = revision;
            }

            var outcome = (await Fleet.ImportMerchantsAsync(request)).Outcomes.Single();
            return (outcome.Result, outcome.Revision);
        }
    }

    [Fact]
    public async Task A_dry_run_says_what_would_be_imported_and_stores_nothing()
    {
        await new ApiMerchant(service.Client, "present").ConnectAsync(Page);
        ExportedMerchant[] merchants = [new() { MerchantId = "present" }, new() { MerchantId = "new" }, new() { MerchantId = "wrong", BoughtPages = -1 }];

        var outcomes = await ImportAsync(service, merchants, dryRun: true);

        Assert.Equal([Result.Present, Result.Imported, Result.Invalid], outcomes.Select(outcome => outcome.Result));
        Assert.Equal(["bought_pages: must be 0 to 10000"], outcomes[2].Problems);
        Assert.Equal(["present"], (await ExportAsync(service)).Select(merchant => merchant.MerchantId));
    }

    [Fact]
    public async Task A_platform_imports_what_it_knows_and_the_rest_follows()
    {
        var since = service.Clock.GetUtcNow().AddDays(-30);
        var merchant = new ExportedMerchant
        {
            MerchantId = "shop",
            Connections = { Known(Page, State.Connected), Known(ApiMerchant.Oa, State.Expired, Cause.TokenExpired) },
        };
        merchant.Connections[0].Connection.ExpiresAt = Timestamp.FromDateTimeOffset(service.Clock.GetUtcNow().AddDays(1));

        Assert.Equal(Result.Imported, Assert.Single(await ImportAsync(service, [merchant])).Result);

        var list = await new ApiMerchant(service.Client, "shop").ListAsync();
        Assert.Equal([State.Connected, State.Expired], list.Connections.Select(c => c.State));
        Assert.Equal((1L, 16, "page-1"), (list.Revision, list.Connections[0].GrantId.Length, list.Connections[0].PageName));
        Assert.Equal(since, list.Connections[0].ConnectedAt.ToDateTimeOffset());

        // It expires when its time comes, and another merchant's grant takes the page.
        await new ApiMerchant(service.Client, "other").ConnectAsync(ApiMerchant.Oa);
        await service.PassAsync(TimeSpan.FromDays(2));
        list = await new ApiMerchant(service.Client, "shop").ListAsync();
        Assert.Equal([State.Expired, State.Disconnected], list.Connections.Select(c => c.State));

        ExportedConnection Known(PageRef page, State state, Cause cause = Cause.Unspecified) => new()
        {
            Connection = new() { Page = page, State = state, Cause = cause, AccountId = "person-1", StateSince = Timestamp.FromDateTimeOffset(since) },
        };
    }

    [Fact]
    public async Task A_page_that_another_merchant_holds_stays_with_it()
    {
        await using var other = await Service.StartAsync();
        await new ApiMerchant(other.Client, "imported").ConnectAsync(Page, ApiMerchant.Facebook("page-2"));
        await new ApiMerchant(service.Client, "holder").ConnectAsync(Page);

        await ImportAsync(service, [.. await ExportAsync(other)]);

        Assert.Equal(State.Connected, (await new ApiMerchant(service.Client, "holder").FindAsync(Page)).State);
        var imported = await new ApiMerchant(service.Client, "imported").ListAsync();
        Assert.Equal(
            [(State.Disconnected, Cause.SignedInElsewhere), (State.Connected, Cause.Unspecified)], imported.Connections.Select(c => (c.State, c.Cause)));

        // What was imported is registered: a later grant takes it, and only then.
        await new ApiMerchant(service.Client, "later").ConnectAsync(ApiMerchant.Facebook("page-2"));
        Assert.Equal(State.Disconnected, (await new ApiMerchant(service.Client, "imported").FindAsync(ApiMerchant.Facebook("page-2"))).State);
    }

    [Fact]
    public async Task A_repeat_settles_the_pages_of_an_import_that_was_cut_off()
    {
        await using var other = await Service.StartAsync();
        await new ApiMerchant(other.Client, "imported").ConnectAsync(Page);
        ExportedMerchant[] merchants = [.. await ExportAsync(other)];
        await ImportAsync(service, merchants);
        using (var database = new RawDatabase(service.Database))
        {
            database.Execute("DELETE FROM page_hold");
        }

        Assert.Equal(Result.Present, Assert.Single(await ImportAsync(service, merchants)).Result);

        using var after = new RawDatabase(service.Database);
        Assert.Equal(1, after.Read<long>("SELECT count(*) FROM page_hold"));
    }

    [Fact]
    public async Task An_export_comes_in_pages_of_partitions_and_names_what_is_unreadable()
    {
        string[] ids = [.. Enumerable.Range(0, 60).Select(n => $"shop-{n}")];
        await Task.WhenAll(ids.Select(id => service.Client.Plans.SetPlanAsync(new() { MerchantId = id, Plan = Plan.Standard, BoughtPages = 1 }).ResponseAsync));
        using (var database = new RawDatabase(service.Database))
        {
            database.Execute("UPDATE merchant SET record = x'00' WHERE id = $1", ids[7]);
        }

        await service.NoticeForeignChangesAsync();
        var inOrder = ids.OrderBy(ConnectionStateService.Store.Partition.Of).ThenBy(id => id, StringComparer.Ordinal).ToList();

        foreach (var size in new[] { 1, 7, 59, 60, 500 })
        {
            var (exported, unreadable) = (new List<string>(), new List<string>());
            var request = new ExportMerchantsRequest { PageSize = size };
            do
            {
                var page = await Fleet.ExportMerchantsAsync(request);
                Assert.InRange(page.Merchants.Count + page.Unreadable.Count, 0, size);
                exported.AddRange(page.Merchants.Select(m => m.MerchantId));
                unreadable.AddRange(page.Unreadable);
                request.PageToken = page.NextPageToken;
            }
            while (request.PageToken.Length > 0);

            Assert.Equal(inOrder.Where(id => id != ids[7]), exported);
            Assert.Equal([ids[7]], unreadable);
        }

        int[] some = [ConnectionStateService.Store.Partition.Of("shop-1"), ConnectionStateService.Store.Partition.Of("shop-2")];
        var part = await Fleet.ExportMerchantsAsync(new() { Partitions = { some } });
        Assert.Equal(inOrder.Where(id => some.Contains(ConnectionStateService.Store.Partition.Of(id)) && id != ids[7]), part.Merchants.Select(m => m.MerchantId));
    }

    [Fact]
    public async Task A_page_of_an_export_has_about_one_MiB()
    {
        Candidate[] candidates = [.. Enumerable.Range(0, 5_000).Select(n => ApiMerchant.Offer($"page-{n}"))];
        foreach (var id in new[] { "a", "b", "c", "d", "e", "f", "g" })
        {
            var merchant = new ApiMerchant(service.Client, id);
            await merchant.SignInAsync(await merchant.BeginAsync(Provider.Facebook), candidates);
        }

        var request = new ExportMerchantsRequest();
        var pages = new List<ExportMerchantsResponse>();
        do
        {
            pages.Add(await Fleet.ExportMerchantsAsync(request));
            request.PageToken = pages[^1].NextPageToken;
        }
        while (request.PageToken.Length > 0);

        Assert.True(pages.Count > 1);
        Assert.All(pages, page => Assert.InRange(page.CalculateSize(), 1, 1_100_000));
        Assert.Equal(7, pages.SelectMany(page => page.Merchants).Select(m => m.MerchantId).Distinct().Count());
        Assert.All(pages.SelectMany(page => page.Merchants), m => Assert.Equal(5_000, m.Sessions[0].Session.Candidates.Count));
    }

    public static TheoryData<string, Action<ExportedMerchant>> Invalid => new()
    {
        { "connections[0].connection.cause", m => m.Connections[0].Connection.Cause = Cause.RoleLost },
        { "connections[0].connection.state", m => m.Connections[0].Connection.State = State.Pending },
        { "connections[0].connection.state", m => m.Connections[0].Connection.State = State.Unspecified },
        { "connections[0].connection.grant_id", m => m.Connections[0].Connection.GrantId = "ABCDEF0123456789" },
        { "connections[0].connection.account_id", m => m.Connections[0].Connection.AccountId = "" },
        { "connections[0].connection.state_since", m => m.Connections[0].Connection.StateSince = null },
        { "connections[0].connection.revision", m => m.Connections[0].Connection.Revision = m.Revision + 1 },
        { "connections[0].connection.health", m => m.Connections[0].Connection.Health = Health.Suspect },
        { "connections[0].connection.page.page_id", m => m.Connections[0].Connection.Page.PageId = "a b" },
        { "connections[0].connection", m => m.Connections[0].Connection = null },
        { "connections[2].connection.page", m => m.Connections.Add(m.Connections[0].Clone()) },
        { "connections[0].soft_signals", m => m.Connections[0].SoftSignals.Add(new ExportedConnection.Types.SoftSignals()) },
        { "sessions[0].session.step", m => m.Sessions[0].Session.Step = ConnectSession.Types.Step.Connected },
        { "sessions[0].session.deadline", m => m.Sessions[0].Session.Deadline = null },
        { "sessions[0].signed_in_at", m => m.Sessions[0].SignedInAt = null },
        { "sessions[1].session.session_id", m => m.Sessions.Add(m.Sessions[0].Clone()) },
        { "sessions[0].session.deadline", m => m.Sessions[0].Session.Deadline = Later },
        { "sessions[0].session.page", m => m.Sessions[0].Session.Page = ApiMerchant.Facebook("in-no-connection") },
        { "sessions[0].session.page", m => m.Sessions[0].Session.Account = null },
        { "sessions[0].signed_in_at", m => m.Sessions[0].SignedInAt = Later },
        { "connections[0].connection.state_since", m => m.Connections[0].Connection.StateSince = Later },
        { "connections[0].connection.connected_at", m => m.Connections[0].Connection.ConnectedAt = Later },
        { "connections[0].grant_since", m => m.Connections[0].GrantSince = Later },
        { "connections[0].issued_at", m => m.Connections[0].IssuedAt = Later },
        { "connections[0].verified_at", m => m.Connections[0].VerifiedAt = Later },
        { "connections[0].connection.evidence", m => m.Connections[0].Connection.Evidence = new() { Source = Evidence.Types.Source.Signal, ObservedAt = m.Connections[0].GrantSince } },
        { "merchant_id", m => m.MerchantId = "" },
        { "revision", m => m.Revision = -1 },
        { "revision", m => m.Revision = (1L << 52) + 1 },
        { "connections[1].connection.expires_soon", m => m.Connections[1].Connection.ExpiresSoon = true },
        { "connections[0].connection.expires_soon", m => (m.Connections[0].Connection.ExpiresSoon, m.Connections[0].Connection.ExpiresAt) = (true, null) },
        { "plan", m => m.Plan = (Plan)99 },
    };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_highest_revision_and_a_page_that_expires_soon_are_valid(bool withTokenExpiry)
    {
        var merchant = new CoreMerchant();
        merchant.Connect(Pages.Fanpage(1));
        var exported = merchant.Record.ToExport();
        exported.Revision = 1L << 52;
        var (connection, soon) = (exported.Connections[0], Timestamp.FromDateTimeOffset(merchant.Now.AddDays(1)));
        connection.Connection.ExpiresSoon = true;
        connection.TokenExpiresAt = withTokenExpiry ? soon : null;
        connection.Connection.ExpiresAt = withTokenExpiry ? null : soon;

        Assert.Empty(ConnectionStateService.Rpc.Validation.ImportValidator.Validate(exported, merchant.Now));
    }

    [Theory]
    [MemberData(nameof(Invalid))]
    public void What_the_rules_make_impossible_is_invalid(string field, Action<ExportedMerchant> change)
    {
        var merchant = new CoreMerchant();
        merchant.Connect(Pages.Fanpage(1));
        merchant.Request(Pages.Fanpage(2));
        var exported = merchant.Record.ToExport();
        Assert.Empty(ConnectionStateService.Rpc.Validation.ImportValidator.Validate(exported, merchant.Now));

        change(exported);

        Assert.Contains(field, ConnectionStateService.Rpc.Validation.ImportValidator.Validate(exported, merchant.Now).Select(violation => violation.Field));
    }

    private static async Task<List<ExportedMerchant>> ExportAsync(Service from)
    {
        var page = await from.Client.Fleet.ExportMerchantsAsync(new() { PageSize = 500 });
        Assert.Equal(("", 0), (page.NextPageToken, page.Unreadable.Count));
        return [.. page.Merchants];
    }

    private static async Task<IReadOnlyList<Outcome>> ImportAsync(Service into, ExportedMerchant[] merchants, bool dryRun = false) =>
        (await into.Client.Fleet.ImportMerchantsAsync(new()
        {
            Items = { merchants.Select(merchant => new ImportMerchantsRequest.Types.Item { Merchant = merchant }) },
            Source = "a test",
            DryRun = dryRun,
        })).Outcomes;
}
