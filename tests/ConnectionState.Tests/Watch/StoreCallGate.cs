namespace ConnectionStateService.Tests.Watch;

/// <summary>Pauses the first call of a store method, before the call or before its result is returned.</summary>
internal sealed class StoreCallGate(string method)
{
    // Reached only by a test that hangs.
    private static readonly TimeSpan HangBound = TimeSpan.FromMinutes(1);

    private readonly TaskCompletionSource reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Waits until the call is paused.</summary>
    public Task UntilReachedAsync() => reached.Task.WaitAsync(HangBound);

    /// <summary>Resumes the call.</summary>
    public void Open() => released.TrySetResult();

    /// <summary>The hook for <c>InterceptedStore.Before</c> or <c>After</c>.</summary>
    public Task PassAsync(string called) =>
        called == method && reached.TrySetResult() ? released.Task.WaitAsync(HangBound) : Task.CompletedTask;
}
