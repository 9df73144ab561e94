using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>After an answer was lost the console retries: nothing is done twice, and nothing stays stale.</summary>
[Collection(nameof(ConsoleOfConnecting))]
public sealed class LostAnswerTests(ConsoleFixture console) : ConsoleTest(console), IDisposable
{
    private const string NotReached = "The server cannot be reached.";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_double_click_begins_one_connect_session_although_the_answer_is_lost()
    {
        var sent = 0;
        await First.Tab.RouteAsync("**/BeginConnect", async call =>
        {
            var answer = await call.FetchAsync();
            await (++sent == 1 ? call.AbortAsync("connectionreset") : call.FulfillAsync(new() { Response = answer }));
        });
        await First.OpenAsync("add");

        await First.Choice("Facebook Fanpage").DblClickAsync();

        await Expect(First.Title).ToContainTextAsync("Connect a Facebook Fanpage");
        var known = await Client.Pages.GetPageListAsync(new() { MerchantId = MerchantId });
        Assert.Single(known.PageList.Sessions);
        Assert.Equal(2, sent);
    }

    [Fact]
    public async Task A_failed_read_is_retried_when_the_light_becomes_live()
    {
        await Client.Connect.BeginConnectAsync(new() { MerchantId = MerchantId, Provider = Provider.Zalo });
        await First.OpenAsync("pages");
        await First.Tab.RouteAsync("**/ListChanges", call => call.AbortAsync());
        await First.Section("History").ClickAsync();
        await First.ShowsAsync(NotReached);
        await ReconnectAsync(First);
        await First.ShowsAsync("0 entries");

        await First.Section("Pages").ClickAsync();
        await First.Link("Continue").ClickAsync();
        await First.IsAtStepAsync("Sign in");
        await First.Tab.RouteAsync("**/GetConnectSession", call => call.AbortAsync());
        await Merchant.ConnectAsync(Merchant.Facebook($"{MerchantId}-a"), "Alpha");
        await First.ShowsAsync(NotReached);
        await First.IsAtStepAsync("Sign in");
        await ReconnectAsync(First);
        await First.IsAtStepAsync("Sign in");
    }

    [Fact]
    public async Task A_failed_read_is_retried_at_the_next_checkpoint_while_the_light_is_live()
    {
        await using var server = await ConsoleFixture.StartServerAsync(folder.File("cs.db"), "--Watch:CheckpointInterval=00:00:01");
        var tab = await NewTabAsync(server.Http);
        await tab.Tab.RouteAsync("**/ListChanges", call => call.AbortAsync());
        await tab.OpenAsync("history");
        await tab.ShowsAsync(NotReached);

        await tab.Tab.UnrouteAllAsync(new() { Behavior = UnrouteBehavior.Wait });

        await tab.ShowsAsync("0 entries");
        await Expect(tab.Main).Not.ToContainTextAsync(NotReached);
        await Expect(tab.Light).ToContainTextAsync("Live");
    }

    [Fact]
    public async Task The_history_is_replaced_after_the_store_was_restored_from_an_older_copy()
    {
        string[] place = [$"--Listen:HttpPort={FreePort.Find()}"];
        var tab = await RunServerAsync("Alpha", place, async server =>
        {
            var opened = await NewTabAsync(server.Http);
            await opened.OpenAsync("history");
            await opened.ShowsAsync("Alpha");
            return opened;
        });
        File.Copy(folder.File("cs.db"), folder.File("copy.db"));
        await RunServerAsync("Beta", place, async _ =>
        {
            await tab.ShowsAsync("Beta");
            await tab.Tab.Context.SetOfflineAsync(true);
            return tab;
        });
        File.Copy(folder.File("copy.db"), folder.File("cs.db"), overwrite: true);

        await RunServerAsync("Gamma", place, async _ =>
        {
            await tab.Tab.Context.SetOfflineAsync(false);
            await tab.ShowsAsync("Gamma");
            await Expect(tab.Main).Not.ToContainTextAsync("Beta");
            await tab.ShowsAsync("Alpha");
            return tab;
        });
    }

    // Runs a server on the database file, connects a page, acts, and stops the server.
    private async Task<ConsolePage> RunServerAsync(string page, string[] place, Func<ServerProcess, Task<ConsolePage>> act)
    {
        await using var server = await ConsoleFixture.StartServerAsync(folder.File("cs.db"), place);
        using var client = server.NewClient(attempts: 4);
        await new Merchant(client, MerchantId).ConnectAsync(Merchant.Facebook($"{MerchantId}-{page}"), page);
        var tab = await act(server);
        await server.Process.TerminateAsync();
        Assert.False(File.Exists(folder.File("cs.db-wal")));
        return tab;
    }

    private static async Task ReconnectAsync(ConsolePage tab)
    {
        await tab.Tab.UnrouteAllAsync(new() { Behavior = UnrouteBehavior.Wait });
        await tab.Tab.Context.SetOfflineAsync(true);
        await Expect(tab.Light).ToContainTextAsync("Stale");
        await tab.Tab.Context.SetOfflineAsync(false);
        await Expect(tab.Light).ToContainTextAsync("Live");
        await Expect(tab.Main).Not.ToContainTextAsync(NotReached);
    }
}
