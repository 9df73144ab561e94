namespace ConnectionStateService.SystemTests.Support;

/// <summary>
/// The migration of a slot from one primary to another. Until it is finished, the source replies ASK for keys that have moved, and both
/// reply TRYAGAIN to commands with several keys of which only some have moved.
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

    /// <summary>Moves some keys, and returns how many.</summary>
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

    /// <summary>Moves the remaining keys, and assigns the slot to the target.</summary>
    public async Task FinishAsync(IEnumerable<RedisServer> otherPrimaries)
    {
        while (await MoveSomeAsync(Batch) > 0)
        {
        }

        // The target first: a client that the source redirects must find a target that knows that it owns the slot.
        foreach (var primary in new[] { target, source }.Concat(otherPrimaries))
        {
            await primary.CommandAsync("CLUSTER", "SETSLOT", Slot, "NODE", targetId);
        }
    }

    private Task<RedisReply> MigrateAsync(IEnumerable<object> keys) =>
        source.CommandAsync(["MIGRATE", "127.0.0.1", target.Port, "", 0, MigrationTimeout, "KEYS", .. keys]);
}
