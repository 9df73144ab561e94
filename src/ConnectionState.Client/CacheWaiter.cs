using ConnectionStateService.V1;

namespace ConnectionStateService.Client;

/// <summary>Somebody who waits until a page list is as it should be.</summary>
internal sealed class CacheWaiter(Func<PageList, bool> predicate)
{
    private readonly TaskCompletionSource<CachedPageList> found = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task<CachedPageList> Found => found.Task;

    /// <summary>Looks at a list: the wait is over if it is as it should be, or the predicate fails.</summary>
    public void Look(CachedPageList list)
    {
        try
        {
            if (!found.Task.IsCompleted && predicate(list.PageList))
            {
                found.TrySetResult(list);
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    public void Fail(Exception exception) => found.TrySetException(exception);
}
