using System.Collections.Immutable;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// Keeps this process in the fleet by heartbeats, and assigns its share of the partitions after each change of the fleet. Times are those
/// of the server that has the set of members. Two owners of a partition do no harm: they do the same work twice.
/// </summary>
internal sealed partial class FleetMembership(RedisConnection connection, RedisClock clock, DeadlineSchedule schedule, ILogger logger)
    : IAsyncDisposable
{
    /// <summary>How long a process is a member after its last heartbeat.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(2);

    // Cluster: a command uses keys of one slot. Otherwise few commands, none of which holds up others for long.
    private const int PartitionsPerCommand = 64;

    private readonly string processId = Guid.NewGuid().ToString("N");
    private readonly SemaphoreSlim changes = new(0, 1);
    private readonly CancellationTokenSource leaving = new();
    private ImmutableArray<string> members = [];
    private Task heartbeats = Task.CompletedTask;
    private bool isMember;

    /// <summary>The number of partitions that one command may use.</summary>
    public int GroupSize => connection.IsCluster ? 1 : PartitionsPerCommand;

    /// <summary>Joins the fleet. Without an answer of the store, the process is responsible for all partitions after a while.</summary>
    public void Join()
    {
        isMember = true;
        schedule.Assign([], GroupSize);
        heartbeats = Task.Run(RunAsync);
    }

    /// <summary>Leaves the fleet. Further calls have no effect.</summary>
    public async Task LeaveAsync()
    {
        if (!isMember)
        {
            return;
        }

        isMember = false;
        await leaving.CancelAsync();
        await heartbeats;
        schedule.Assign([], GroupSize);
        try
        {
            await connection.ExecuteAsync(
                db => db.ScriptEvaluateAsync(
                    RedisScripts.LeaveFleet, [RedisKeys.Fleet], [processId], CommandFlags.DemandMaster),
                CancellationToken.None);
        }
        catch (Exception e) when (e is StoreUnavailableException or RedisServerException)
        {
            Log.LeaveFailed(logger, Lifetime, e);
        }
    }

    /// <summary>Tells that a process has joined or left the fleet.</summary>
    public void NotifyChanged()
    {
        try
        {
            changes.Release();
        }
        catch (SemaphoreFullException)
        {
            // The next heartbeat is about to be sent anyway.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await LeaveAsync();
        leaving.Dispose();
        changes.Dispose();
    }

    private async Task RunAsync()
    {
        var answeredAt = Environment.TickCount64;
        while (!leaving.IsCancellationRequested)
        {
            try
            {
                Assign(await SendHeartbeatAsync());
                answeredAt = Environment.TickCount64;
                await changes.WaitAsync(HeartbeatInterval, leaving.Token);
            }
            catch (OperationCanceledException) when (leaving.IsCancellationRequested)
            {
                // The process leaves the fleet.
            }
            catch (Exception e)
            {
                Log.HeartbeatFailed(logger, e);
                if (Environment.TickCount64 - answeredAt > Lifetime.TotalMilliseconds)
                {
                    // Whether the others live is unknown, so this process does everything. Part of a Cluster may still answer.
                    Assign([processId]);
                }

                await Task.WhenAny(Task.Delay(HeartbeatInterval, leaving.Token));
            }
        }
    }

    private async Task<ImmutableArray<string>> SendHeartbeatAsync()
    {
        var reply = (RedisResult[])(await connection.ExecuteAsync(
            db => db.ScriptEvaluateAsync(
                RedisScripts.Heartbeat, [RedisKeys.Fleet], [processId, (long)Lifetime.TotalMilliseconds], CommandFlags.DemandMaster),
            leaving.Token))!;
        clock.Update((long)reply[0]);
        return [.. (string[])reply[1]!];
    }

    private void Assign(ImmutableArray<string> living)
    {
        if (living.SequenceEqual(members))
        {
            return;
        }

        members = living;
        var partitions = PartitionAssignment.Of(processId, living);
        schedule.Assign(partitions, GroupSize);
        Log.Assigned(logger, partitions.Length, living.Length);
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Information, "This process is responsible for the deadlines of {Partitions} partitions; the fleet has {Members} processes.")]
        public static partial void Assigned(ILogger logger, int partitions, int members);

        [LoggerMessage(2, LogLevel.Debug, "Could not send a heartbeat to the fleet; retrying.")]
        public static partial void HeartbeatFailed(ILogger logger, Exception exception);

        [LoggerMessage(3, LogLevel.Debug, "Could not leave the fleet. The others take over after {Lifetime}.")]
        public static partial void LeaveFailed(ILogger logger, TimeSpan lifetime, Exception exception);
    }
}
