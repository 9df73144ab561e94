using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Timers;

/// <summary>One holder per page (R16), also if two merchants are granted it at the same time.</summary>
public sealed class OneHolderTests : IAsyncLifetime
{
    private const string First = "merchant-a";
    private const string Last = "merchant-z";
    private static readonly PageRef Page = StoreSamples.Page;

    private Engine engine = null!;

    public async Task InitializeAsync() => engine = await Engine.StartAsync();

    public async Task DisposeAsync() => await engine.DisposeAsync();

    [Theory]
    [InlineData(First, Last)]
    [InlineData(Last, First)]
    public async Task R16_One_merchant_holds_the_page_after_two_claims_of_the_same_millisecond_are_settled(string one, string other)
    {
        await engine.GrantUnsettledAsync(Page, one, other);
        var claims = (await engine.ClaimsAsync()).OrderBy(c => c.MerchantId == one ? 0 : 1);

        foreach (var claim in claims)
        {
            await engine.Settlement.SettleAsync(claim, CancellationToken.None);
        }

        await AssertHolderAsync(Last);
    }

    [Theory]
    [InlineData(First, Last)]
    [InlineData(Last, First)]
    public async Task R16_One_merchant_holds_the_page_after_two_grants_in_the_same_millisecond(string one, string other)
    {
        var sessions = new[] { await engine.RequestAsync(one, Page), await engine.RequestAsync(other, Page) };

        await engine.HandleAsync(one, Engine.Grant(sessions[0]));
        await engine.HandleAsync(other, Engine.Grant(sessions[1]));

        await AssertHolderAsync(Last);
    }

    [Fact]
    public async Task R16_A_grant_that_was_decided_earlier_but_stored_later_than_another_loses_the_page()
    {
        var (slow, quick) = (await engine.RequestAsync(First, Page), await engine.RequestAsync(Last, Page));
        var overtaken = new InterceptedStore(engine.Store)
        {
            Before = async method =>
            {
                if (method == nameof(IConnectionStore.CommitAsync) && await engine.StateAsync(Last, Page) == State.Pending)
                {
                    engine.Clock.Advance(TimeSpan.FromMilliseconds(1));
                    await engine.HandleAsync(Last, Engine.Grant(quick));
                }
            },
        };

        await engine.NewHandler(overtaken).HandleAsync(First, Engine.Grant(slow), CancellationToken.None);

        await AssertHolderAsync(Last);
    }

    [Fact]
    public async Task R16_A_grant_succeeds_if_the_record_cannot_be_read_after_its_claim_was_settled()
    {
        var (slow, quick) = (await engine.RequestAsync(First, Page), await engine.RequestAsync(Last, Page));
        var settled = false;
        var overtaken = new InterceptedStore(engine.Store)
        {
            Before = async method =>
            {
                if (method == nameof(IConnectionStore.CommitAsync) && await engine.StateAsync(Last, Page) == State.Pending)
                {
                    engine.Clock.Advance(TimeSpan.FromMilliseconds(1));
                    await engine.HandleAsync(Last, Engine.Grant(quick));
                }

                settled |= method == nameof(IConnectionStore.RemoveClaimAsync);
                if (settled && method == nameof(IConnectionStore.ReadAsync))
                {
                    throw new RecordUnreadableException(First, "its bytes are damaged");
                }
            },
        };

        var decision = await engine.NewHandler(overtaken).HandleAsync(First, Engine.Grant(slow), CancellationToken.None);

        Assert.True(settled);
        Assert.IsType<Decision.Changed>(decision);
        await AssertHolderAsync(Last);
    }

    private async Task AssertHolderAsync(string holder)
    {
        var connected = new List<string>();
        foreach (var id in (string[])[First, Last])
        {
            if (await engine.StateAsync(id, Page) == State.Connected)
            {
                connected.Add(id);
            }
        }

        Assert.Equal([holder], connected);
        Assert.Empty(await engine.ClaimsAsync());
    }
}
