using System.Globalization;
using System.Text;
using System.Threading.Channels;
using StackExchange.Redis;

namespace ConnectionStateService.Store.Redis;

/// <summary>
/// Receives the commits of all partitions, from every process of the service. A broken subscription is not always reported by the client,
/// so the subscriptions are probed: every second one channel, and all of them after every reconnect. When messages may have been lost,
/// the subscribers are notified once messages arrive again.
/// </summary>
internal sealed partial class RedisNotifications(
    RedisConnection subscriptions,
    PubSubProbe probe,
    CommitSubscribers subscribers,
    MerchantCache cache,
    RedisDueQueue dueQueue,
    RedisClaims claims,
    FleetMembership fleet,
    RedisTokens tokens,
    ILogger logger) : IAsyncDisposable
{
    // In place of a position.
    private const string Removed = "removed";
    private const int ProbesAtStart = 8;

    // A probe takes half a second. A failover of a Cluster takes a few seconds, a shard can stay down for hours.
    private const int ProbesBeforeFirstReconnect = 6;
    private const int ProbesBetweenReconnects = 20;

    private static readonly int[] AllPartitions = [.. Enumerable.Range(0, RedisKeys.PartitionCount)];
    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource closing = new();
    private readonly Channel<bool> fullProbeRequests = Channel.CreateBounded<bool>(1);
    private Task monitoring = Task.CompletedTask;

    /// <summary>
    /// Returns the message of a commit: <c>revision-id previous-id deadline claim merchant</c>. The deadline is in ms since 1970, or
    /// <c>-</c>; the claim is <c>c</c>, or <c>-</c> if there is none.
    /// </summary>
    public static string MessageOf(CommitRequest request)
    {
        var (commit, claim) = (request.Commit, request.Claim is null ? "-" : "c");
        var deadline = request.Deadline is { } time ? $"{StoreTime.RoundUp(time)}" : "-";
        return $"{commit.Revision}-{commit.Id:x16} {commit.PreviousId:x16} {deadline} {claim} {request.Record.MerchantId}";
    }

    /// <summary>Returns the message of a merchant's removal, <c>removed - - - merchant</c>.</summary>
    public static string MessageOfRemoval(string merchantId) => $"{Removed} - - - {merchantId}";

    /// <summary>Subscribes to all channels; commits that are stored after it returns are received. May be called again after it failed.</summary>
    /// <exception cref="StoreUnavailableException">Not all subscriptions work.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        await subscriptions.OpenAsync(SubscribeAsync);
        var silent = await probe.FindSilentAsync(AllPartitions, cancellationToken);
        for (var probes = 1; silent.Count > 0; probes++)
        {
            if (probes == ProbesAtStart)
            {
                throw new StoreUnavailableException($"The channels of {silent.Count} partitions deliver no messages.");
            }

            silent = await probe.FindSilentAsync(silent, cancellationToken);
        }
    }

    /// <summary>Starts to monitor the subscriptions, and to repair them.</summary>
    public void StartMonitoring()
    {
        subscriptions.Changed += RequestFullProbe;
        monitoring = Task.Run(MonitorAsync, CancellationToken.None);
    }

    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        await monitoring;
        subscriptions.Changed -= RequestFullProbe;
        closing.Dispose();
    }

    private Task SubscribeAsync(ISubscriber subscriber) => Task.WhenAll(AllPartitions
        .Select(partition => subscriber.SubscribeAsync(RedisKeys.Channel(partition), (_, message) => Receive(partition, message)))
        .Append(subscriber.SubscribeAsync(RedisKeys.FleetChannel, (_, _) => fleet.NotifyChanged()))
        .Append(subscriber.SubscribeAsync(RedisKeys.RevocationsChannel, (_, _) => tokens.NotifyRevoked())));

    private void Receive(int partition, string? message)
    {
        if (message is not null
            && !probe.TryHandle(partition, message)
            && message.Split(' ', 5) is [var position, _, var deadline, var claim, var merchantId])
        {
            if (position == Removed)
            {
                cache.Remove(merchantId);
            }
            else if (RedisRecord.ParsePosition(Encoding.ASCII.GetBytes(position)) is { } committed)
            {
                cache.RemoveIfBehind(merchantId, committed);
            }

            subscribers.Notify(merchantId);
            if (long.TryParse(deadline, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds))
            {
                dueQueue.Expect(partition, StoreTime.ToTime(milliseconds));
            }

            if (claim == "c")
            {
                claims.Expect(partition);
            }
        }
    }

    private void RequestFullProbe() => fullProbeRequests.Writer.TryWrite(true);

    private async Task MonitorAsync()
    {
        while (!closing.IsCancellationRequested)
        {
            try
            {
                await MonitorOnceAsync();
            }
            catch (OperationCanceledException) when (closing.IsCancellationRequested)
            {
                // The store closes.
            }
            catch (Exception e)
            {
                // Monitoring must not end: without it, a broken subscription would stay unnoticed.
                Log.MonitoringFailed(logger, e);
                RequestFullProbe();
                await Task.WhenAny(Task.Delay(ProbeInterval, closing.Token));
            }
        }
    }

    private async Task MonitorOnceAsync()
    {
        if (await IsFullProbeRequestedAsync()
            || (await probe.FindSilentAsync([Random.Shared.Next(RedisKeys.PartitionCount)], closing.Token)).Count > 0)
        {
            await RestoreAsync(closing.Token);
        }
    }

    // Waits for a request for one interval.
    private async Task<bool> IsFullProbeRequestedAsync()
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(closing.Token);
        waiting.CancelAfter(ProbeInterval);
        try
        {
            return await fullProbeRequests.Reader.ReadAsync(waiting.Token);
        }
        catch (OperationCanceledException) when (!closing.IsCancellationRequested)
        {
            return false;
        }
    }

    // Returns when every channel delivers messages. Earlier ones may have been lost.
    private async Task RestoreAsync(CancellationToken cancellationToken)
    {
        var silent = await probe.FindSilentAsync(AllPartitions, cancellationToken);
        for (var probes = 1; silent.Count > 0; probes++)
        {
            if (probes == ProbesBeforeFirstReconnect || probes % ProbesBetweenReconnects == 0)
            {
                Log.Silent(logger, silent.Count);
                await TryReconnectAsync();
                silent = AllPartitions;
            }

            silent = await probe.FindSilentAsync(silent, cancellationToken);
        }

        subscribers.NotifyMissed();
    }

    private async Task TryReconnectAsync()
    {
        try
        {
            await subscriptions.ReconnectAsync();
        }
        catch (Exception e) when (e is RedisException or TimeoutException or StoreUnavailableException)
        {
            Log.ReconnectFailed(logger, e);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(6231, LogLevel.Warning, "The channels of {Count} partitions deliver no messages; reconnecting. Watches see commits seconds late.")]
        public static partial void Silent(ILogger logger, int count);

        [LoggerMessage(6232, LogLevel.Debug, "Reconnecting the subscriptions failed; retrying.")]
        public static partial void ReconnectFailed(ILogger logger, Exception exception);

        [LoggerMessage(6233, LogLevel.Error, "Internal error while monitoring the subscriptions; monitoring continues.")]
        public static partial void MonitoringFailed(ILogger logger, Exception exception);
    }
}
