using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Store;

/// <summary>A store that remembers merchants saves reads, and is never believed: what it remembers may be old.</summary>
public sealed class RecallingTests : IAsyncLifetime
{
    private const string M = "merchant-1";
    private static readonly Command.SetPlan FourPages = new(Engine.Origin, Plan.Standard, 1);

    private Engine engine = null!;
    private int reads;

    public async Task InitializeAsync() => engine = await StartAsync(new StoreOptions());

    public async Task DisposeAsync() => await engine.DisposeAsync();

    [Fact]
    public async Task A_commit_on_what_is_remembered_needs_no_read()
    {
        await engine.HandleAsync(M, FourPages);
        await RememberAsync();

        var decision = await engine.HandleAsync(M, FourPages with { BoughtPages = 2 });

        Assert.Equal(2, Assert.IsType<Decision.Changed>(decision).Record.Revision);
        Assert.Equal(0, reads);
    }

    [Fact]
    public async Task A_commit_on_something_old_is_decided_again_on_what_there_is()
    {
        using var lost = new CounterReading(engine.Meters, "connectionstate.commits.lost");
        await engine.HandleAsync(M, FourPages);
        await RememberAsync();
        await engine.HandleAsync(M, FourPages with { BoughtPages = 2 });

        var decision = await engine.HandleAsync(M, new Command.BeginConnect(Engine.Origin, "session-1", Provider.Facebook, null));

        var record = Assert.IsType<Decision.Changed>(decision).Record;
        Assert.Equal((3, 2), (record.Revision, record.BoughtPages));
        Assert.Equal(1, lost.Total);
    }

    [Fact]
    public async Task A_command_is_not_refused_because_of_what_is_remembered()
    {
        foreach (var number in Enumerable.Range(1, 3))
        {
            await engine.ConnectAsync(M, Pages.Fanpage(number));
        }

        await RememberAsync();
        await engine.HandleAsync(M, FourPages);

        var decision = await engine.HandleAsync(M, new Command.BeginConnect(Engine.Origin, "session-1", Provider.Facebook, null));

        Assert.IsType<Decision.Changed>(decision);
    }

    [Fact]
    public async Task A_refusal_is_made_of_what_was_read_for_it()
    {
        await engine.HandleAsync(M, FourPages);
        await RememberAsync();

        var decision = await engine.HandleAsync(M, new Command.Disconnect(Engine.Origin, Pages.Fanpage(1)));

        Assert.IsType<Decision.Refused>(decision);
        Assert.Equal(1, reads);
    }

    [Fact]
    public async Task A_command_that_changes_nothing_is_answered_from_what_was_read_for_it()
    {
        await engine.HandleAsync(M, FourPages);
        await RememberAsync();
        await engine.HandleAsync(M, FourPages with { BoughtPages = 2 });
        var before = reads;

        var decision = await engine.HandleAsync(M, FourPages);

        // One page was bought according to what is remembered: that nothing changes would be wrong by now.
        Assert.Equal(3, Assert.IsType<Decision.Changed>(decision).Record.Revision);
        Assert.Equal(before + 1, reads);
    }

    [Fact]
    public async Task A_repeat_is_answered_from_what_was_read_for_it()
    {
        var grant = Engine.Grant(await engine.RequestAsync(M, Pages.Fanpage(1)), requestId: "request-1");
        await engine.HandleAsync(M, grant);
        await RememberAsync();
        await engine.HandleAsync(M, new Command.Disconnect(Engine.Origin, Pages.Fanpage(1)));

        var decision = await engine.HandleAsync(M, grant);

        Assert.Equal((await engine.ReadAsync(M)).Revision, Assert.IsType<Decision.Repeated>(decision).Record.Revision);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_remembered_costs_no_attempt(bool isOld)
    {
        await engine.DisposeAsync();
        engine = await StartAsync(new StoreOptions { CommitAttempts = 1 });
        await engine.HandleAsync(M, FourPages);
        await RememberAsync();
        if (isOld)
        {
            engine.Store.Memory = null;
            await engine.HandleAsync(M, FourPages with { BoughtPages = 2 });
            await RememberAsync(new StoredMerchant(MerchantRecord.Unknown(M), 0));
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

    // From now on, and whatever becomes of the merchant.
    private async Task RememberAsync(StoredMerchant? what = null)
    {
        var stored = what ?? await engine.Store.ReadAsync(M, CancellationToken.None);
        engine.Store.Memory = merchantId => merchantId == M ? stored : null;
        reads = 0;
    }
}
