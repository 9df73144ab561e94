namespace Pipelines.Sockets.Unofficial.Arenas;

public delegate TTo Projection<TFrom, TTo>(in TFrom value);

public delegate TTo Projection<TFrom, TState, TTo>(in TFrom value, in TState state);

public static class SequenceExtensions
{
    public static TTo[] ToArray<TFrom, TTo>(this in Sequence<TFrom> source, Projection<TFrom, TTo> projection)
    {
        var result = new TTo[source.Length];
        source.CopyTo(result, projection);
        return result;
    }

    public static TTo[] ToArray<TFrom, TState, TTo>(
        this in Sequence<TFrom> source, Projection<TFrom, TState, TTo> projection, in TState state)
    {
        ArgumentNullException.ThrowIfNull(projection);
        var from = source.FirstSpan;
        var result = new TTo[from.Length];
        for (var i = 0; i < from.Length; i++)
        {
            result[i] = projection(in from[i], in state);
        }

        return result;
    }

    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public static void CopyTo<TFrom, TTo>(this in Sequence<TFrom> source, Span<TTo> destination, Projection<TFrom, TTo> projection)
    {
        ArgumentNullException.ThrowIfNull(projection);
        var from = source.FirstSpan;
        if (destination.Length < from.Length)
        {
            throw new ArgumentException($"{from.Length} elements do not fit into {destination.Length}.", nameof(destination));
        }

        for (var i = 0; i < from.Length; i++)
        {
            destination[i] = projection(in from[i]);
        }
    }
}
