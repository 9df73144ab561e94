using System.Collections.Immutable;

namespace ConnectionStateService.Store;

/// <summary>The subscribers to commits in this process.</summary>
internal sealed partial class CommitSubscribers(ILogger logger)
{
    private ImmutableList<Subscription> subscriptions = [];

    /// <summary>Adds a subscriber, until the returned object is disposed.</summary>
    public IDisposable Add(Action<string> onCommit, Action onMissed)
    {
        var subscription = new Subscription(this, onCommit, onMissed);
        ImmutableInterlocked.Update(ref subscriptions, list => list.Add(subscription));
        return subscription;
    }

    /// <summary>Notifies all subscribers of a commit. Never throws: the commit is stored whatever a subscriber does.</summary>
    public void Notify(string merchantId) => ForEach(subscription => subscription.OnCommit(merchantId));

    /// <summary>Notifies all subscribers that notifications may have been lost. Never throws.</summary>
    public void NotifyMissed() => ForEach(subscription => subscription.OnMissed());

    private void ForEach(Action<Subscription> notify)
    {
        foreach (var subscription in subscriptions)
        {
            try
            {
                notify(subscription);
            }
            catch (Exception e)
            {
                Log.SubscriberFailed(logger, e);
            }
        }
    }

    private sealed class Subscription(CommitSubscribers owner, Action<string> onCommit, Action onMissed) : IDisposable
    {
        public Action<string> OnCommit => onCommit;

        public Action OnMissed => onMissed;

        public void Dispose() => ImmutableInterlocked.Update(ref owner.subscriptions, list => list.Remove(this));
    }

    private static partial class Log
    {
        [LoggerMessage(6001, LogLevel.Error, "Internal error in a subscriber to commits.")]
        public static partial void SubscriberFailed(ILogger logger, Exception exception);
    }
}
