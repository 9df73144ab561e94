namespace ConnectionStateService.Store.Redis;

/// <summary>
/// The clock of Redis, without a command for every reading. Each server time that arrives is paired with the stopwatch of this process;
/// until the next one, the stopwatch continues it. A server time counts as taken when its reply arrives, so this clock is never ahead of
/// the server. The time of day of this machine is not used.
/// </summary>
/// <remarks>
/// In a Cluster the clocks of the primaries may differ. This clock follows the one that is furthest ahead among the server times of the
/// last 5 to 10 seconds, so that it does not jump between primaries.
/// </remarks>
/// <param name="stopwatch">Measures the time between two server times.</param>
/// <param name="askServers">Asks each server for its time: microseconds since 1970.</param>
internal sealed class RedisClock(TimeProvider stopwatch, Func<IEnumerable<Task<long>>> askServers)
{
    // Within this time a stopwatch and a server clock drift apart by far less than a millisecond.
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan WindowLength = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly long startedAt = stopwatch.GetTimestamp();
    private readonly MonotonicClamp clamp = new();
    private Task refresh = Task.CompletedTask;
    private long? updatedAt;
    private long windowStartedAt;

    // Server time minus stopwatch time, in ticks: the largest of this window and of the one before.
    private long offset;
    private long previousOffset;

    /// <summary>Reads the time in whole milliseconds. Asks the servers only if the last server time is older than a second; callers that
    /// find it too old at the same time share the requests.</summary>
    /// <exception cref="StoreUnavailableException">No server answers.</exception>
    public async ValueTask<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken)
    {
        DateTimeOffset now;
        while (!TryGetTime(out now))
        {
            await RefreshAsync().WaitAsync(cancellationToken);
        }

        return now;
    }

    /// <summary>Reads the time, unless the last server time is too old.</summary>
    public bool TryGetTime(out DateTimeOffset now)
    {
        lock (gate)
        {
            var isFresh = updatedAt is { } at && stopwatch.GetElapsedTime(at) < MaxAge;
            now = isFresh ? Clamped() : default;
            return isFresh;
        }
    }

    /// <summary>Estimates how long it takes until a time, from the server times that have arrived, however old they are.</summary>
    /// <returns>The delay, or zero if no server time has arrived.</returns>
    public TimeSpan DelayUntil(DateTimeOffset time)
    {
        lock (gate)
        {
            return updatedAt is null ? TimeSpan.Zero : time - StoreTime.ToTime(EstimatedMilliseconds());
        }
    }

    /// <summary>Takes in a server time that has just arrived.</summary>
    /// <param name="microseconds">Microseconds since 1970.</param>
    public void Update(long microseconds)
    {
        lock (gate)
        {
            var now = stopwatch.GetTimestamp();
            var newOffset = (microseconds * TimeSpan.TicksPerMicrosecond) - ElapsedTicks(now);
            var windowAge = updatedAt is null ? TimeSpan.MaxValue : stopwatch.GetElapsedTime(windowStartedAt, now);
            if (windowAge >= WindowLength)
            {
                (previousOffset, offset) = (windowAge < 2 * WindowLength ? offset : newOffset, newOffset);
                windowStartedAt = now;
            }

            offset = Math.Max(offset, newOffset);
            updatedAt = now;
            Clamped();
        }
    }

    private Task RefreshAsync()
    {
        lock (gate)
        {
            return refresh = refresh.IsCompleted ? UpdateAsync() : refresh;
        }
    }

    // Until the first server answers: one that hangs must not delay the calls that the others serve.
    private async Task UpdateAsync()
    {
        List<Task> asked = [.. askServers().Select(async answer => Update(await answer))];
        while (true)
        {
            var answered = await Task.WhenAny(asked);
            asked.Remove(answered);
            if (answered.IsCompletedSuccessfully || asked.Count == 0)
            {
                await answered;
                return;
            }
        }
    }

    private DateTimeOffset Clamped() => clamp.Advance(StoreTime.ToTime(EstimatedMilliseconds()));

    private long EstimatedMilliseconds() =>
        (ElapsedTicks(stopwatch.GetTimestamp()) + Math.Max(offset, previousOffset)) / TimeSpan.TicksPerMillisecond;

    private long ElapsedTicks(long timestamp) => stopwatch.GetElapsedTime(startedAt, timestamp).Ticks;
}
