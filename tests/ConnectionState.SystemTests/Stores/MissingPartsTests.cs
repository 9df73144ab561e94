using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Store.Redis;
using ConnectionStateService.SystemTests.Support;
using ConnectionStateService.Tests.Support;
using Microsoft.Extensions.Options;

namespace ConnectionStateService.SystemTests.Stores;

/// <summary>Commands that need a part of a merchant which the commits before them have not loaded.</summary>
public sealed class MissingPartsTests : IAsyncLifetime
{
    private const string M = "merchant-1";

    private RedisServer server = null!;
    private RedisStore store = null!;
    private Engine engine = null!;

    public async Task InitializeAsync()
    {
        server = await RedisServer.StartAsync();
        store = await OpenAsync();
        engine = await Engine.StartAsync(new StoreOptions { CommitAttempts = 3 });
    }

    public async Task DisposeAsync()
    {
        await engine.DisposeAsync();
        await store.DisposeAsync();
        await server.DisposeAsync();
    }

    [Fact]
    public async Task A_command_that_needs_candidates_is_carried_out_while_others_keep_committing_without_them()
    {
        await OfferAsync();
        await using var other = await OpenAsync();
        Assert.False((await other.ReadAsync(M, MerchantParts.PageList, default)).Record.Parts.HasFlag(MerchantParts.Candidates));
        var intercepted = new InterceptedStore(other);
        var handler = engine.NewHandler(intercepted);
        var plans = new List<Task<Decision>>();
        var sent = new TaskCompletionSource();
        intercepted.Before = async method =>
        {
            if (method == nameof(IConnectionStore.CommitAsync))
            {
                sent.TrySetResult();
            }
            else if (method == nameof(IConnectionStore.ReadAsync))
            {
                // Before each read, another command commits, unless it is not its turn.
                sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                plans.Add(handler.HandleAsync(M, Plan(plans.Count + 1), CancellationToken.None));
                await Task.WhenAny(sent.Task, Task.Delay(TimeSpan.FromMilliseconds(200)));
            }
        };

        // The store answers late, so the next attempt finds that commit on its way.
        intercepted.After = method => method == nameof(IConnectionStore.CommitAsync) ? Task.Delay(TimeSpan.FromMilliseconds(300)) : Task.CompletedTask;

        var begun = await handler
            .HandleAsync(M, new Command.BeginConnect(Engine.Origin, "session-2", Provider.Zalo, null), CancellationToken.None).WaitAsync(Eventually.Patience);

        Assert.IsType<Decision.Changed>(begun);
        Assert.All(await Task.WhenAll(plans).WaitAsync(Eventually.Patience), decision => Assert.IsType<Decision.Changed>(decision));
        Assert.InRange(plans.Count, 1, 2);
        var record = (await store.ReadAsync(M, MerchantParts.All, default)).Record;
        Assert.Equal([1, 0], record.Sessions.Select(session => session.Candidates.Length));
        Assert.Equal(plans.Count, record.BoughtPages);
    }

    private static Command.SetPlan Plan(int boughtPages) => new(Engine.Origin, ConnectionStateService.Core.Plan.Standard, boughtPages);

    private async Task<RedisStore> OpenAsync()
    {
        var opened = new RedisStore(Options.Create(server.NewStoreOptions()), TimeProvider.System);
        await opened.OpenAsync(CancellationToken.None);
        return opened;
    }

    private async Task OfferAsync()
    {
        var handler = engine.NewHandler(store);
        await handler.HandleAsync(M, new Command.BeginConnect(Engine.Origin, "session-1", Provider.Facebook, null), CancellationToken.None);
        Candidate[] candidates = [new Candidate("page-1", "A page", PageRole.Editor, [])];
        await handler.HandleAsync(
            M,
            new Command.SubmitAccount(Engine.Origin, "session-1", new Account("person", "A Person", IsPersonal: true), [.. candidates], Complete: false),
            CancellationToken.None);
    }
}
