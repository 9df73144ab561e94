using System.Collections.Immutable;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// Keeps this process in the fleet by heartbeats, and assigns its share of the partitions after each change of the fleet. Times are those
/// of the server that has the set of members. Two owners of a partition do no harm: they do the same work twice.
/// </summary>
/// <param name="connection">The connection to Redis.</param>
/// <param name="clock">Takes in the server times of heartbeats.</param>
/// <param name="schedule">Gets the partitions of this process.</param>
/// <param name="stopwatch">Measures the time between heartbeats.</param>
/// <param name="logger">The log.</param>
internal sealed partial class FleetMembership(
    RedisConnection connection, RedisClock clock, DeadlineSchedule schedule, TimeProvider stopwatch, ILogger logger)
    : IAsyncDisposable
{
    /// <summary>How long a process is a member after its last heartbeat, and responsible for a partition that it does not reach.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan HeartbeatInterval = TimeSpan.FromSeconds(2);

    // Cluster: a command uses keys of one slot. Otherwise few commands, none of which holds up others for long.
    private const int PartitionsPerCommand = 64;

    private readonly string processId = Guid.NewGuid().ToString("N");
    private readonly PartitionReach reach = new(Lifetime, stopwatch);
    private readonly SemaphoreSlim changes = new(0, 1);
    private readonly CancellationTokenSource leaving = new();
    private ImmutableArray<string> members = [];
    private Task heartbeats = Task.CompletedTask;
    private bool isMember;
    private string? reportedFailure;

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
                db => RedisScripts.LeaveFleet.EvaluateAsync(db, [RedisKeys.Fleet], [processId]),
                CancellationToken.None,
                timeout: RedisConnection.FleetTimeout);
        }
        catch (Exception e) when (e is StoreUnavailableException or RedisServerException)
        {
            Log.LeaveFailed(logger, Lifetime, e);
        }
    }

    /// <summary>
    /// Tells whether a look at partitions got an answer. A partition that this process does not reach for <see cref="Lifetime"/> belongs to
    /// another process that does. This one goes on looking at it, and gets it back once it is reached.
    /// </summary>
    public void ReportLook(IEnumerable<int> partitions, bool isReached)
    {
        if (reach.Report(partitions, isReached))
        {
            NotifyChanged();
        }
    }

    /// <summary>Whether this process does not reach a partition, so that another one looks at it too.</summary>
    public bool IsUnreached(int partition) => reach.IsUnreached(partition);

    /// <summary>Tells that the fleet has changed, or what this process reaches.</summary>
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
        var answeredAt = stopwatch.GetTimestamp();
        while (!leaving.IsCancellationRequested)
        {
            try
            {
                Assign(await SendHeartbeatAsync());
                answeredAt = stopwatch.GetTimestamp();
                reportedFailure = null;
                await WaitForChangeAsync();
            }
            catch (OperationCanceledException) when (leaving.IsCancellationRequested)
            {
                // The process leaves the fleet.
            }
            catch (Exception e)
            {
                Report(e);
                if (stopwatch.GetElapsedTime(answeredAt) > Lifetime)
                {
                    // Whether the others live is unknown, so this process does everything. Part of a Cluster may still answer.
                    Assign([processId]);
                }

                await Task.WhenAny(Task.Delay(HeartbeatInterval, stopwatch, leaving.Token));
            }
        }
    }

    // For one interval at most.
    private async Task WaitForChangeAsync()
    {
        using var interval = new CancellationTokenSource(HeartbeatInterval, stopwatch);
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(interval.Token, leaving.Token);
        try
        {
            await changes.WaitAsync(waiting.Token);
        }
        catch (OperationCanceledException) when (!leaving.IsCancellationRequested)
        {
            // Nothing has changed.
        }
    }

    private async Task<ImmutableArray<string>> SendHeartbeatAsync()
    {
        var self = new FleetMember(processId, reach.Unreached);
        var reply = (RedisResult[])(await connection.ExecuteAsync(
            db => RedisScripts.Heartbeat.EvaluateAsync(db, [RedisKeys.Fleet], [self.ToString(), (long)Lifetime.TotalMilliseconds]),
            leaving.Token,
            timeout: RedisConnection.FleetTimeout))!;
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
        ImmutableArray<FleetMember> fleet = [.. living.Select(FleetMember.Parse)];
        var own = PartitionAssignment.Of(processId, fleet);
        var unreached = fleet.FirstOrDefault(member => member.Id == processId)?.Unreached ?? [];
        ImmutableArray<int> assigned = [.. own.Union(unreached).Order()];
        schedule.Assign(assigned, GroupSize);
        reach.Retain(assigned);
        Log.Assigned(logger, own.Length, living.Length);
        if (!unreached.IsEmpty)
        {
            Log.Unreached(logger, unreached.Length);
        }
    }

    // An outage passes, and the readiness checks report it. Anything else is reported once: it lasts until somebody mends it.
    private void Report(Exception failure)
    {
        if (failure is StoreUnavailableException)
        {
            Log.HeartbeatFailed(logger, failure);
        }
        else if (failure.Message != reportedFailure)
        {
            reportedFailure = failure.Message;
            Log.FleetUnreadable(logger, RedisKeys.Fleet, Lifetime, failure);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(6241, LogLevel.Information, "This process is responsible for the deadlines of {Partitions} partitions; the fleet has {Members} processes.")]
        public static partial void Assigned(ILogger logger, int partitions, int members);

        [LoggerMessage(6242, LogLevel.Debug, "Could not send a heartbeat to the fleet; retrying.")]
        public static partial void HeartbeatFailed(ILogger logger, Exception exception);

        [LoggerMessage(6243, LogLevel.Debug, "Could not leave the fleet. The others take over after {Lifetime}.")]
        public static partial void LeaveFailed(ILogger logger, TimeSpan lifetime, Exception exception);

        [LoggerMessage(6244, LogLevel.Warning, "The key {Key} of the fleet is damaged. Each process becomes responsible for all partitions after "
            + "{Lifetime}. Delete the key.")]
        public static partial void FleetUnreadable(ILogger logger, RedisKey key, TimeSpan lifetime, Exception exception);

        [LoggerMessage(6245, LogLevel.Warning, "This process does not reach {Partitions} partitions. Their deadlines belong to other processes, if "
            + "those reach them.")]
        public static partial void Unreached(ILogger logger, int partitions);
    }
}
