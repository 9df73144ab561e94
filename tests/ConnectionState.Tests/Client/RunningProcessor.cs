using ConnectionStateService.Client;
using ConnectionStateService.Tests.Support;

namespace ConnectionStateService.Tests.Client;

/// <summary>Runs a processor of the feed until it is disposed.</summary>
internal sealed class RunningProcessor : IAsyncDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private readonly Task running;

    public RunningProcessor(FeedProcessor processor) => running = processor.RunAsync(stopping.Token);

    public async ValueTask DisposeAsync()
    {
        await stopping.CancelAsync();
        await running.WaitAsync(Eventually.Patience);
        stopping.Dispose();
    }
}
