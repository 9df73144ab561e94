using ConnectionStateService.Core;
using ConnectionStateService.Merchants;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.Tests.Merchants;

/// <summary>The two steps of an erasure, with crashes and other commits in between.</summary>
public sealed class MerchantErasureTests : IAsyncLifetime
{
    private const string M = "merchant-1";

    // Every table but the feed, which keeps the ids of merchants until its entries are trimmed.
    private static readonly (string Table, string Column)[] Tables =
    [
        ("merchant", "id"), ("candidates", "merchant"), ("due", "merchant"), ("history", "merchant"), ("listed", "merchant"), ("page", "merchant"),
        ("account", "merchant"), ("page_hold", "merchant"), ("claim", "merchant"),
    ];

    private readonly Command.Erase erase = new(new Origin("privacy", "erase-1", PayloadHash: 1));
    private Engine engine = null!;

    public async Task InitializeAsync()
    {
        engine = await Engine.StartAsync();
        await engine.ConnectAsync(M, Pages.Fanpage(1), engine.Clock.GetUtcNow().AddDays(30));
        await engine.ConnectAsync(M, Pages.Oa(1));
        await engine.OfferAsync(M, Pages.Oa(2));
    }

    public async Task DisposeAsync() => await engine.DisposeAsync();

    [Fact]
    public async Task An_erased_merchant_is_in_no_table_but_the_feed()
    {
        Assert.Equal(Tables.Length, TablesWithMerchant().Count + 1);
        Assert.DoesNotContain("claim", TablesWithMerchant());

        Assert.Null(await EraseAsync());

        Assert.Empty(TablesWithMerchant());
        var feed = await engine.Store.ReadFeedAsync(0, 0, 1_000, default);
        Assert.All(feed, entry => Assert.Equal(M, entry.MerchantId));
        await DerivedData.AssertMatchesAsync(engine.Store, M);
    }

    [Fact]
    public async Task A_merchant_that_is_not_known_is_erased_without_a_commit()
    {
        var commits = await CommitsAsync();

        Assert.Null(await EraseAsync("unknown"));
        Assert.Equal(commits, await CommitsAsync());

        Assert.Null(await EraseAsync());
        Assert.Null(await EraseAsync());
        Assert.Equal(commits + 1, await CommitsAsync());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_repeat_after_a_crash_between_the_steps_does_the_rest(bool isSameRequest)
    {
        FailBefore(nameof(IConnectionStore.RemoveAsync));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => EraseAsync());
        Assert.True((await engine.Queries.GetAsync(M, default)).IsErased);
        await DerivedData.AssertMatchesAsync(engine.Store, M);
        engine.Store.Before = _ => Task.CompletedTask;
        var commits = await CommitsAsync();

        Assert.Null(await EraseAsync(M, isSameRequest ? erase : new(new Origin("privacy", "erase-2", PayloadHash: 1))));

        Assert.Empty(TablesWithMerchant());
        Assert.Equal(commits, await CommitsAsync());
        await DerivedData.AssertMatchesAsync(engine.Store, M);
    }

    [Theory]
    [InlineData(nameof(IConnectionStore.CommitAsync))]
    [InlineData(nameof(IConnectionStore.RemoveAsync))]
    public async Task A_repeat_after_a_lost_answer_erases(string method)
    {
        engine.Store.After = called => called == method ? throw new StoreUnavailableException("a lost answer") : Task.CompletedTask;
        await Assert.ThrowsAsync<StoreUnavailableException>(() => EraseAsync());
        engine.Store.After = _ => Task.CompletedTask;

        Assert.Null(await EraseAsync());

        Assert.Empty(TablesWithMerchant());
        await DerivedData.AssertMatchesAsync(engine.Store, M);
    }

    [Fact]
    public async Task A_change_between_the_steps_is_erased_too()
    {
        var interrupted = 0;
        engine.Store.Before = async method =>
        {
            if (method == nameof(IConnectionStore.RemoveAsync) && interrupted++ < 2)
            {
                await engine.HandleAsync(M, new Command.SetPlan(Engine.Origin, Plan.Standard, interrupted));
            }
        };

        Assert.Null(await EraseAsync());

        Assert.Equal(3, interrupted);
        Assert.Empty(TablesWithMerchant());
        await DerivedData.AssertMatchesAsync(engine.Store, M);
    }

    [Fact]
    public async Task An_erasure_gives_up_if_the_merchant_changes_all_the_time()
    {
        var changes = 0;
        engine.Store.Before = async method =>
        {
            if (method == nameof(IConnectionStore.RemoveAsync))
            {
                await engine.HandleAsync(M, new Command.SetPlan(Engine.Origin, Plan.Standard, ++changes));
            }
        };

        Assert.IsType<Fault.ConcurrentChange>(await EraseAsync());
    }

    [Fact]
    public async Task Commands_that_run_at_the_same_time_leave_a_merchant_that_is_whole_or_none()
    {
        var running = Enumerable.Range(0, 40).Select(n => n % 4 == 0
            ? EraseAsync(M, new(new Origin("privacy")))
            : engine.HandleAsync(M, new Command.SetPlan(Engine.Origin, Plan.Standard, n)) as Task);
        await Task.WhenAll(running.ToList());

        await DerivedData.AssertMatchesAsync(engine.Store, M);
        var stored = await engine.Queries.ReadAsync(M, default);
        Assert.Equal(stored.Record.Revision, (await engine.Store.ReadCommitsAsync(M, 0, 1_000, default)).Length);
        Assert.Null(await EraseAsync(M, new(new Origin("privacy"))));
        Assert.Empty(TablesWithMerchant());
    }

    private Task<Fault?> EraseAsync() => EraseAsync(M);

    private Task<Fault?> EraseAsync(string merchantId, Command.Erase? command = null) =>
        new MerchantErasure(engine.NewCommitter(engine.Store), engine.Store, Options.Create(new StoreOptions()))
            .EraseAsync(merchantId, command ?? erase, CancellationToken.None);

    private async Task<long> CommitsAsync() => (await engine.Store.ReadFeedSpansAsync(default))[0]!.Value.Last.Number;

    private List<string> TablesWithMerchant()
    {
        using var database = engine.OpenDatabase();
        return [.. Tables.Where(of => database.Read<long>($"SELECT count(*) FROM {of.Table} WHERE {of.Column} = $1", M) > 0).Select(of => of.Table)];
    }

    private void FailBefore(string method) =>
        engine.Store.Before = called => called == method ? throw new StoreUnavailableException("an outage") : Task.CompletedTask;
}
