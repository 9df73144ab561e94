using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using ConnectionStateService.V1;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>An answer that is lost in the browser costs nothing but time: nothing is done twice, nothing stays unread.</summary>
public sealed class LostAnswerTests(ConsoleFixture console) : ConsoleTest(console), IDisposable
{
    private const string NotReached = "The server cannot be reached.";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_double_click_begins_one_attempt_to_connect_though_its_answer_is_lost()
    {
        var sent = 0;
        await One.Tab.RouteAsync("**/BeginConnect", async call =>
        {
            var answer = await call.FetchAsync();
            await (++sent == 1 ? call.AbortAsync("connectionreset") : call.FulfillAsync(new() { Response = answer }));
        });
        await One.OpenAsync("add");

        await One.Choice("Facebook Fanpage").DblClickAsync();

        await Expect(One.Title).ToContainTextAsync("Connect a Facebook Fanpage");
        var known = await Client.Pages.GetPageListAsync(new() { MerchantId = MerchantId });
        Assert.Single(known.PageList.Sessions);
        Assert.Equal(2, sent);
    }

    [Fact]
    public async Task What_could_not_be_read_is_read_as_soon_as_the_light_is_live_again()
    {
        await Client.Connect.BeginConnectAsync(new() { MerchantId = MerchantId, Provider = Provider.Zalo });
        await One.OpenAsync("pages");
        await One.Tab.RouteAsync("**/ListChanges", call => call.AbortAsync());
        await One.Section("History").ClickAsync();
        await One.ShowsAsync(NotReached);
        await FindTheNetworkAgainAsync(One);
        await One.ShowsAsync("0 entries");

        await One.Section("Pages").ClickAsync();
        await One.Link("Continue").ClickAsync();
        await One.IsAtStepAsync("Sign in");
        await One.Tab.RouteAsync("**/GetConnectSession", call => call.AbortAsync());
        await Merchant.ConnectAsync(Merchant.Facebook($"{MerchantId}-a"), "Alpha");
        await One.ShowsAsync(NotReached);
        await One.IsAtStepAsync("Sign in");
        await FindTheNetworkAgainAsync(One);
        await One.IsAtStepAsync("Sign in");
    }

    [Fact]
    public async Task What_could_not_be_read_while_the_light_stayed_live_is_read_with_the_next_word_of_the_server()
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
    public async Task After_the_store_was_put_back_to_an_older_copy_the_history_is_the_one_that_it_has_now()
    {
        string[] place = [$"--Listen:HttpPort={FreePort.Find()}"];
        var tab = await PlayAsync("Alpha", place, async server =>
        {
            var opened = await NewTabAsync(server.Http);
            await opened.OpenAsync("history");
            await opened.ShowsAsync("Alpha");
            return opened;
        });
        File.Copy(folder.File("cs.db"), folder.File("copy.db"));
        await PlayAsync("Beta", place, async _ =>
        {
            await tab.ShowsAsync("Beta");
            await tab.Tab.Context.SetOfflineAsync(true);
            return tab;
        });
        File.Copy(folder.File("copy.db"), folder.File("cs.db"), overwrite: true);

        await PlayAsync("Gamma", place, async _ =>
        {
            await tab.Tab.Context.SetOfflineAsync(false);
            await tab.ShowsAsync("Gamma");
            await Expect(tab.Main).Not.ToContainTextAsync("Beta");
            await tab.ShowsAsync("Alpha");
            return tab;
        });
    }

    // A server on the file, for as long as it takes; a page is connected first.
    private async Task<ConsolePage> PlayAsync(string page, string[] place, Func<ServerProcess, Task<ConsolePage>> act)
    {
        await using var server = await ConsoleFixture.StartServerAsync(folder.File("cs.db"), place);
        using var client = server.NewClient(attempts: 4);
        await new Merchant(client, MerchantId).ConnectAsync(Merchant.Facebook($"{MerchantId}-{page}"), page);
        var tab = await act(server);
        await server.Process.TerminateAsync();
        Assert.False(File.Exists(folder.File("cs.db-wal")));
        return tab;
    }

    private static async Task FindTheNetworkAgainAsync(ConsolePage tab)
    {
        await tab.Tab.UnrouteAllAsync(new() { Behavior = UnrouteBehavior.Wait });
        await tab.Tab.Context.SetOfflineAsync(true);
        await Expect(tab.Light).ToContainTextAsync("Stale");
        await tab.Tab.Context.SetOfflineAsync(false);
        await Expect(tab.Light).ToContainTextAsync("Live");
        await Expect(tab.Main).Not.ToContainTextAsync(NotReached);
    }
}
