using ConnectionStateService.Store;

namespace ConnectionStateService.Rpc.Standard;

/// <summary>Whether the service can serve: whether its store can.</summary>
internal sealed partial class Readiness(IConnectionStore store, TimeProvider clock, ILogger<Readiness> logger)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public async Task<bool> CheckAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await store.CheckAsync(either.Token);
            return true;
        }
        catch (Exception e) when (e is StoreUnavailableException || (e is OperationCanceledException && patience.IsCancellationRequested))
        {
            Log.NotReady(logger, e);
            return false;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Not ready: the store does not answer.")]
        public static partial void NotReady(ILogger logger, Exception exception);
    }
}
