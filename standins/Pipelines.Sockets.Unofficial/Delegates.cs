using System.Collections;

namespace Pipelines.Sockets.Unofficial;

/// <summary>Goes through the handlers of an event without an array for them.</summary>
public static class Delegates
{
    public static bool IsSingle(MulticastDelegate handler)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return handler.HasSingleTarget;
    }

    /// <summary>Its handlers in order; none for null.</summary>
    public static DelegateEnumerable<T> AsEnumerable<T>(this T handler)
        where T : MulticastDelegate => new(handler);

    public readonly struct DelegateEnumerable<T> : IEnumerable<T>
        where T : MulticastDelegate
    {
        private readonly T? handler;

        internal DelegateEnumerable(T? handler) => this.handler = handler;

        public DelegateEnumerator<T> GetEnumerator() => new(handler);

        IEnumerator<T> IEnumerable<T>.GetEnumerator() => GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    public struct DelegateEnumerator<T> : IEnumerator<T>
        where T : MulticastDelegate
    {
        private readonly T? handler;
        private Delegate.InvocationListEnumerator<T> inner;

        internal DelegateEnumerator(T? handler)
        {
            this.handler = handler;
            inner = Delegate.EnumerateInvocationList(handler);
        }

        public readonly T Current => inner.Current;

        readonly object IEnumerator.Current => Current;

        public bool MoveNext() => inner.MoveNext();

        public void Reset() => inner = Delegate.EnumerateInvocationList(handler);

        public readonly void Dispose()
        {
        }
    }
}
