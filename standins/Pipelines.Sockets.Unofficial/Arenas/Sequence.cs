namespace Pipelines.Sockets.Unofficial.Arenas;

/// <summary>A stretch of memory whose type is not named, so that what it holds may hold one.</summary>
public readonly struct Sequence
{
    private readonly Array? array;
    private readonly int offset;
    private readonly int length;

    internal Sequence(Array? array, int offset, int length)
    {
        this.array = array;
        this.offset = offset;
        this.length = length;
    }

    public long Length => length;

    public bool IsEmpty => length == 0;

    /// <exception cref="InvalidCastException">It holds something else.</exception>
    public Sequence<T> Cast<T>() => new((T[]?)array, offset, length);
}
