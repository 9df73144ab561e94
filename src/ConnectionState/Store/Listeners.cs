using System.Collections.Immutable;

namespace ConnectionState.Store;

/// <summary>Who is told of commits in this process.</summary>
internal sealed partial class Listeners(ILogger logger)
{
    private ImmutableList<Entry> all = [];

    /// <summary>Adds one, until the answer is disposed of.</summary>
    public IDisposable Add(Action<string> heard)
    {
        var entry = new Entry(this, heard);
        ImmutableInterlocked.Update(ref all, list => list.Add(entry));
        return entry;
    }

    /// <summary>Tells all of a commit of a merchant. Never fails: the commit is stored, whatever becomes of the news.</summary>
    public void Tell(string merchantId)
    {
        foreach (var entry in all)
        {
            try
            {
                entry.Heard(merchantId);
            }
            catch (Exception e)
            {
                Log.Bug(logger, merchantId, e);
            }
        }
    }

    private sealed class Entry(Listeners listeners, Action<string> heard) : IDisposable
    {
        public Action<string> Heard => heard;

        public void Dispose() => ImmutableInterlocked.Update(ref listeners.all, list => list.Remove(this));
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Error, "Somebody who listens to commits failed on one of merchant {Merchant}: a bug.")]
        public static partial void Bug(ILogger logger, string merchant, Exception exception);
    }
}
