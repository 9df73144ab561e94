using System.Diagnostics;
using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;
using Microsoft.Playwright;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>A merchant of its own, which two people look at, each in a browser of their own; and a third who plays the providers.</summary>
public abstract class ConsoleTest(ConsoleFixture console) : IAsyncLifetime
{
    private readonly List<IBrowserContext> contexts = [];

    private protected string MerchantId { get; } = $"shop-{Guid.NewGuid():N}"[..12];

    private protected ConnectionStateClient Client { get; private set; } = null!;

    private protected Merchant Merchant { get; private set; } = null!;

    private protected ConsolePage First { get; private set; } = null!;

    private protected ConsolePage Second { get; private set; } = null!;

    private protected ConsoleFixture Console => console;

    public virtual async Task InitializeAsync()
    {
        Client = console.Server.NewClient(attempts: 4);
        Merchant = new Merchant(Client, MerchantId);
        First = await NewTabAsync();
        Second = await NewTabAsync();
    }

    public async Task DisposeAsync()
    {
        Client.Dispose();
        foreach (var context in contexts)
        {
            await context.CloseAsync();
        }
    }

    private protected async Task<ConsolePage> NewTabAsync(
        Uri? address = null, string locale = "en-US", ColorScheme colors = ColorScheme.Light, string? merchantId = null)
    {
        var context = await console.NewContextAsync(locale, colors);
        contexts.Add(context);
        return new ConsolePage(await context.NewPageAsync(), address ?? console.Server.Http, merchantId ?? MerchantId);
    }

    /// <summary>Opens the provider desk in another tab of the first user.</summary>
    private protected async Task<ConsolePage> OpenProviderDeskAsync()
    {
        var desk = new ConsolePage(await First.Tab.Context.NewPageAsync(), console.Server.Http, MerchantId);
        await desk.OpenAsync("desk");
        return desk;
    }

    private protected Task OpenBothAsync(string screen) => Task.WhenAll(First.OpenAsync(screen), Second.OpenAsync(screen));

    /// <summary>The first user begins a connect session; the second user opens it from the page list.</summary>
    private protected async Task BeginTogetherAsync(string kindOfPage)
    {
        await OpenBothAsync("pages");
        await First.Button("Add a page").ClickAsync();
        await First.Choice(kindOfPage).ClickAsync();
        await Second.Link("Continue").ClickAsync();
        await AssertTabsAgreeAsync();
    }

    /// <summary>Waits until both tabs have the same address and content. The test asserts what the content is.</summary>
    private protected async Task AssertTabsAgreeAsync()
    {
        var waiting = Stopwatch.StartNew();
        while (true)
        {
            var (one, other) = (await First.SnapshotAsync(), await Second.SnapshotAsync());
            if (one == other)
            {
                return;
            }

            Assert.True(waiting.Elapsed < Eventually.Patience, $"The tabs differ. First:\n{one}\nSecond:\n{other}");
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }
}
