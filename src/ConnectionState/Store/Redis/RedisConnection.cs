using System.Net;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// A way to Redis. It fails fast while there is none. When servers change their roles it looks around anew, and when that does not help
/// for a while it starts afresh: a multiplexer alone may stay with a server that is primary no more. Where there are Sentinels, it is
/// they who say which server is asked.
/// </summary>
internal sealed partial class RedisConnection(ConfigurationOptions configuration, ILogger logger) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly CancellationTokenSource closing = new();
    private readonly SemaphoreSlim replacing = new(1);
    private readonly FailureWindow patience = new(TimeSpan.FromSeconds(5));
    private readonly RedisSentinels? sentinels = RedisSentinels.Of(configuration);
    private Task following = Task.CompletedTask;
    private EndPoint? primary;
    private ConnectionMultiplexer? multiplexer;
    private int reconfiguring;

    /// <summary>Servers came back, changed their roles or their slots, or are reached by another way now.</summary>
    public event Action? Changed;

    /// <summary>What every new way needs before it is used.</summary>
    public Func<ISubscriber, Task> Prepare { get; init; } = _ => Task.CompletedTask;

    /// <summary>The servers that take writes, as far as they are reached.</summary>
    public IServer[] Primaries => [.. Multiplexer.GetServers().Where(s => s is { IsConnected: true, IsReplica: false })];

    private ConnectionMultiplexer Multiplexer => multiplexer ?? throw new StoreUnavailableException("The store is not open.");

    /// <summary>Connects; fails when there is nobody to connect to.</summary>
    public async Task OpenAsync()
    {
        await ReplaceAsync();
        if (sentinels is not null && following.IsCompleted)
        {
            following = Task.Run(FollowAsync);
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
                Reconfigure();
            }

            throw meant;
        }
    }

    /// <summary>Gives the way up for a new one.</summary>
    public async Task ReconnectAsync()
    {
        await ReplaceAsync();
        Log.StartedAfresh(logger);
        Changed?.Invoke();
    }

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        await following;
        if (multiplexer is not null)
        {
            await multiplexer.DisposeAsync();
        }

        if (sentinels is not null)
        {
            await sentinels.DisposeAsync();
        }
    }

    // One at a time: what the Sentinels said last is what is connected to.
    private async Task ReplaceAsync()
    {
        await replacing.WaitAsync(closing.Token);
        try
        {
            var stale = Interlocked.Exchange(ref multiplexer, await ConnectAsync());
            await (stale?.DisposeAsync() ?? default);
            await (closing.IsCancellationRequested ? multiplexer.DisposeAsync() : default);
        }
        finally
        {
            replacing.Release();
        }
    }

    private async Task<ConnectionMultiplexer> ConnectAsync()
    {
        var named = sentinels is null ? null : await sentinels.FindPrimaryAsync();
        var connected = await ConnectionMultiplexer.ConnectAsync(OptionsFor(named));
        try
        {
            await Prepare(connected.GetSubscriber());
        }
        catch
        {
            await connected.DisposeAsync();
            throw;
        }

        primary = named;
        connected.ConnectionRestored += (_, _) => Changed?.Invoke();
        connected.ConfigurationChanged += (_, _) => Changed?.Invoke();
        connected.HashSlotMoved += (_, _) => Changed?.Invoke();
        return connected;
    }

    private ConfigurationOptions OptionsFor(EndPoint? named)
    {
        var options = configuration.Clone();
        if (named is not null)
        {
            options.ServiceName = null;
            options.EndPoints.Clear();
            options.EndPoints.Add(named);
        }

        return options;
    }

    // A primary that was cut off from its Sentinels goes on as if nothing had happened: nobody who writes to it would find out.
    private async Task FollowAsync()
    {
        while (!closing.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(Pause / 2, closing.Token);
                if (!Equals(primary, await sentinels!.FindPrimaryAsync()))
                {
                    await ReconnectAsync();
                }
            }
            catch (Exception e)
            {
                Log.NotHealed(logger, e);
            }
        }
    }

    // One at a time, and not in a hurry: whoever fails meanwhile fails for the same reason.
    private void Reconfigure() => _ = Interlocked.Exchange(ref reconfiguring, 1) == 0 ? Task.Run(ReconfigureAsync) : Task.CompletedTask;

    private async Task ReconfigureAsync()
    {
        try
        {
            await (patience.IsOut() ? ReconnectAsync() : Multiplexer.ConfigureAsync());
            await Task.Delay(Pause, closing.Token);
        }
        catch (Exception e)
        {
            Log.NotHealed(logger, e);
        }
        finally
        {
            Interlocked.Exchange(ref reconfiguring, 0);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Redis is reached over a new connection: the old one did not lead to the primary any more.")]
        public static partial void StartedAfresh(ILogger logger);

        [LoggerMessage(2, LogLevel.Debug, "Redis is not found back yet.")]
        public static partial void NotHealed(ILogger logger, Exception exception);
    }
}
