namespace Pipelines.Sockets.Unofficial.Arenas;

/// <summary>Where an arena would take its memory from. There is none to be had: arrays serve.</summary>
public abstract class Allocator<T>
{
    private protected Allocator()
    {
    }
}
