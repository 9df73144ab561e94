using ConnectionStateService.V1;

namespace ConnectionStateService.Client;

/// <summary>A caller that waits until a page list satisfies a condition.</summary>
internal sealed class CacheWaiter(Func<PageList, bool> predicate)
{
    private readonly TaskCompletionSource<CachedPageList> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<CachedPageList> Completion => completion.Task;

    /// <summary>Ends the wait if the list satisfies the condition or the predicate throws.</summary>
    public void TryComplete(CachedPageList list)
    {
        try
        {
            if (!completion.Task.IsCompleted && predicate(list.PageList))
            {
                completion.TrySetResult(list);
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    public void Fail(Exception exception) => completion.TrySetException(exception);
}
