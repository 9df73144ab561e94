using System.Runtime.CompilerServices;

namespace Pipelines.Sockets.Unofficial.Arenas;

/// <summary>Memory for many short lists that are let go of together.</summary>
public sealed class Arena<T> : IDisposable
{
    private const int UsualBlockBytes = 64 * 1024;

    private readonly bool clears;
    private readonly T[] first;
    private T[] block;
    private int used;

    public Arena(ArenaOptions? options = null, Allocator<T>? allocator = null)
    {
        if (allocator is not null)
        {
            throw new NotSupportedException("An arena takes its memory from arrays only.");
        }

        var bytes = options is { BlockSizeBytes: > 0 } ? options.BlockSizeBytes : UsualBlockBytes;
        first = block = new T[Math.Max(1, bytes / Unsafe.SizeOf<T>())];

        // What is no longer in use must not keep anything else alive.
        clears = RuntimeHelpers.IsReferenceOrContainsReferences<T>() || options?.Flags.HasFlag(ArenaFlags.ClearAtReset) == true;
    }

    /// <summary>One stretch of memory, good until <see cref="Reset"/>.</summary>
    public Sequence<T> Allocate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        if (length > block.Length - used)
        {
            block = new T[Math.Max(first.Length, length)];
            used = 0;
        }

        var sequence = new Sequence<T>(block, used, length);
        used += length;
        return sequence;
    }

    /// <summary>Lets go of everything that was allocated, and keeps one block for what comes next.</summary>
    public void Reset()
    {
        if (clears)
        {
            Array.Clear(first, 0, block == first ? used : first.Length);
        }

        block = first;
        used = 0;
    }

    public void Dispose() => Reset();
}
