namespace ConnectionStateService.SystemTests.Support;

/// <summary>
/// A slot on its way from one primary to another. Until it is finished, the source answers ASK for keys that it no longer has, and both
/// answer TRYAGAIN for several keys of which only some have moved.
/// </summary>
internal sealed class SlotMove
{
    private const int Batch = 100;
    private const int MigrationTimeout = 5000;

    private readonly RedisServer source;
    private readonly RedisServer target;
    private readonly string targetId;

    private SlotMove(RedisServer source, RedisServer target, string targetId, int slot)
    {
        this.source = source;
        this.target = target;
        this.targetId = targetId;
        Slot = slot;
    }

    public int Slot { get; }

    public static async Task<SlotMove> BeginAsync(RedisServer source, RedisServer target, int slot)
    {
        var sourceId = (await source.CommandAsync("CLUSTER", "MYID")).Text;
        var targetId = (await target.CommandAsync("CLUSTER", "MYID")).Text;
        await target.CommandAsync("CLUSTER", "SETSLOT", slot, "IMPORTING", sourceId);
        await source.CommandAsync("CLUSTER", "SETSLOT", slot, "MIGRATING", targetId);
        return new SlotMove(source, target, targetId, slot);
    }

    /// <summary>Moves some keys, whichever they are, and says how many there were.</summary>
    public async Task<int> MoveSomeAsync(int count)
    {
        var keys = (await source.CommandAsync("CLUSTER", "GETKEYSINSLOT", Slot, count)).Items;
        if (keys.Count > 0)
        {
            await MigrateAsync(keys.Select(object (key) => key.Bytes!));
        }

        return keys.Count;
    }

    public Task MoveAsync(params string[] keys) => MigrateAsync(keys);

    /// <summary>Moves the keys that are left, and gives the slot to the target.</summary>
    public async Task FinishAsync(IEnumerable<RedisServer> otherPrimaries)
    {
        while (await MoveSomeAsync(Batch) > 0)
        {
        }

        // The target first: whoever asks the source after that is sent to one that knows that it owns the slot.
        foreach (var primary in new[] { target, source }.Concat(otherPrimaries))
        {
            await primary.CommandAsync("CLUSTER", "SETSLOT", Slot, "NODE", targetId);
        }
    }

    private Task<RedisReply> MigrateAsync(IEnumerable<object> keys) =>
        source.CommandAsync(["MIGRATE", "127.0.0.1", target.Port, "", 0, MigrationTimeout, "KEYS", .. keys]);
}
