using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Merchants;

/// <summary>A cached record saves a read, and is only used as the base of a conditional commit.</summary>
public sealed class MerchantCacheTests : IAsyncLifetime
{
    private const string M = "merchant-1";
    private static readonly Command.SetPlan FourPages = new(Engine.Origin, Plan.Standard, 1);

    private Engine engine = null!;
    private int reads;

    public async Task InitializeAsync() => engine = await StartAsync(new StoreOptions());

    public async Task DisposeAsync() => await engine.DisposeAsync();

    [Fact]
    public async Task A_commit_on_a_cached_record_needs_no_read()
    {
        await engine.HandleAsync(M, FourPages);
        await CacheAsync();

        var decision = await engine.HandleAsync(M, FourPages with { BoughtPages = 2 });

        Assert.Equal(2, Assert.IsType<Decision.Changed>(decision).Record.Revision);
        Assert.Equal(0, reads);
    }

    [Fact]
    public async Task A_commit_on_a_stale_cached_record_is_decided_again_on_the_current_record()
    {
        using var commits = engine.Collect("connectionstate.commits");
        await engine.HandleAsync(M, FourPages);
        await CacheAsync();
        await engine.HandleAsync(M, FourPages with { BoughtPages = 2 });

        var decision = await engine.HandleAsync(M, new Command.BeginConnect(Engine.Origin, "session-1", Provider.Facebook, null));

        var record = Assert.IsType<Decision.Changed>(decision).Record;
        Assert.Equal((3, 2), (record.Revision, record.BoughtPages));
        Assert.Equal(1, commits.Conflicts());
    }

    [Fact]
    public async Task A_command_is_not_refused_on_a_stale_cached_record()
    {
        foreach (var number in Enumerable.Range(1, 3))
        {
            await engine.ConnectAsync(M, Pages.Fanpage(number));
        }

        await CacheAsync();
        await engine.HandleAsync(M, FourPages);

        var decision = await engine.HandleAsync(M, new Command.BeginConnect(Engine.Origin, "session-1", Provider.Facebook, null));

        Assert.IsType<Decision.Changed>(decision);
    }

    [Fact]
    public async Task A_refusal_is_decided_on_a_record_that_was_read_for_it()
    {
        await engine.HandleAsync(M, FourPages);
        await CacheAsync();

        var decision = await engine.HandleAsync(M, new Command.Disconnect(Engine.Origin, Pages.Fanpage(1)));

        Assert.IsType<Decision.Refused>(decision);
        Assert.Equal(1, reads);
    }

    [Fact]
    public async Task A_command_that_changes_nothing_is_decided_on_a_record_that_was_read_for_it()
    {
        await engine.HandleAsync(M, FourPages);
        await CacheAsync();
        await engine.HandleAsync(M, FourPages with { BoughtPages = 2 });
        var before = reads;

        var decision = await engine.HandleAsync(M, FourPages);

        // In the cached record, the same number of pages is bought. Deciding on it would change nothing, which is wrong by now.
        Assert.Equal(3, Assert.IsType<Decision.Changed>(decision).Record.Revision);
        Assert.Equal(before + 1, reads);
    }

    [Fact]
    public async Task A_repeated_request_is_answered_from_a_record_that_was_read_for_it()
    {
        var grant = Engine.Grant(await engine.RequestAsync(M, Pages.Fanpage(1)), requestId: "request-1");
        await engine.HandleAsync(M, grant);
        await CacheAsync();
        await engine.HandleAsync(M, new Command.Disconnect(Engine.Origin, Pages.Fanpage(1)));

        var decision = await engine.HandleAsync(M, grant);

        Assert.Equal((await engine.ReadAsync(M)).Revision, Assert.IsType<Decision.Repeated>(decision).Record.Revision);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_cached_record_does_not_use_up_an_attempt(bool isStale)
    {
        await engine.DisposeAsync();
        engine = await StartAsync(new StoreOptions { CommitAttempts = 1 });
        await engine.HandleAsync(M, FourPages);
        await CacheAsync();
        if (isStale)
        {
            engine.Store.Cache = null;
            await engine.HandleAsync(M, FourPages with { BoughtPages = 2 });
            await CacheAsync(new StoredMerchant(MerchantRecord.Unknown(M), 0));
        }

        Assert.Equal(
            new Decision.Refused(new Fault.ConnectionNotFound(Pages.Fanpage(1))),
            await engine.HandleAsync(M, new Command.Disconnect(Engine.Origin, Pages.Fanpage(1))));
        Assert.IsType<Decision.Changed>(await engine.HandleAsync(M, FourPages with { BoughtPages = 3 }));
    }

    private async Task<Engine> StartAsync(StoreOptions options)
    {
        var started = await Engine.StartAsync(options);
        started.Store.Before = method =>
        {
            reads += method == nameof(IConnectionStore.ReadAsync) ? 1 : 0;
            return Task.CompletedTask;
        };
        return started;
    }

    // Caches the current record; it becomes stale with the next commit.
    private async Task CacheAsync(StoredMerchant? record = null)
    {
        var stored = record ?? await engine.Store.ReadAsync(M, CancellationToken.None);
        engine.Store.Cache = merchantId => merchantId == M ? stored : null;
        reads = 0;
    }
}
