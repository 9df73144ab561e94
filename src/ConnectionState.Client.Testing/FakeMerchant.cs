using System.Threading.Channels;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Client.Testing;

/// <summary>A merchant of the fake: its page list, whether it is live, and its watches. Guarded by the fake's lock.</summary>
internal sealed class FakeMerchant(string merchantId, object gate)
{
    private readonly List<Channel<PageListUpdate>> watches = [];
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool isLive = true;
    private TimeSpan age;
    private bool isSet;
    private RpcException? failure;

    public PageList PageList { get; private set; } = new() { MerchantId = merchantId, Quota = new() };

    private string Token => $"fake-{PageList.Revision}";

    /// <summary>The cached list, or null if the test has set none, and a task that completes with the next change.</summary>
    public (CachedPageList? Cached, Task Changed) Read()
    {
        lock (gate)
        {
            return (isSet ? new CachedPageList(PageList, isLive, age) : null, changed.Task);
        }
    }

    public Channel<PageListUpdate> Watch()
    {
        var channel = Channel.CreateUnbounded<PageListUpdate>();
        lock (gate)
        {
            channel.Writer.TryWrite(isLive
                ? PageListUpdate.FromSnapshot(PageList, SnapshotReason.Initial, Token)
                : PageListUpdate.FromFailure(isSet ? PageList : null, failure, isSet ? Token : null));
            watches.Add(channel);
        }

        return channel;
    }

    public void Unwatch(Channel<PageListUpdate> channel)
    {
        lock (gate)
        {
            watches.Remove(channel);
        }
    }

    public void Set(PageList list, IReadOnlyList<Change> changes, bool isUp)
    {
        list.Revision = PageList.Revision + 1;
        foreach (var change in changes)
        {
            change.Revision = list.Revision;
        }

        (PageList, isSet) = (list, true);
        if (isUp)
        {
            (isLive, age, failure) = (true, TimeSpan.Zero, null);
            Publish(changes.Count > 0
                ? PageListUpdate.FromChanges(list, changes, Token)
                : PageListUpdate.FromSnapshot(list, SnapshotReason.HistoryTrimmed, Token));
        }
    }

    public void MakeStale(TimeSpan by, RpcException reason)
    {
        (isLive, age, failure) = (false, age + by, reason);
        Publish(PageListUpdate.FromFailure(isSet ? PageList : null, reason, isSet ? Token : null));
    }

    public void Confirm()
    {
        (isLive, age, failure) = (true, TimeSpan.Zero, null);
        Publish(PageListUpdate.FromCheckpoint(PageList, Token));
    }

    private void Publish(PageListUpdate update)
    {
        watches.ForEach(channel => channel.Writer.TryWrite(update));
        var done = changed;
        changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        done.TrySetResult();
    }
}
