namespace ConnectionStateService.Tests.Watch.Hub;

/// <summary>Keeps the first call of one method of the store waiting, before it is made or with its answer in hand.</summary>
internal sealed class StoreCallGate(string method)
{
    // Far longer than anything takes: it only ends a test that would hang.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Waits until the call is there.</summary>
    public Task ReachedAsync() => reached.Task.WaitAsync(Patience);

    public void Release() => released.TrySetResult();

    /// <summary>The hook for the store.</summary>
    public Task PassAsync(string called) =>
        called == method && reached.TrySetResult() ? released.Task.WaitAsync(Patience) : Task.CompletedTask;
}
