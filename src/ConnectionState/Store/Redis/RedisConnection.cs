using StackExchange.Redis;

namespace ConnectionState.Store.Redis;

/// <summary>
/// A way to Redis. It fails fast while there is none. When servers change their roles it looks around anew, and when that does not help
/// for a while it starts afresh: a multiplexer alone may stay with a server that is primary no more.
/// </summary>
internal sealed partial class RedisConnection(ConfigurationOptions configuration, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource closing = new();
    private ConnectionMultiplexer? multiplexer;
    private long troubledSince = -(long)TimeSpan.FromDays(1).TotalMilliseconds;
    private int healing;

    /// <summary>Servers came back, changed their roles or their slots, or are reached by another way now.</summary>
    public event Action? Changed;

    public ISubscriber Subscriber => Multiplexer.GetSubscriber();

    /// <summary>The servers that take writes, as far as they are reached.</summary>
    public IServer[] Primaries => [.. Multiplexer.GetServers().Where(s => s is { IsConnected: true, IsReplica: false })];

    private ConnectionMultiplexer Multiplexer => multiplexer ?? throw new StoreUnavailableException("The store is not open.");

    /// <summary>Connects; fails when there is nobody to connect to. What was opened before is given up.</summary>
    public async Task OpenAsync()
    {
        var fresh = await ConnectAsync();
        if (Interlocked.Exchange(ref multiplexer, fresh) is { } stale)
        {
            await stale.DisposeAsync();
        }
    }

    /// <summary>Asks, and translates what fails.</summary>
    /// <param name="ask">What to ask.</param>
    /// <param name="cancellationToken">Ends the waiting; what was asked may be done all the same.</param>
    /// <param name="merchantId">Whose record it is about, if one's.</param>
    /// <exception cref="StoreUnavailableException">There is no answer; whether it was done is not known.</exception>
    /// <exception cref="RecordUnreadableException">What is stored of the merchant is not what this version writes.</exception>
    public async Task<T> AskAsync<T>(Func<IDatabase, Task<T>> ask, CancellationToken cancellationToken, string? merchantId = null)
    {
        try
        {
            return await ask(Multiplexer.GetDatabase()).WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            // The client gives up like this what was under way on some connections that end.
            throw new StoreUnavailableException("Redis cannot serve this now: the connection ended.", e);
        }
        catch (Exception e) when (RedisErrors.Translate(e, merchantId) is { } meant)
        {
            if (RedisErrors.IsWrongServer(e))
            {
                Heal();
            }

            throw meant;
        }
    }

    /// <summary>Gives the way up for a new one.</summary>
    public async Task StartAfreshAsync()
    {
        var fresh = await ConnectAsync();
        var stale = Interlocked.Exchange(ref multiplexer, fresh);
        Log.StartedAfresh(logger);
        Changed?.Invoke();
        if (stale is not null)
        {
            await stale.DisposeAsync();
        }

        if (closing.IsCancellationRequested)
        {
            await fresh.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        if (multiplexer is not null)
        {
            await multiplexer.DisposeAsync();
        }
    }

    private async Task<ConnectionMultiplexer> ConnectAsync()
    {
        var connected = await ConnectionMultiplexer.ConnectAsync(configuration.Clone());
        connected.ConnectionRestored += (_, _) => Changed?.Invoke();
        connected.ConfigurationChanged += (_, _) => Changed?.Invoke();
        connected.HashSlotMoved += (_, _) => Changed?.Invoke();
        return connected;
    }

    // One at a time, and not in a hurry: whoever fails meanwhile fails for the same reason.
    private void Heal()
    {
        if (Interlocked.Exchange(ref healing, 1) == 0)
        {
            _ = Task.Run(HealAsync);
        }
    }

    private async Task HealAsync()
    {
        try
        {
            var now = Environment.TickCount64;
            troubledSince = now - troubledSince < 2 * Patience.TotalMilliseconds ? troubledSince : now;
            if (now - troubledSince > Patience.TotalMilliseconds)
            {
                troubledSince = now;
                await StartAfreshAsync();
            }
            else
            {
                await Multiplexer.ConfigureAsync();
            }

            await Task.Delay(Pause, closing.Token);
        }
        catch (Exception e)
        {
            Log.NotHealed(logger, e);
        }
        finally
        {
            Interlocked.Exchange(ref healing, 0);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Redis is reached over a new connection: the old one did not find back.")]
        public static partial void StartedAfresh(ILogger logger);

        [LoggerMessage(2, LogLevel.Debug, "Redis is not found back yet.")]
        public static partial void NotHealed(ILogger logger, Exception exception);
    }
}
