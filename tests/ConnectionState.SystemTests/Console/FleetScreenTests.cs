using System.Globalization;
using ConnectionStateService.V1;
using Google.Protobuf.WellKnownTypes;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>The screen of operators: counts, what is lost, and the ways into a merchant.</summary>
[Collection(nameof(ConsoleOfPages))]
public sealed class FleetScreenTests(ConsoleFixture console) : ConsoleTest(console)
{
    private ILocator Lost => First.Named(AriaRole.List, "Lost, longest ago first").GetByRole(AriaRole.Listitem);

    private ILocator Found => First.Named(AriaRole.List, "Found").GetByRole(AriaRole.Listitem);

    [Fact]
    public async Task Counts_follow_a_page_that_is_lost_and_a_search_for_the_page_leads_to_its_merchant_and_back()
    {
        var page = Merchant.Facebook($"{MerchantId}-a");
        await Merchant.ConnectAsync(page, "Alpha");
        await First.Tab.Clock.InstallAsync();
        await First.OpenStartAsync();
        await First.Link("For operators: all merchants").ClickAsync();
        await First.HasTitleAsync("All merchants");
        var (connected, revoked) = (await CountOfAsync("Connected"), await CountOfAsync("Permission removed"));

        await Merchant.ReportAsync(page, Signal.PermissionRevoked);
        await First.Tab.Clock.FastForwardAsync("00:05");
        await Expect(CountCell("Permission removed")).ToHaveTextAsync($"{revoked + 1}");
        await Expect(CountCell("Connected")).ToHaveTextAsync($"{connected - 1}");

        await First.Tab.Context.SetOfflineAsync(true);
        await First.Tab.Clock.FastForwardAsync("00:05");
        await First.ShowsAsync("The server cannot be reached. Please try again. These figures are of");
        await Expect(CountCell("Permission removed")).ToHaveTextAsync($"{revoked + 1}");
        await First.Tab.Context.SetOfflineAsync(false);
        await First.Tab.Clock.FastForwardAsync("00:05");
        await Expect(First.Main).Not.ToContainTextAsync("These figures are of");

        await First.Tab.GetByLabel("Page id").FillAsync(page.PageId);
        await First.Button("Find by page").ClickAsync();
        await Expect(Found).ToContainTextAsync(["Alpha"]);
        await Expect(Found).ToContainTextAsync(["The app's permission was removed at Facebook."]);
        await Found.GetByRole(AriaRole.Link, new() { Name = MerchantId, Exact = true }).ClickAsync();
        await First.ListsInStateAsync("Alpha", "Permission removed");
        await First.Tab.GoBackAsync();
        await Expect(Found).ToContainTextAsync(["Alpha"]);

        await First.Tab.GetByLabel("Merchant id begins with").FillAsync(MerchantId);
        await First.Button("Find merchants").ClickAsync();
        await Expect(Found).ToHaveTextAsync([$"{MerchantId}pages: 1, of these lost: 1"]);
    }

    [Fact]
    public async Task What_is_lost_is_listed_page_after_page_and_filtered_on_a_phone()
    {
        const int Many = 60;
        var merchant = MerchantId.PadRight(64, 'x');
        await ImportLostAsync(merchant, Many);
        await First.Tab.SetViewportSizeAsync(390, 844);
        await Axe.AddAsync(First.Tab.Context);
        await First.OpenFleetAsync();
        await Expect(Lost.First).ToContainTextAsync($"{merchant[..50]}-0");

        await First.Named(AriaRole.Combobox, "State").SelectOptionAsync("Page deleted");
        await Expect(Lost.First).ToContainTextAsync("The page was deleted at Zalo.");
        await Expect(Mine(merchant)).ToHaveCountAsync(50);
        await First.Button("Show more").ClickAsync();
        await Expect(Mine(merchant)).ToHaveCountAsync(Many);
        await Expect(Lost.Nth(Many - 1)).ToContainTextAsync($"Page {Many - 1}");
        Assert.Empty(await Axe.FindingsAsync(First.Tab));
        Assert.Empty(await Layout.FindingsAsync(First.Tab));
        Assert.Equal(0, await First.Tab.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth"));

        await First.Named(AriaRole.Combobox, "State").SelectOptionAsync("Expired");
        await Expect(Mine(merchant)).ToHaveCountAsync(0);
        await First.Named(AriaRole.Combobox, "State").SelectOptionAsync("All");
        await First.Link($"History: Page 0 ({merchant})").ClickAsync();
        await First.HasTitleAsync("History");
        await First.Named(AriaRole.Combobox, "Page").SelectOptionAsync("All pages");
        await First.ShowsAsync("Imported from a test");
    }

    private ILocator Mine(string merchant) => Lost.Filter(new() { HasText = merchant });

    private ILocator CountCell(string state) => First.Named(AriaRole.Table, "Connections").GetByRole(AriaRole.Row)
        .Filter(new() { Has = First.Named(AriaRole.Rowheader, state) }).GetByRole(AriaRole.Cell).First;

    private async Task<int> CountOfAsync(string state) => int.Parse((await CountCell(state).TextContentAsync())!, CultureInfo.InvariantCulture);

    // Long ago, so that they come before what other tests have lost.
    private async Task ImportLostAsync(string merchant, int count)
    {
        var begin = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var lost = Enumerable.Range(0, count).Select(number => new ExportedConnection
        {
            Connection = new()
            {
                Page = Merchant.Zalo($"{merchant[..50]}-{number}"),
                PageName = $"Page {number}",
                State = Connection.Types.State.Deleted,
                Cause = Cause.PageDeleted,
                AccountId = "person",
                StateSince = Timestamp.FromDateTimeOffset(begin.AddHours(number)),
            },
        });
        var imported = await Client.Fleet.ImportMerchantsAsync(new()
        {
            Source = "a test",
            Items = { new ImportMerchantsRequest.Types.Item { Merchant = new() { MerchantId = merchant, Revision = 1, Connections = { lost } } } },
        });
        Assert.Equal(ImportMerchantsResponse.Types.Result.Imported, Assert.Single(imported.Outcomes).Result);
    }
}
