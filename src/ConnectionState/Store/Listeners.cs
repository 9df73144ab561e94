using System.Collections.Immutable;

namespace ConnectionState.Store;

/// <summary>Who is told of commits in this process.</summary>
internal sealed class Listeners
{
    private ImmutableList<Action<string>> all = [];

    /// <summary>Adds one, until the answer is disposed of.</summary>
    public IDisposable Add(Action<string> heard)
    {
        ImmutableInterlocked.Update(ref all, list => list.Add(heard));
        return new Entry(this, heard);
    }

    /// <summary>Tells all of a commit of a merchant.</summary>
    public void Tell(string merchantId)
    {
        foreach (var heard in all)
        {
            heard(merchantId);
        }
    }

    private sealed class Entry(Listeners listeners, Action<string> heard) : IDisposable
    {
        public void Dispose() => ImmutableInterlocked.Update(ref listeners.all, list => list.Remove(heard));
    }
}
