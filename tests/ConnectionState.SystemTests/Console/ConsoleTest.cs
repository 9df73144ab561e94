using System.Diagnostics;
using ConnectionStateService.Client;
using Microsoft.Playwright;

namespace ConnectionStateService.SystemTests.Console;

/// <summary>A merchant of its own, whom two people look at, each in a browser of their own; and a third who plays the providers.</summary>
public abstract class ConsoleTest(ConsoleFixture console) : IClassFixture<ConsoleFixture>, IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly List<IBrowserContext> contexts = [];

    private protected string MerchantId { get; } = $"shop-{Guid.NewGuid():N}"[..12];

    private protected ConnectionStateClient Client { get; private set; } = null!;

    private protected Merchant Merchant { get; private set; } = null!;

    private protected ConsolePage One { get; private set; } = null!;

    private protected ConsolePage Other { get; private set; } = null!;

    private protected ConsoleFixture Console => console;

    public virtual async Task InitializeAsync()
    {
        Client = console.Server.NewClient(attempts: 4);
        Merchant = new Merchant(Client, MerchantId);
        One = await NewTabAsync();
        Other = await NewTabAsync();
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

    /// <summary>The provider desk, in a tab beside the first.</summary>
    private protected async Task<ConsolePage> OpenDeskAsync()
    {
        var desk = new ConsolePage(await One.Tab.Context.NewPageAsync(), console.Server.Http, MerchantId);
        await desk.OpenAsync("desk");
        return desk;
    }

    private protected Task OpenBothAsync(string screen) => Task.WhenAll(One.OpenAsync(screen), Other.OpenAsync(screen));

    /// <summary>One begins to connect; the other sees that in the list, and goes along.</summary>
    private protected async Task BeginTogetherAsync(string kindOfPage)
    {
        await OpenBothAsync("pages");
        await One.Button("Add a page").ClickAsync();
        await One.Choice(kindOfPage).ClickAsync();
        await Other.Link("Continue").ClickAsync();
        await AgreeAsync();
    }

    /// <summary>Waits until both tabs are at the same address and show the same. What they should show is for the test to say.</summary>
    private protected async Task AgreeAsync()
    {
        var waiting = Stopwatch.StartNew();
        while (true)
        {
            var (one, other) = (await One.ShownAsync(), await Other.ShownAsync());
            if (one == other)
            {
                return;
            }

            Assert.True(waiting.Elapsed < Patience, $"The tabs do not agree. One:\n{one}\nThe other:\n{other}");
            await Task.Delay(TimeSpan.FromMilliseconds(50));
        }
    }
}
