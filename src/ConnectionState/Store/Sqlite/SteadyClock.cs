namespace ConnectionStateService.Store.Sqlite;

/// <summary>The clock of the machine in whole milliseconds, without its small steps back.</summary>
internal sealed class SteadyClock(TimeProvider clock)
{
    private readonly MonotonicClamp standstill = new();

    public DateTimeOffset Now => StoreTime.ToTime(standstill.Follow(clock.GetUtcNow().ToUnixTimeMilliseconds()));
}
