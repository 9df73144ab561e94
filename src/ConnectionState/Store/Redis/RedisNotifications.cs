using System.Threading.Channels;
using ConnectionStateService.Core;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// Hears of the commits of all partitions, from every replica of the service. That it hears is not believed but tried: what it sends to
/// a channel itself must come back. Until it does, and whenever something may have been missed, those who listen are told so.
/// </summary>
internal sealed partial class RedisNotifications : IAsyncDisposable
{
    private const int TriesAtStart = 8;
    private const int TriesBeforeStartingAfresh = 20;

    private static readonly int[] Everything = [.. Enumerable.Range(0, RedisKeys.PartitionCount)];
    private static readonly TimeSpan TrialInterval = TimeSpan.FromSeconds(1);

    private readonly PubSubProbe trial;
    private readonly RedisConnection connection;
    private readonly CommitSubscribers listeners;
    private readonly MerchantCache memory;
    private readonly ILogger logger;
    private readonly CancellationTokenSource closing = new();
    private readonly Channel<bool> suspicion = Channel.CreateBounded<bool>(1);
    private Task watching = Task.CompletedTask;

    public RedisNotifications(
        RedisConnection commands, ConfigurationOptions configuration, CommitSubscribers listeners, MerchantCache memory, ILogger logger)
    {
        (this.listeners, this.memory, this.logger) = (listeners, memory, logger);
        trial = new PubSubProbe(commands);
        connection = new RedisConnection(configuration, logger) { Prepare = SubscribeAsync };
        connection.Changed += () => suspicion.Writer.TryWrite(true);
    }

    /// <summary>The message of a commit: <c>revision-id previous-id merchant</c>.</summary>
    public static string MessageOf(Commit commit, string merchantId) =>
        $"{commit.Revision}-{commit.Id:x16} {commit.PreviousId:x16} {merchantId}";

    /// <summary>Subscribes to everything; what is committed from now on is heard. May be repeated when it fails.</summary>
    /// <exception cref="StoreUnavailableException">Not everything is heard.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await connection.OpenAsync();
        var unheard = await trial.TryAsync(Everything, cancellationToken);
        for (var tries = 1; unheard.Count > 0; tries++)
        {
            if (tries == TriesAtStart)
            {
                throw new StoreUnavailableException($"Commits of {unheard.Count} partitions are not heard of.");
            }

            unheard = await trial.TryAsync(unheard, cancellationToken);
        }
    }

    /// <summary>From now on finds out when something is not heard, and sees to it.</summary>
    public void Watch() => watching = Task.Run(WatchAsync, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        await watching;
        await connection.DisposeAsync();
        closing.Dispose();
    }

    private Task SubscribeAsync(ISubscriber subscriber) => Task.WhenAll(Enumerable.Range(0, RedisKeys.PartitionCount).Select(partition =>
        subscriber.SubscribeAsync(RedisKeys.Channel(partition), (_, message) => Hear(partition, message))));

    private void Hear(int partition, string? message)
    {
        if (message is not null && !trial.Hear(partition, message) && message.Split(' ', 3) is [var place, _, var merchantId])
        {
            memory.Forget(merchantId, unlessAt: place);
            listeners.Tell(merchantId);
        }
    }

    private async Task WatchAsync()
    {
        while (!closing.IsCancellationRequested)
        {
            try
            {
                await WatchOnceAsync();
            }
            catch (OperationCanceledException) when (closing.IsCancellationRequested)
            {
                // The store closes.
            }
            catch (Exception e)
            {
                // Whatever it is, to be deaf from now on would be worse.
                Log.Bug(logger, e);
                suspicion.Writer.TryWrite(true);
                await Task.WhenAny(Task.Delay(TrialInterval, closing.Token));
            }
        }
    }

    // Tries one channel now and then, all of them when there is a reason to.
    private async Task WatchOnceAsync()
    {
        if (await IsSuspectedAsync() || (await trial.TryAsync([Random.Shared.Next(RedisKeys.PartitionCount)], closing.Token)).Count > 0)
        {
            await ConfirmAsync(closing.Token);
        }
    }

    private async Task<bool> IsSuspectedAsync()
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(closing.Token);
        waiting.CancelAfter(TrialInterval);
        try
        {
            return await suspicion.Reader.ReadAsync(waiting.Token);
        }
        catch (OperationCanceledException) when (!closing.IsCancellationRequested)
        {
            return false;
        }
    }

    // Ends when every channel is heard. What was committed before that may not have been.
    private async Task ConfirmAsync(CancellationToken cancellationToken)
    {
        var unheard = await trial.TryAsync(Everything, cancellationToken);
        for (var attempt = 1; unheard.Count > 0; attempt++)
        {
            if (attempt % TriesBeforeStartingAfresh == 0)
            {
                Log.Deaf(logger, unheard.Count);
                await TryReconnectAsync();
                unheard = Everything;
            }

            unheard = await trial.TryAsync(unheard, cancellationToken);
        }

        listeners.TellMissed();
    }

    private async Task TryReconnectAsync()
    {
        try
        {
            await connection.ReconnectAsync();
        }
        catch (Exception e) when (e is RedisException or TimeoutException or StoreUnavailableException)
        {
            Log.StillDeaf(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "Commits of {Count} partitions are not heard of; comparing finds them, some seconds late.")]
        public static partial void Deaf(ILogger logger, int count);

        [LoggerMessage(2, LogLevel.Debug, "A new subscription is not possible yet.")]
        public static partial void StillDeaf(ILogger logger, Exception exception);

        [LoggerMessage(3, LogLevel.Error, "Finding out whether commits are heard of failed: a bug; it goes on.")]
        public static partial void Bug(ILogger logger, Exception exception);
    }
}
