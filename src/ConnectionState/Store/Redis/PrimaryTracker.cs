namespace ConnectionStateService.Store.Redis;

/// <summary>
/// Keeps a connection on the current primary. After an error that indicates another primary, the multiplexer reads the roles of all servers
/// again. With Sentinels, the connection is replaced as soon as they name another primary.
/// </summary>
internal sealed partial class PrimaryTracker(RedisConnection connection, SentinelClient? sentinels, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan ReconfigureInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SentinelPollInterval = TimeSpan.FromMilliseconds(250);

    private readonly CancellationTokenSource closing = new();
    private Task following = Task.CompletedTask;
    private Task reconfiguring = Task.CompletedTask;
    private int isReconfiguring;

    /// <summary>Starts to follow the Sentinels, if there are any. Further calls have no effect.</summary>
    public void Start()
    {
        if (sentinels is not null && following.IsCompleted)
        {
            following = Task.Run(() => FollowAsync(sentinels));
        }
    }

    /// <summary>Reports a command that failed because its server is not, or no longer, the one to ask.</summary>
    public void ReportWrongServer()
    {
        // Concurrent failures have the same cause: one attempt per interval is enough.
        if (Interlocked.Exchange(ref isReconfiguring, 1) == 0)
        {
            reconfiguring = Task.Run(ReconfigureAsync);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        await Task.WhenAll(following, reconfiguring);
    }

    // A primary that is cut off from its Sentinels continues to accept writes, which are lost later. Only the Sentinels know.
    private async Task FollowAsync(SentinelClient client)
    {
        while (!closing.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(SentinelPollInterval, closing.Token);
                if (!Equals(connection.SentinelPrimary, await client.FindPrimaryAsync()))
                {
                    await connection.ReconnectAsync();
                }
            }
            catch (Exception e)
            {
                Log.NotFound(logger, e);
            }
        }
    }

    private async Task ReconfigureAsync()
    {
        try
        {
            await connection.ReconfigureAsync();
            await Task.Delay(ReconfigureInterval, closing.Token);
        }
        catch (Exception e)
        {
            Log.NotFound(logger, e);
        }
        finally
        {
            Interlocked.Exchange(ref isReconfiguring, 0);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(6221, LogLevel.Debug, "The primary of Redis is not found yet; retrying.")]
        public static partial void NotFound(ILogger logger, Exception exception);
    }
}
