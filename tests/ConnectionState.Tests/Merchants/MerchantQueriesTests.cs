using ConnectionStateService.Core;
using ConnectionStateService.Store;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Merchants;

public sealed class MerchantQueriesTests
{
    private const string M = "merchant-1";

    [Fact]
    public async Task ListChanges_stops_between_two_batches_if_it_is_canceled()
    {
        await using var engine = await Engine.StartAsync();
        for (var pages = 1; pages <= 300; pages++)
        {
            await engine.HandleAsync(M, new Command.SetPlan(Engine.Origin, Plan.Standard, pages));
        }

        using var cancellation = new CancellationTokenSource();
        var reads = 0;
        engine.Store.After = method =>
        {
            reads += method == nameof(IConnectionStore.ReadCommitsAsync) ? 1 : 0;
            cancellation.Cancel();
            return Task.CompletedTask;
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => engine.Queries.ListChangesAsync(M, page: null, after: default, limit: int.MaxValue, cancellation.Token));

        Assert.Equal(1, reads);
    }
}
