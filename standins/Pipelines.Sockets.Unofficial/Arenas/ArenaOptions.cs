namespace Pipelines.Sockets.Unofficial.Arenas;

[Flags]
public enum ArenaFlags
{
    None = 0,
    ClearAtReset = 1,
    ClearAtDispose = 2,
    PreferUnmanaged = 4,
    PreferPinned = 8,
    BlittableNonPaddedSharing = 16,
    BlittablePaddedSharing = 32,
}

/// <param name="flags">Only <see cref="ArenaFlags.ClearAtReset"/> changes anything here.</param>
/// <param name="blockSizeBytes">How much is taken at a time; 0 for a good size.</param>
/// <param name="retentionPolicy">Not asked: one block is kept.</param>
public sealed class ArenaOptions(
    ArenaFlags flags = ArenaFlags.None, int blockSizeBytes = 0, Func<long, long, long>? retentionPolicy = null)
{
    public ArenaFlags Flags => flags;

    public int BlockSizeBytes => blockSizeBytes;

    public Func<long, long, long>? RetentionPolicy => retentionPolicy;
}
