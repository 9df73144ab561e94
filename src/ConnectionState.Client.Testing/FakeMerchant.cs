using System.Threading.Channels;
using ConnectionStateService.V1;
using Grpc.Core;

namespace ConnectionStateService.Client.Testing;

/// <summary>
/// A merchant of the fake: the server's page list, the list that cache and watches have received, and the watches. Guarded by the fake's
/// lock.
/// </summary>
internal sealed class FakeMerchant : IDisposable
{
    private readonly object gate;
    private readonly List<Channel<PageListUpdate>> watches = [];

    // The changes of the server's list that have not been received, and whether it was replaced as a whole meanwhile.
    private readonly List<Change> pending = [];
    private bool isReplaced;
    private TaskCompletionSource changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private PageList? received;
    private bool isLive;
    private TimeSpan age;
    private RpcException? failure;
    private bool isDisposed;

    /// <summary>Creates a merchant with an empty list.</summary>
    /// <param name="merchantId">The merchant's id.</param>
    /// <param name="gate">The fake's lock.</param>
    /// <param name="outage">The failure while the server is down, or null while it is up.</param>
    public FakeMerchant(string merchantId, object gate, RpcException? outage)
    {
        (this.gate, isLive, failure) = (gate, outage is null, outage);
        PageList = new() { MerchantId = merchantId, Quota = new() };
        received = isLive ? PageList : null;
    }

    /// <summary>The server's list.</summary>
    public PageList PageList { get; private set; }

    private string Token => $"fake-{received?.Revision}";

    /// <summary>The cached list, or null if the test has set none, and a task that completes with the next update.</summary>
    public (CachedPageList? Cached, Task Changed) Read()
    {
        lock (gate)
        {
            return (received is { Revision: > 0 } ? new CachedPageList(received, isLive, age) : null, changed.Task);
        }
    }

    public Channel<PageListUpdate> Watch()
    {
        var channel = Channel.CreateUnbounded<PageListUpdate>();
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(isDisposed, typeof(ConnectionStateClient));
            channel.Writer.TryWrite(isLive ? PageListUpdate.FromSnapshot(received!, SnapshotReason.Initial, Token) : Stale());
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

    /// <summary>Sets the server's list. Cache and watches receive it at once if they are live.</summary>
    /// <param name="list">The list.</param>
    /// <param name="changes">The changes that led to it, or none to replace the list as a whole.</param>
    public void Set(PageList list, IReadOnlyList<Change> changes)
    {
        list.Revision = PageList.Revision + 1;
        foreach (var change in changes)
        {
            change.Revision = list.Revision;
        }

        PageList = list;
        pending.AddRange(changes);
        isReplaced |= changes.Count == 0;
        if (isLive)
        {
            MakeLive();
        }
    }

    public void MakeStale(TimeSpan by, RpcException reason)
    {
        (isLive, age, failure) = (false, age + by, reason);
        Publish(Stale());
    }

    /// <summary>Makes cache and watches live: they receive the changes since they were live, or a confirmation.</summary>
    public void MakeLive()
    {
        var before = received;
        (received, isLive, age, failure) = (PageList, true, TimeSpan.Zero, null);
        Publish((before, isReplaced) switch
        {
            (null, _) => PageListUpdate.FromSnapshot(received, SnapshotReason.Initial, Token),
            (_, true) => PageListUpdate.FromSnapshot(received, SnapshotReason.HistoryTrimmed, Token),
            _ when pending.Count > 0 => PageListUpdate.FromChanges(received, [.. pending], Token),
            _ => PageListUpdate.FromCheckpoint(received, Token),
        });
        pending.Clear();
        isReplaced = false;
    }

    /// <summary>Ends watches and waits with an <see cref="ObjectDisposedException"/>.</summary>
    public void Dispose()
    {
        isDisposed = true;
        var exception = new ObjectDisposedException(typeof(ConnectionStateClient).FullName);
        watches.ForEach(channel => channel.Writer.TryComplete(exception));
        changed.TrySetException(exception);
    }

    private PageListUpdate Stale() => PageListUpdate.FromFailure(received, failure, received is null ? null : Token);

    private void Publish(PageListUpdate update)
    {
        watches.ForEach(channel => channel.Writer.TryWrite(update));
        var done = changed;
        changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        done.TrySetResult();
    }
}
