using System.Collections.Immutable;

namespace ConnectionStateService.Store;

/// <summary>Who is told of commits in this process.</summary>
internal sealed partial class CommitSubscribers(ILogger logger)
{
    private ImmutableList<Entry> all = [];

    /// <summary>Adds one, until the answer is disposed of.</summary>
    public IDisposable Add(Action<string> heard, Action missed)
    {
        var entry = new Entry(this, heard, missed);
        ImmutableInterlocked.Update(ref all, list => list.Add(entry));
        return entry;
    }

    /// <summary>Tells all of a commit of a merchant. Never fails: the commit is stored, whatever becomes of the news.</summary>
    public void Tell(string merchantId) => Tell(entry => entry.Heard(merchantId), merchantId);

    /// <summary>Tells all that commits may have been missed. Never fails either.</summary>
    public void TellMissed() => Tell(entry => entry.Missed(), "(any)");

    private void Tell(Action<Entry> tell, string merchantId)
    {
        foreach (var entry in all)
        {
            try
            {
                tell(entry);
            }
            catch (Exception e)
            {
                Log.Bug(logger, merchantId, e);
            }
        }
    }

    private sealed class Entry(CommitSubscribers listeners, Action<string> heard, Action missed) : IDisposable
    {
        public Action<string> Heard => heard;

        public Action Missed => missed;

        public void Dispose() => ImmutableInterlocked.Update(ref listeners.all, list => list.Remove(this));
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Somebody who listens to commits failed on one of merchant {Merchant}: a bug.")]
        public static partial void Bug(ILogger logger, string merchant, Exception exception);
    }
}
