namespace Pipelines.Sockets.Unofficial.Arenas;

/// <summary>A stretch of memory. Always one segment here.</summary>
public readonly struct Sequence<T>
{
    private readonly T[]? array;
    private readonly int offset;
    private readonly int length;

    internal Sequence(T[]? array, int offset, int length)
    {
        this.array = array;
        this.offset = offset;
        this.length = length;
    }

    public long Length => length;

    public bool IsEmpty => length == 0;

    public bool IsSingleSegment => true;

    public Span<T> FirstSpan => new(array, offset, length);

    public SpanEnumerable Spans => new(this);

    public ref T this[int index] => ref FirstSpan[index];

    public Sequence Untyped() => new(array, offset, length);

    public Enumerator GetEnumerator() => new(FirstSpan);

    public ref struct Enumerator
    {
        private readonly Span<T> span;
        private int index = -1;

        internal Enumerator(Span<T> span) => this.span = span;

        public readonly ref T Current => ref span[index];

        public bool MoveNext()
        {
            if (index >= span.Length)
            {
                return false;
            }

            index++;
            return index < span.Length;
        }

        /// <exception cref="IndexOutOfRangeException">There is no next one.</exception>
        public ref T GetNext()
        {
            MoveNext();
            return ref Current;
        }
    }

    public readonly ref struct SpanEnumerable
    {
        private readonly Sequence<T> sequence;

        internal SpanEnumerable(Sequence<T> sequence) => this.sequence = sequence;

        public SpanEnumerator GetEnumerator() => new(sequence);
    }

    /// <summary>The one span, if there is anything in it.</summary>
    public ref struct SpanEnumerator
    {
        private Sequence<T> next;

        internal SpanEnumerator(Sequence<T> sequence) => next = sequence;

        public Span<T> Current { get; private set; }

        public bool MoveNext()
        {
            Current = next.FirstSpan;
            next = default;
            return !Current.IsEmpty;
        }
    }
}
